"""Reading merchants."""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.db import db
from app.errors import NotFound
from modules.payments.models import Merchant, MerchantState
from modules.payments.rules.states import Channel


def list_merchants() -> list[Merchant]:
    """Every merchant the institution ever had, those in use first."""
    return list(db.session.scalars(select(Merchant).order_by(Merchant.state, Merchant.channel, Merchant.id)))


def get_merchant(merchant_id: int) -> Merchant:
    """The merchant, or NotFound."""
    found = db.session.get(Merchant, merchant_id)
    if found is None:
        raise NotFound(field="merchant_id")
    return found


def same_number(merchant_id: int) -> list[Merchant]:
    """Every row of a merchant's number, the oldest first: one set up anew goes on with the number. One statement."""
    one = aliased(Merchant)
    statement = (
        select(Merchant)
        .join(one, (one.channel == Merchant.channel) & (one.merchant_no == Merchant.merchant_no))
        .where(one.id == merchant_id)
        .order_by(Merchant.id)
    )
    return list(db.session.scalars(statement))


def active_merchant(channel: Channel) -> Merchant | None:
    """The merchant that new orders of a channel go through, or None."""
    return db.session.scalar(
        select(Merchant).where(Merchant.channel == channel, Merchant.state == MerchantState.ACTIVE)
    )


def active_channels() -> list[Channel]:
    """Channels that are set up here."""
    found = set(db.session.scalars(select(Merchant.channel).where(Merchant.state == MerchantState.ACTIVE)))
    return [channel for channel in Channel if channel in found]


def find_by_callback_key(key: str) -> Merchant | None:
    """The merchant whose channel reports under this key, in use or not, or None."""
    return db.session.scalar(select(Merchant).where(Merchant.callback_key == key))


def access_of(merchant: Merchant) -> tuple[str, str, str]:
    """Address, merchant number and secret, for the gateway."""
    return merchant.base_url, merchant.merchant_no, merchant.secret
