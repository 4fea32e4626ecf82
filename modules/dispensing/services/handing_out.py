"""Drugs are handed to the patient (发药), whole or in part; what is short stays owed and is handed out later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.accounts.services import proves_second
from app.actor import Actor
from app.events import emit
from app.money import Quantity, format_quantity
from app.use_cases import use_case
from modules.charging import services as charging
from modules.dispensing import queries
from modules.dispensing.errors import (
    HoldsDiffer,
    NothingHandedOut,
    OwedTooMuch,
    ReviewRightMissing,
    SamePharmacist,
)
from modules.dispensing.events import PrescriptionDispensed
from modules.dispensing.models import Account, Document, DocumentKind, Task, TaskStatus
from modules.dispensing.queries import Allocated, Picked
from modules.dispensing.rules.owing import now_and_later
from modules.dispensing.rules.review import ReviewCheck
from modules.dispensing.rules.special import needs_two_signatures
from modules.dispensing.services.holds import replace_expired
from modules.dispensing.services.ledger import Movement, new_document, post
from modules.dispensing.services.sold_codes import Part, check_scans, sell
from modules.dispensing.services.special import (
    SECOND,
    SecondName,
    SecondPassword,
    enter_register,
    require_second,
)
from modules.dispensing.services.tasks import (
    PAID_FOR,
    check_open,
    check_step,
    is_single_pharmacist,
    sign_preparation,
    sign_review,
)
from modules.prescriptions import queries as prescription_queries
from modules.prescriptions import services as prescriptions
from modules.prescriptions.queries import Prescription
from tenants.queries import get_practitioner


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedLineInput:
    """How much of a prescription line is short now and stays owed, in minimum units."""

    item_id: int
    quantity: Quantity


Owed = Annotated[list[OwedLineInput], Field(max_length=50)]


@use_case("dispensing.prescription.dispense", prepare=proves_second(SECOND))
def dispense_prescription(
    *,
    prescription_id: int,
    owed: Owed = [],  # noqa: B006  never changed
    second_name: SecondName = "",
    second_password: SecondPassword = "",
    by: Actor,
) -> Task:
    """Check the prepared drugs and hand them to the patient (发药).

    Where the centre works with a single pharmacist, one act reviews, prepares and hands out; the pharmacist
    attests the four checks by it. Otherwise who prepared does not hand out. What is ``owed`` stays held for the
    patient (`hand_out_rest`). For narcotic and first-class psychotropic drugs a second person signs with their own
    name and password, and the register gets its row.

    Raises:
        NotFound: the pharmacy does not know it.
        PrescriptionNotPaid, PrescriptionUnpaid: it is not paid, or was refunded.
        WrongStep: it is not prepared, or was handed out.
        PrescriptionPastValidity: it no longer holds.
        SamePharmacist: the same person prepared it.
        ReviewRightMissing: a single pharmacist without the right to review.
        OutOfStock: a held batch has expired and no other suffices.
        BatchRecalled: a held batch was called back.
        HoldsDiffer: what is paid is not what is held; part of it was refunded at this moment.
        OwedTooMuch, NothingHandedOut: more is owed than is held, or all of it.
        SecondPersonMissing, SecondPersonRefused, SecondPersonSame: nobody else has signed for special drugs.
        CodesMissing, CodesDiffer: the packs were not scanned, or more than is handed out.
    """
    task = queries.get_task(prescription_id)
    check_open(task)
    is_single = is_single_pharmacist(by.tenant_id)
    if task.status == TaskStatus.PREPARED:
        _refuse_same(task, by)
    later = _sums(owed)
    paid = charging.note_dispensed(visit_id=task.visit_id, prescription_id=prescription_id, owed=later)
    if is_single and task.reviewed_at is None:
        _refuse_non_reviewer(by)
    prescription = prescriptions.mark_dispensed(
        prescription_id=prescription_id, in_one_act=is_single, on_account=task.is_on_account, by=by
    )
    holds = queries.lock_holds(task)
    check_step(task, *(PAID_FOR if is_single else (TaskStatus.PREPARED,)))
    if is_single:
        _sign_earlier_steps(task, by)
    _give(task, prescription, holds, paid, later, second_name, by)
    return task


@use_case("dispensing.prescription.dispense", prepare=proves_second(SECOND))
def hand_out_rest(
    *,
    prescription_id: int,
    owed: Owed = [],  # noqa: B006  never changed
    second_name: SecondName = "",
    second_password: SecondPassword = "",
    by: Actor,
) -> Task:
    """Hand out what stayed owed (补发); it may be fetched after the sheet's last day, as it was begun in time.

    Raises:
        NotFound: the pharmacy does not know it.
        WrongStep: nothing is owed.
        SamePharmacist: the same person prepared it.
        PrescriptionUnpaid: the rest was refunded.
        OutOfStock, BatchRecalled, HoldsDiffer, OwedTooMuch, NothingHandedOut, SecondPersonMissing, CodesMissing,
        CodesDiffer: as in `dispense_prescription`.
    """
    task = queries.get_task(prescription_id)
    check_step(task, TaskStatus.PARTLY_DISPENSED)
    _refuse_same(task, by)
    later = _sums(owed)
    paid = charging.note_dispensed(visit_id=task.visit_id, prescription_id=prescription_id, owed=later)
    prescription = prescription_queries.get_prescription(prescription_id)
    holds = queries.lock_holds(task)
    check_step(task, TaskStatus.PARTLY_DISPENSED)
    _give(task, prescription, holds, paid, later, second_name, by)
    return task


def _give(
    task: Task,
    prescription: Prescription,
    locked: Sequence[Allocated],
    paid: Mapping[int, Decimal],
    owed: Mapping[int, Decimal],
    second_name: str,
    by: Actor,
) -> None:
    second = require_second(second_name) if needs_two_signatures(prescription.sheet.value) else None
    waiting = [found for found in locked if found.hold.waiting]
    holds = [found for found in replace_expired(task, waiting, by) if found.hold.waiting]
    if _by_item(holds) != paid:
        raise HoldsDiffer(number=task.prescription_number)
    parts = _parts(holds, owed)
    scans = check_scans(task, parts, by)
    document = _hand_out(task, parts, scans, bool(owed), by)
    if second is not None:
        enter_register(task, parts, document, second, prescription.practitioner_name, by)


def _parts(holds: Sequence[Allocated], owed: Mapping[int, Decimal]) -> list[Part]:
    """What goes out of which hold now; the last batches of a line are owed."""
    by_item: dict[int, list[Allocated]] = {}
    for found in holds:
        by_item.setdefault(found.hold.item_id, []).append(found)
    parts: list[Part] = []
    for item_id, members in by_item.items():
        quantities = now_and_later([found.hold.waiting for found in members], owed.get(item_id, Decimal(0)))
        if quantities is None:
            most = sum((found.hold.waiting for found in members), Decimal(0))
            raise OwedTooMuch(
                field="owed",
                drug=members[0].hold.drug_name,
                most=f"{format_quantity(most)} {members[0].batch.min_unit}",
            )
        parts += [(found, now) for found, now in zip(members, quantities, strict=True) if now]
    if not parts or owed.keys() - by_item.keys():
        raise NothingHandedOut(field="owed")
    return parts


def _hand_out(
    task: Task, parts: Sequence[Part], scans: Sequence[Picked], is_owing: bool, by: Actor
) -> Document:
    document = new_document(DocumentKind.ISSUE, task.location_id, by)
    document.prescription_id = task.prescription_id
    movements = []
    for found, quantity in parts:
        found.balance.held -= quantity
        found.hold.dispensed += quantity
        movements.append(
            Movement(
                batch=found.batch,
                quantity=quantity,
                source=found.balance,
                account=Account.PATIENT,
                item_id=found.hold.item_id,
            )
        )
    task.status = TaskStatus.PARTLY_DISPENSED if is_owing else TaskStatus.DISPENSED
    task.dispensed_at, task.dispensed_by_id, task.dispensed_by_name = clock.now(), by.account_id, by.name
    lines = post(document, movements)
    sell(task, parts, scans, document, by)
    audit.record("prescription.dispensed", task, by=by, number=task.prescription_number, is_owing=is_owing)
    emit(
        PrescriptionDispensed(
            document_id=document.id,
            prescription_id=task.prescription_id,
            visit_id=task.visit_id,
            patient_id=task.patient_id,
            location_id=task.location_id,
            on=document.on,
            lines=lines,
        )
    )
    return document


def _sums(owed: Sequence[OwedLineInput]) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for line in owed:
        found[line.item_id] = found.get(line.item_id, Decimal(0)) + line.quantity
    return found


def _by_item(holds: Sequence[Allocated]) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for entry in holds:
        found[entry.hold.item_id] = found.get(entry.hold.item_id, Decimal(0)) + entry.hold.waiting
    return found


def _refuse_same(task: Task, by: Actor) -> None:
    if task.prepared_by_id == by.account_id and not is_single_pharmacist(by.tenant_id):
        raise SamePharmacist


def _refuse_non_reviewer(by: Actor) -> None:
    if by.practitioner_id is None or not get_practitioner(by.practitioner_id).may_review:
        raise ReviewRightMissing


def _sign_earlier_steps(task: Task, by: Actor) -> None:
    if task.reviewed_at is None:
        sign_review(task, by)
        task.checks = {check.value: True for check in ReviewCheck}
    if task.prepared_at is None:
        sign_preparation(task, by)
