"""Reading settlements that are on their way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm.attributes import set_committed_value

from app.db import db, locking
from modules.charging.errors import CheckoutNotHere
from modules.charging.models import (
    Bill,
    Charge,
    ChargeStatus,
    Checkout,
    CheckoutKind,
    CheckoutLine,
    CheckoutPart,
    CheckoutState,
    PartState,
    Reduction,
)
from modules.charging.models.checkouts import OPEN
from modules.charging.queries.reductions import as_rules
from modules.charging.rules import reductions as rules
from modules.insurance import queries as insurance
from modules.insurance.queries import SettlementState


def find_checkout(checkout_id: int) -> Checkout | None:
    """The checkout as it stands now, or None."""
    return db.session.get(Checkout, checkout_id, populate_existing=True)


def lock_checkout(checkout_id: int) -> Checkout | None:
    """The checkout with its bill, both held until commit, or None. One statement."""
    statement = (
        select(Checkout, Bill).join(Bill, Bill.id == Checkout.bill_id).where(Checkout.id == checkout_id)
    )
    row = db.session.execute(locking(statement, Bill, Checkout)).first()
    if row is None:
        return None
    set_committed_value(row[0], "bill", row[1])
    return row[0]


def get_checkout(checkout_id: int) -> Checkout:
    """The checkout, or NotFound."""
    found = find_checkout(checkout_id)
    if found is None:
        raise CheckoutNotHere(field="checkout_id")
    return found


def find_open_checkout(bill_id: int) -> Checkout | None:
    """The settlement of a bill that is on its way, or None."""
    return db.session.scalar(select(Checkout).where(Checkout.bill_id == bill_id, Checkout.state.in_(OPEN)))


def is_being_refunded(prescription_id: int) -> bool:
    """Whether lines of a paid prescription are asked back by a doctor, or held for a refund through an insurer."""
    held = (
        select(CheckoutLine.id)
        .join(Checkout, Checkout.id == CheckoutLine.checkout_id)
        .where(
            CheckoutLine.charge_id == Charge.id,
            Checkout.kind == CheckoutKind.REFUND,
            Checkout.state.in_(OPEN),
        )
    )
    found = select(Charge.id).where(
        Charge.prescription_id == prescription_id,
        or_(Charge.asked_quantity > 0, and_(Charge.status == ChargeStatus.LOCKED, held.exists())),
    )
    return db.session.scalar(found.limit(1)) is not None


def get_part(part_id: int) -> CheckoutPart | None:
    """One part of a payment on its way, or None."""
    return db.session.get(CheckoutPart, part_id)


def parts_of(checkout_id: int, *states: PartState) -> list[CheckoutPart]:
    """How the patient's part is paid, in the order it was chosen; all parts, or those in some states."""
    statement = select(CheckoutPart).where(CheckoutPart.checkout_id == checkout_id).order_by(CheckoutPart.id)
    if states:
        statement = statement.where(CheckoutPart.state.in_(states))
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def charges_of_checkout(checkout_id: int) -> list[Charge]:
    """The lines a checkout holds, in the order of the bill."""
    statement = (
        select(Charge)
        .join(CheckoutLine, CheckoutLine.charge_id == Charge.id)
        .where(CheckoutLine.checkout_id == checkout_id)
        .order_by(Charge.id)
    )
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


@dataclass(frozen=True, slots=True)
class Held:
    """What a checkout holds: its lines, what is taken off them, and how the patient's part is paid."""

    charges: list[Charge]
    reductions: list[rules.Reduction]
    parts: list[CheckoutPart]


def held_by(checkout_id: int) -> Held:
    """Everything a checkout holds, each in the order of its keys. One statement."""
    statement = (
        select(Charge, Reduction, CheckoutPart)
        .join(CheckoutLine, CheckoutLine.charge_id == Charge.id)
        .outerjoin(
            Reduction,
            and_(Reduction.checkout_id == CheckoutLine.checkout_id, Reduction.charge_id == Charge.id),
        )
        .outerjoin(CheckoutPart, CheckoutPart.checkout_id == CheckoutLine.checkout_id)
        .where(CheckoutLine.checkout_id == checkout_id)
        .order_by(Charge.id, Reduction.id, CheckoutPart.id)
    )
    rows: Sequence[Any] = db.session.execute(statement.execution_options(populate_existing=True)).all()
    charges, reductions, parts = ({row[n].id: row[n] for row in rows if row[n] is not None} for n in range(3))
    return Held(list(charges.values()), as_rules(reductions.values()), list(parts.values()))


def lines_of(checkout_id: int) -> list[CheckoutLine]:
    """What is settled of each line when a checkout ends."""
    statement = (
        select(CheckoutLine).where(CheckoutLine.checkout_id == checkout_id).order_by(CheckoutLine.charge_id)
    )
    return list(db.session.scalars(statement))


def insurance_of(settlement_id: int) -> int | None:
    """The insured settlement that stands behind one of ours, or None."""
    return db.session.scalar(
        select(Checkout.insurance_id).where(
            Checkout.settlement_id == settlement_id, Checkout.insurance_id.is_not(None)
        )
    )


def insurance_stands(refund: Checkout) -> bool:
    """Whether the insurer still counts as settled what a refund is of."""
    found = insurance_of(refund.original_id or 0)
    return found is not None and insurance.get_settlement(found).state is SettlementState.SETTLED


def insurance_is_gone(refund: Checkout) -> bool:
    """Whether the insurer pays no more for what a refund is of."""
    found = insurance_of(refund.original_id or 0)
    return found is None or insurance.get_settlement(found).state is SettlementState.CANCELLED


def is_settled_there(insurance_id: int) -> bool:
    """Whether the insurer pays its part, and nobody has asked it to take that back."""
    return insurance.get_settlement(insurance_id).state is SettlementState.SETTLED


def is_unsent(checkout: Checkout) -> bool:
    """Whether a checkout waits for an insurer that the message never reached."""
    if checkout.state != CheckoutState.INSURING or checkout.insurance_id is None:
        return False
    return insurance.get_settlement(checkout.insurance_id).state is SettlementState.PRESETTLED


def taking_money(account_id: int) -> Checkout | None:
    """A payment on its way that somebody began, with money that has come or may come, or None."""
    held = select(CheckoutPart.checkout_id).where(
        CheckoutPart.state.in_((PartState.WAITING, PartState.HANDED, PartState.MOVED))
    )
    statement = select(Checkout).where(
        Checkout.opened_by_id == account_id, Checkout.state == CheckoutState.COLLECTING, Checkout.id.in_(held)
    )
    return db.session.scalar(statement.order_by(Checkout.id).limit(1))


def orders_of_bill(bill_id: int) -> list[int]:
    """Payment orders that were ever opened for a bill."""
    statement = (
        select(CheckoutPart.order_id)
        .join(Checkout, Checkout.id == CheckoutPart.checkout_id)
        .where(Checkout.bill_id == bill_id, CheckoutPart.order_id.is_not(None))
    )
    return [order_id for order_id in db.session.scalars(statement) if order_id is not None]
