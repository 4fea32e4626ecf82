"""Parts of a checkout: by which ways the patient's part is paid, and what becomes of a way that is given up.

Nothing here calls out: a channel's order is opened or closed here, and `conduct` asks the channel.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from decimal import Decimal

from app import ids
from app.actor import Actor
from app.db import db
from app.i18n import gettext
from app.money import format_amount
from modules.charging import queries
from modules.charging.errors import BillChanged, TenderRepeated
from modules.charging.models import Checkout, CheckoutPart, PartState
from modules.charging.rules.tenders import CHANNELS, TenderMethod
from modules.charging.services.settlements import TenderInput, checked_tenders
from modules.payments import queries as payments
from modules.payments import services as payment_services
from modules.payments.errors import WrongState
from modules.payments.queries import Channel, Way

PART = "charging_checkout_part"  # what a payment order of a part is for
_ZERO = Decimal("0.00")


def plan_parts(
    checkout: Checkout,
    expected: Decimal,
    tenders: Sequence[TenderInput],
    by: Actor,
    parts: Sequence[CheckoutPart] = (),
) -> list[CheckoutPart]:
    """Say how what is left of the patient's part is paid; the orders of channels that are asked are opened.

    `parts` are those there are already; what has been paid of them counts.

    Raises:
        BillChanged: what is left to pay is not `expected`.
        TenderTooLittle, ChangeOnlyFromCash, TenderRepeated: the ways of paying do not fit.
    """
    due = checkout.personal_amount - sum(
        (part.amount for part in parts if part.state == PartState.MOVED), _ZERO
    )
    if due != expected:
        raise BillChanged(due=format_amount(due))
    check = checked_tenders(due, tenders, by)
    if any(part.method in check.booked for part in parts if part.state == PartState.MOVED):
        raise TenderRepeated(field="tenders")
    given = {TenderMethod(tender.method): tender for tender in tenders}
    planned: list[CheckoutPart] = []
    live = {channel.value for channel in live_channels(check.booked)}
    patient_id = queries.get_bill(checkout.bill_id).patient_id if live else None
    for method, amount in check.booked.items():
        part = CheckoutPart(
            id=ids.new_id(),
            checkout_id=checkout.id,
            method=method,
            amount=amount,
            state=PartState.HANDED,
            handed=given[method].amount if method in given else amount,
            reference=given[method].reference if method in given else "",
        )
        if method.value in live:
            order = payment_services.open_order(
                subject_kind=PART,
                subject_id=part.id,
                channel=Channel(method.value),
                amount=amount,
                way=Way(given[method].way),
                description=checkout.number,
                patient_id=patient_id,
                by=by,
            )
            part.order_id, part.reference, part.way = order.id, order.out_trade_no, order.way.value
            part.state = PartState.WAITING
        db.session.add(part)
        planned.append(part)
    db.session.flush()
    return planned


def take_over(checkout: Checkout, planned: Iterable[CheckoutPart], by: Actor) -> None:
    """Cash stands in the books of whoever took it, whoever began."""
    if any(part.method == TenderMethod.CASH for part in planned):
        checkout.opened_by_id, checkout.opened_by_name = by.account_id, by.name
        db.session.flush()


def live_channels(methods: Iterable[TenderMethod]) -> list[Channel]:
    """Channels among some ways of paying that are asked for the money, and not written down by hand."""
    asked = [Channel(method.value) for method in methods if method in CHANNELS]
    if not asked:
        return []
    live = {*payments.active_channels(), Channel.PREPAID}
    return [channel for channel in asked if channel in live]


def end_part(part: CheckoutPart, by: Actor) -> None:
    """A part that is no longer wanted: what was paid goes back the way it came, what was not is not asked for."""
    if part.order_id and part.state == PartState.MOVED:
        payment_services.open_refund(
            order_id=part.order_id, amount=part.amount, reason=gettext("Settlement given up"), by=by
        )
        part.state = PartState.GIVEN_BACK
    elif part.state in (PartState.WAITING, PartState.HANDED):
        if part.order_id:
            # another amount came: people give it back, the bill does not wait for it
            with suppress(WrongState):
                payment_services.close_order(order_id=part.order_id, by=by)
        part.state = PartState.FAILED
