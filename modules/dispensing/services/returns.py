"""Drugs that come back from a patient (退药): into the batches they came from, last issued first."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit
from app.actor import Actor
from app.db import db
from app.errors import NotFound
from app.events import emit
from app.money import Quantity, format_quantity
from app.use_cases import use_case
from modules.charging import services as charging
from modules.dispensing import queries
from modules.dispensing.errors import NothingAskedBack, ReturnNotIntact, ReturnTooLarge, WrongStep
from modules.dispensing.events import DrugsReturned
from modules.dispensing.models import Account, Document, DocumentKind, Task, TaskStatus
from modules.dispensing.queries import Allocated
from modules.dispensing.rules.batches import allocate_return
from modules.dispensing.services.ledger import Movement, new_document, post
from modules.dispensing.services.sold_codes import take_back
from modules.prescriptions import services as prescriptions

_WITH_PATIENT = (TaskStatus.DISPENSED, TaskStatus.PARTLY_DISPENSED, TaskStatus.PARTLY_RETURNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLineInput:
    """How much of a prescription line comes back, in minimum units."""

    item_id: int
    quantity: Quantity


@use_case("dispensing.drugs.return")
def return_drugs(
    *,
    prescription_id: int,
    lines: Annotated[list[ReturnLineInput], Field(min_length=1, max_length=50)],
    reason: Annotated[str, Field(min_length=2, max_length=200)],
    is_intact: bool = False,
    codes: Annotated[str, Field(max_length=4000)] = "",
    by: Actor,
) -> Document:
    """Take drugs back that were handed out (退药); their money may then be refunded at the cashier's window.

    ``is_intact`` attests that the packs are unopened and of the recorded batch; ``codes`` are those of the packs.
    It confirms what a doctor asked back of these lines; less than that with the ``reason`` (`refuse_return` for none).

    Raises:
        NotFound: the pharmacy does not know the prescription or the line.
        WrongStep: nothing was handed out, or everything is back.
        ReturnNotIntact: it was not attested.
        ReturnTooLarge: more than the patient has.
        ReturnCodesMissing, ReturnCodeStranger: the packs are not those that were sold.
    """
    if not is_intact:
        raise ReturnNotIntact(field="is_intact")
    task = queries.get_task(prescription_id)
    quantities: dict[int, Decimal] = {}
    for line in lines:
        quantities[line.item_id] = quantities.get(line.item_id, Decimal(0)) + line.quantity
    charging.note_returned(
        visit_id=task.visit_id, prescription_id=prescription_id, quantities=quantities, reason=reason, by=by
    )
    holds = queries.lock_holds(task)
    if task.status not in _WITH_PATIENT:
        raise WrongStep(number=task.prescription_number, status=task.status.label)
    movements = [
        movement
        for item_id, quantity in quantities.items()
        for movement in _give_back([found for found in holds if found.hold.item_id == item_id], quantity)
    ]
    is_owing = any(found.hold.waiting for found in holds)
    is_whole = not is_owing and not any(found.hold.with_patient for found in holds)
    if not is_owing:
        task.status = TaskStatus.RETURNED if is_whole else TaskStatus.PARTLY_RETURNED
    prescriptions.mark_returned(prescription_id=prescription_id, is_whole=is_whole, by=by)
    document = _post(task, movements, reason, by)
    take_back(task, quantities, holds, codes, document, by)
    return document


@use_case("dispensing.drugs.return")
def refuse_return(
    *, prescription_id: int, reason: Annotated[str, Field(min_length=2, max_length=200)], by: Actor
) -> Task:
    """Take nothing back of what a doctor asked to be refunded; the request goes back to the doctor.

    Raises:
        NotFound: the pharmacy does not know the prescription.
        NothingAskedBack: nobody asks it back, or it has gone on.
    """
    task = queries.get_task(prescription_id)
    if not charging.refuse_asked_back(
        visit_id=task.visit_id, prescription_id=prescription_id, reason=reason, by=by
    ):
        raise NothingAskedBack(number=task.prescription_number)
    audit.record("return.refused", task, by=by, number=task.prescription_number, reason=reason)
    return task


def _give_back(holds: list[Allocated], quantity: Decimal) -> list[Movement]:
    if not holds:
        raise NotFound(field="lines")
    by_batch = {found.batch.id: found for found in holds if found.hold.with_patient}
    picks = allocate_return(
        [found.hold.pick_with_patient(found.batch.unit_cost) for found in by_batch.values()], quantity
    )
    if picks is None:
        most = sum((found.hold.with_patient for found in holds), Decimal(0))
        raise ReturnTooLarge(
            field="lines",
            drug=holds[0].hold.drug_name,
            quantity=f"{format_quantity(most)} {holds[0].batch.min_unit}",
        )
    movements = []
    for pick in picks:
        found = by_batch[pick.batch_id]
        found.hold.returned += pick.quantity
        movements.append(
            Movement(
                batch=found.batch,
                quantity=pick.quantity,
                target=found.balance,
                account=Account.PATIENT,
                item_id=found.hold.item_id,
            )
        )
    return movements


def _post(task: Task, movements: list[Movement], reason: str, by: Actor) -> Document:
    document = new_document(DocumentKind.RETURN, task.location_id, by)
    document.prescription_id, document.reason = task.prescription_id, reason
    lines = post(document, movements)
    db.session.flush()
    audit.record("drugs.returned", document, by=by, number=document.number, reason=reason)
    emit(
        DrugsReturned(
            document_id=document.id,
            prescription_id=task.prescription_id,
            visit_id=task.visit_id,
            location_id=task.location_id,
            on=document.on,
            lines=lines,
        )
    )
    return document
