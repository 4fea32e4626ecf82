"""What programs may read of bills and receipts."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app import audit
from app.actor import Actor
from app.api.reads import Id, read
from app.errors import NotFound
from modules.charging import queries


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """One line of a bill."""

    id: Id
    name: str
    quantity: Decimal
    unit: str
    amount: Decimal
    fee_class: str
    status: str


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """One settlement of a bill; negative in a mirror."""

    id: Id
    number: str
    amount: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class BillAnswer:
    """A visit's bill with what is due and what was paid."""

    id: Id
    visit_id: Id
    due_amount: Decimal
    paid_amount: Decimal
    charges: list[ChargeRow]
    settlements: list[SettlementRow]


@read("bills/of-visit/<visit_id>", "charging.bill.view")
@audit.reading("bill.read")
def bill_of_visit(*, visit_id: int, by: Actor) -> BillAnswer:
    """The bill of a visit.

    Raises:
        NotFound: the visit has no bill here.
    """
    bill = queries.find_bill(visit_id)
    if bill is None:
        raise NotFound(field="visit_id")
    audit.seen(bill)
    view = queries.bill_view(bill.id)
    return BillAnswer(
        id=bill.id,
        visit_id=bill.visit_id,
        due_amount=view.due_amount,
        paid_amount=view.paid_amount,
        charges=[
            ChargeRow(
                charge.id,
                charge.item_name,
                charge.quantity,
                charge.unit,
                charge.amount,
                charge.fee_class.value,
                charge.status.value,
            )
            for charge in view.charges
        ],
        settlements=[SettlementRow(row.id, row.number, row.amount, row.at) for row in view.settlements],
    )
