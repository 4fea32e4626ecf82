"""Setting up what the institution has agreed with its channels."""

import secrets
from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.config import is_production
from app.db import db, lock_row
from app.errors import InvalidInput, NotFound
from app.i18n import gettext
from app.outgoing import is_listed
from app.use_cases import Secret, use_case
from modules.payments import queries
from modules.payments.errors import AddressUnfit
from modules.payments.models import Merchant, MerchantState
from modules.payments.rules.addresses import is_channel_address
from modules.payments.rules.states import OUTSIDE, Channel

SHORTEST_SECRET = 16


@use_case("payments.merchant.manage")
def set_up_merchant(
    *,
    channel: Channel,
    merchant_no: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")],
    base_url: Annotated[str, Field(min_length=8, max_length=200)],
    secret: Annotated[str, Field(min_length=SHORTEST_SECRET, max_length=200), Secret()],
    by: Actor,
) -> Merchant:
    """Take a channel into use, or replace the merchant it goes through; orders of the one before end through it.

    Raises:
        InvalidInput: prepaid accounts are the institution's own and need no merchant.
        AddressUnfit: the address is not one of the outside over TLS, or the operator has not listed its host.
    """
    if channel not in OUTSIDE:
        raise InvalidInput({"channel": [gettext("Please choose one of the list.")]})
    if not is_channel_address(base_url, allow_here=not is_production()) or not is_listed(base_url):
        raise AddressUnfit(field="base_url")
    before = queries.active_merchant(channel)
    if before is not None:
        before.state = MerchantState.RETIRED
        db.session.flush()  # the index of merchants in use must see it go first
    merchant = Merchant(
        channel=channel,
        merchant_no=merchant_no,
        base_url=base_url,
        callback_key=secrets.token_hex(24),
        set_up_at=clock.now(),
        set_up_by=by.name,
    )
    merchant.secret = secret
    db.session.add(merchant)
    db.session.flush()
    audit.record("merchant.set_up", merchant, by=by, channel=channel.value, merchant_no=merchant_no)
    return merchant


@use_case("payments.merchant.manage")
def retire_merchant(*, merchant_id: int, by: Actor) -> Merchant:
    """Take no new orders through a merchant; what is under way ends through it.

    Raises:
        NotFound: no such merchant here.
    """
    merchant = lock_row(Merchant, merchant_id)
    if merchant is None:
        raise NotFound(field="merchant_id")
    merchant.state = MerchantState.RETIRED
    audit.record("merchant.retired", merchant, by=by, channel=merchant.channel.value)
    return merchant
