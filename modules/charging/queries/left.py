"""Settlements on their way that nobody carries on: what closes by itself, and what has to be carried to its end."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import aliased

from app.db import db
from modules.charging.models import Checkout, CheckoutKind, CheckoutPart, CheckoutState, PartState
from modules.insurance import queries as insurance
from modules.insurance.queries import SettlementState

SUBJECT = "charging_checkout"  # what an insured settlement of a checkout is for
CLOSES_AFTER = timedelta(hours=2)
STANDS_AFTER = timedelta(minutes=1)  # longer than a desk works on one step
AGAIN_AFTER, UNTIL = timedelta(minutes=5), timedelta(days=1)
Work = Literal["give_up", "reopen", "give_up_refund", "carry_refund"]


def centres_left(now: datetime) -> list[Select[Any]]:
    """A statement for the centres in which a settlement was left on its way, see ``app.pursuit``."""
    return [select(Checkout.tenant_id).where(_open(), or_(*_cases(now).values())).distinct()]


def work_left(now: datetime, *, size: int = 20) -> list[tuple[int, Work]]:
    """What is to be done about which settlements, the oldest first. One statement a kind of work."""
    return [
        (checkout_id, work)
        for work, case in _cases(now).items()
        for checkout_id in db.session.scalars(
            select(Checkout.id).where(_open(), case).order_by(Checkout.id).limit(size)
        )
    ]


def _open() -> ColumnElement[bool]:
    return and_(Checkout.state != CheckoutState.SETTLED, Checkout.state != CheckoutState.CLOSED)


def _cases(now: datetime) -> Mapping[Work, ColumnElement[bool]]:
    is_old, stands = Checkout.opened_at <= now - CLOSES_AFTER, Checkout.opened_at <= now - STANDS_AFTER
    money = select(CheckoutPart.checkout_id).where(
        CheckoutPart.state.in_((PartState.HANDED, PartState.MOVED))
    )
    is_charge = Checkout.kind == CheckoutKind.CHARGE
    at_insurer = Checkout.state == CheckoutState.INSURING
    is_refund = and_(Checkout.kind == CheckoutKind.REFUND, at_insurer)
    asked = insurance.subjects_asked_since(SUBJECT, now - AGAIN_AFTER)
    return {
        "give_up": and_(
            is_charge,
            is_old,
            Checkout.state != CheckoutState.INSURING,
            Checkout.insurance_reference == "",
            Checkout.id.not_in(money),
        ),
        "reopen": and_(
            is_charge,
            at_insurer,
            stands,
            Checkout.insurance_id.in_(insurance.ids_in(SettlementState.PRESETTLED)),
        ),
        "give_up_refund": and_(
            is_refund, is_old, Checkout.original_id.in_(_insured_by(SettlementState.SETTLED))
        ),
        "carry_refund": and_(
            is_refund,
            stands,
            Checkout.opened_at > now - UNTIL,
            Checkout.original_id.in_(_insured_by(SettlementState.CANCELLED)),
            Checkout.id.not_in(asked),
        ),
    }


def _insured_by(state: SettlementState) -> Select[Any]:
    """Receipts whose insured settlement stands like this."""
    behind = aliased(Checkout)
    return select(behind.settlement_id).where(
        behind.settlement_id.is_not(None), behind.insurance_id.in_(insurance.ids_in(state))
    )
