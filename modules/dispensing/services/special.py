"""Drugs under special control: the register of what two people handed out, ampoules, the change of shifts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from app import audit, clock, ids
from app.accounts.services import SecondPerson, proves_second
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.money import Quantity, format_quantity
from app.use_cases import Secret, use_case
from modules.dispensing import queries
from modules.dispensing.errors import (
    AmpoulesTooMany,
    CountMissing,
    DifferenceUnexplained,
    SecondPersonMissing,
)
from modules.dispensing.models import (
    AmpouleReturn,
    Document,
    Handover,
    HandoverLine,
    RegisterEntry,
    Task,
)
from modules.dispensing.queries import Allocated, StockLine

SECOND = "dispensing.special.sign_second"
SecondName = Annotated[str, Field(max_length=100)]
SecondPassword = Annotated[str, StringConstraints(strip_whitespace=False, max_length=128), Secret()]
Counted = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountInput:
    """What lay in the cupboard of one batch, in minimum units; a reason where the books differ."""

    balance_id: int
    counted: Counted
    reason: Annotated[str, Field(max_length=200)] = ""


def require_second(second: str) -> SecondPerson:
    """The second person who signed.

    Raises:
        SecondPersonMissing: nobody did.
    """
    if not isinstance(second, SecondPerson):
        raise SecondPersonMissing(field="second_name")
    return second


def enter_register(
    task: Task,
    handed_out: Sequence[tuple[Allocated, Decimal]],
    document: Document,
    second: SecondPerson,
    prescriber: str,
    by: Actor,
) -> None:
    """Rows of the register book for what was handed out, each signed by both."""
    task.second_by_name = second.name
    db.session.add_all(
        RegisterEntry(
            id=ids.new_id(),
            document_id=document.id,
            prescription_id=task.prescription_id,
            prescription_number=task.prescription_number,
            item_id=found.hold.item_id,
            patient_id=task.patient_id,
            drug_id=found.hold.drug_id,
            drug_name=found.batch.drug_name,
            batch_id=found.batch.id,
            batch_no=found.batch.batch_no,
            quantity=quantity,
            min_unit=found.batch.min_unit,
            left_over=found.balance.on_hand,
            at=document.at,
            prescriber_name=prescriber[:50],
            handed_out_by_name=by.name,
            second_by_id=second.account_id,
            second_by_name=second.name,
        )
        for found, quantity in handed_out
    )


@use_case("dispensing.special.record")
def take_ampoules_back(
    *,
    entry_id: int,
    quantity: Quantity,
    brought_by: Annotated[str, Field(min_length=2, max_length=50)],
    note: Annotated[str, Field(max_length=200)] = "",
    by: Actor,
) -> AmpouleReturn:
    """Record empty ampoules or used patches that came back for a row of the register (空安瓿回收).

    Raises:
        NotFound: no such row here.
        AmpoulesTooMany: more than were handed out.
    """
    entry = lock_row(RegisterEntry, entry_id)
    if entry is None:
        raise NotFound(field="entry_id")
    left = entry.quantity - queries.ampoules_of([entry_id]).get(entry_id, Decimal(0))
    if quantity > left:
        raise AmpoulesTooMany(field="quantity", left=f"{format_quantity(left)} {entry.min_unit}")
    row = AmpouleReturn(
        id=ids.new_id(),
        entry_id=entry.id,
        quantity=quantity,
        brought_by=brought_by,
        note=note,
        at=clock.now(),
        received_by_name=by.name,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("ampoules.returned", row, by=by, number=entry.prescription_number, quantity=quantity)
    return row


@use_case("dispensing.special.record", prepare=proves_second(SECOND))
def hand_over_cupboard(
    *,
    location_id: int,
    lines: Annotated[list[CountInput], Field(max_length=200)] = [],  # noqa: B006  never changed
    second_name: SecondName = "",
    second_password: SecondPassword = "",
    by: Actor,
) -> Handover:
    """Hand the cupboard of special drugs over to the next shift; both count, the next one signs (交接班).

    Raises:
        SecondPersonMissing: nobody takes it over.
        SecondPersonRefused, SecondPersonSame: their name and password do not fit, or they are the same person.
        CountMissing: a batch in the cupboard was not counted.
        DifferenceUnexplained: the count differs from the books without a reason.
    """
    stock = queries.lock_balances(line.balance.id for line in queries.special_stock(location_id))
    given = {line.balance_id: line for line in lines}
    if not stock or given.keys() - {found.balance.id for found in stock}:
        raise NotFound(field="lines")
    taker = require_second(second_name)
    handover = Handover(
        id=ids.new_id(),
        location_id=location_id,
        at=clock.now(),
        given_by_name=by.name,
        taken_by_id=taker.account_id,
        taken_by_name=taker.name,
    )
    rows = [
        _counted(handover, number, found, given.get(found.balance.id)) for number, found in enumerate(stock)
    ]
    db.session.add(handover)
    db.session.flush()
    db.session.add_all(rows)
    audit.record("cupboard.handed_over", handover, by=by, taken_by=taker.name, differs=handover.differing)
    return handover


def _counted(handover: Handover, number: int, found: StockLine, count: CountInput | None) -> HandoverLine:
    """The row of one batch, the books beside the count; ``number`` is its line on the form."""
    if count is None:
        raise CountMissing(field=f"lines-{number}-counted", drug=found.batch.drug_name)
    is_different, reason = count.counted != found.balance.on_hand, count.reason.strip()
    if is_different and not reason:
        raise DifferenceUnexplained(
            field=f"lines-{number}-reason",
            drug=found.batch.drug_name,
            booked=format_quantity(found.balance.on_hand) or "0",
        )
    handover.differing = bool(handover.differing or is_different)
    return HandoverLine(
        id=ids.new_id(),
        handover_id=handover.id,
        batch_id=found.batch.id,
        booked=found.balance.on_hand,
        counted=count.counted,
        reason=reason if is_different else "",
    )
