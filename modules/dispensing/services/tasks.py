"""The pharmacy's work on a prescription: review, prepare, hand out (审方, 调配, 发药)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlalchemy import case, update

from app import audit, clock
from app.accounts.services import proves_second
from app.actor import Actor
from app.db import db
from app.events import emit
from app.tenancy import setting_of
from app.use_cases import use_case
from modules.charging import services as charging
from modules.dispensing import queries
from modules.dispensing.errors import (
    ChecksMissing,
    HoldsDiffer,
    NothingRecalled,
    PrescriptionNotPaid,
    PrescriptionPastValidity,
    ReviewRightMissing,
    SamePharmacist,
    WrongStep,
)
from modules.dispensing.events import PrescriptionDispensed
from modules.dispensing.models import Account, Document, DocumentKind, Task, TaskStatus
from modules.dispensing.queries import Allocated, Picked
from modules.dispensing.rules.review import ReviewCheck
from modules.dispensing.rules.special import needs_two_signatures
from modules.dispensing.services.holds import refuse_recalled, replace_expired, replace_recalled
from modules.dispensing.services.ledger import Movement, new_document, post
from modules.dispensing.services.sold_codes import check_scans, sell
from modules.dispensing.services.special import (
    SECOND,
    SecondName,
    SecondPassword,
    enter_register,
    require_second,
)
from modules.prescriptions import queries as prescription_queries
from modules.prescriptions import services as prescriptions
from tenants.queries import get_practitioner

Checks = Annotated[list[ReviewCheck], Field(max_length=20)]
_PAID_FOR = (TaskStatus.WAITING, TaskStatus.REVIEWED, TaskStatus.PREPARED)


def is_single_pharmacist(tenant_id: int | None) -> bool:
    """Whether the centre lets one pharmacist review, prepare and hand out (its setting; off by default)."""
    return bool(setting_of(tenant_id, "single_pharmacist"))


def reviews_first(by: Actor) -> bool:
    """Whether pharmacists review before the payment (the setting of prescriptions)."""
    return not prescription_queries.reviews_after_payment(by.tenant_id)


def take_up_paid(*, prescription_ids: Iterable[int], is_insured: bool = False) -> None:
    """Paid prescriptions wait at the pharmacy from now on, in the settlement's transaction. One statement.

    Those that were reviewed before the payment wait for their preparation.
    """
    wanted = sorted(prescription_ids)
    if not wanted:
        return
    status = case((Task.reviewed_at.is_not(None), TaskStatus.REVIEWED), else_=TaskStatus.WAITING)
    db.session.execute(
        update(Task)
        .where(Task.prescription_id.in_(wanted), Task.status == TaskStatus.UNPAID)
        .values(status=status, paid_at=clock.now(), is_insured=is_insured)
        .execution_options(synchronize_session=False)
    )


@use_case("dispensing.prescription.review")
def review_prescription(*, prescription_id: int, checks: Checks, by: Actor) -> Task:
    """Pass a prescription after the four checks and ten matches (审方通过).

    It is paid, or the centre reviews before the payment: then the cashier takes no money before this.

    Raises:
        NotFound: the pharmacy does not know it.
        ChecksMissing: a check was not ticked.
        PrescriptionNotPaid, WrongStep, PrescriptionPastValidity: it is not waiting for a review.
        NotAReviewer: no pharmacist with the right to review.
    """
    missing = set(ReviewCheck) - set(checks)
    if missing:
        raise ChecksMissing(field="checks", missing=len(missing))
    task = queries.get_task(prescription_id)
    is_first = reviews_first(by) and task.status == TaskStatus.UNPAID
    _check_open(task, is_unpaid_fine=is_first)
    prescriptions.mark_reviewed(prescription_id=prescription_id, by=by)
    db.session.flush()
    task = _lock(prescription_id, TaskStatus.UNPAID if is_first else TaskStatus.WAITING)
    _sign_review(task, by)
    task.checks = {check.value: True for check in ReviewCheck}
    audit.record("prescription.reviewed_at_pharmacy", task, by=by, number=task.prescription_number)
    return task


@use_case("dispensing.prescription.prepare")
def prepare_prescription(*, prescription_id: int, by: Actor) -> Task:
    """Take the drugs of a reviewed prescription from the shelf (调配).

    Raises:
        NotFound: the pharmacy does not know it.
        PrescriptionNotPaid, WrongStep, PrescriptionPastValidity: it is not at this step.
        NotReviewed: no pharmacist has passed it.
        OutOfStock: a held batch has expired and no other suffices.
        BatchRecalled: a held batch was called back.
    """
    _check_open(queries.get_task(prescription_id))
    prescription = prescriptions.mark_prepared(prescription_id=prescription_id, by=by)
    db.session.flush()
    task = _lock(prescription_id, TaskStatus.WAITING, TaskStatus.REVIEWED)
    if task.reviewed_at is None:  # passed before the payment, or signed a second time by the doctor
        task.reviewed_at, task.reviewed_by_name = prescription.reviewed_at, prescription.reviewer_name
    holds = queries.lock_holds(task)
    refuse_recalled(holds)
    replace_expired(task, holds, by)
    _sign_preparation(task, by)
    audit.record("prescription.prepared", task, by=by, number=task.prescription_number)
    return task


@use_case("dispensing.prescription.prepare")
def put_back_prescription(*, prescription_id: int, by: Actor) -> Task:
    """Put prepared drugs back on the shelf; the prescription waits for its preparation again.

    Raises:
        NotFound: the pharmacy does not know it.
        WrongStep: it is not prepared.
    """
    prescriptions.take_back_preparation(prescription_id=prescription_id, by=by)
    db.session.flush()
    task = _lock(prescription_id, TaskStatus.PREPARED)
    task.status = TaskStatus.REVIEWED
    task.prepared_at, task.prepared_by_id, task.prepared_by_name = None, None, ""
    audit.record("prescription.put_back", task, by=by, number=task.prescription_number)
    return task


@use_case("dispensing.prescription.prepare")
def rehold_prescription(*, prescription_id: int, by: Actor) -> Task:
    """Take other batches for a paid prescription whose batch was recalled; prepared drugs are put back first.

    Raises:
        NotFound: the pharmacy does not know it.
        WrongStep: it is not paid, prepared already, or was handed out.
        NothingRecalled: none of its batches was recalled.
        OutOfStock: no other batch suffices; the patient goes to the cashier for a refund.
    """
    task = queries.get_task(prescription_id)
    holds = queries.lock_holds(task)
    _check_step(task, TaskStatus.UNPAID, TaskStatus.WAITING, TaskStatus.REVIEWED)
    if not replace_recalled(task, holds, by):
        raise NothingRecalled(number=task.prescription_number)
    audit.record("prescription.reheld", task, by=by, number=task.prescription_number)
    return task


@use_case("dispensing.prescription.dispense", prepare=proves_second(SECOND))
def dispense_prescription(
    *,
    prescription_id: int,
    second_name: SecondName = "",
    second_password: SecondPassword = "",
    by: Actor,
) -> Task:
    """Check the prepared drugs and hand them to the patient (发药).

    Where the centre works with a single pharmacist, one act reviews, prepares and hands out; the pharmacist
    attests the four checks by it. Otherwise who prepared does not hand out. For narcotic and first-class
    psychotropic drugs a second person signs with their own name and password, and the register gets its row.

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
        SecondPersonMissing, SecondPersonRefused, SecondPersonSame: nobody else has signed for special drugs.
        CodesMissing, CodesDiffer: the packs were not scanned, or more than is handed out.
    """
    task = queries.get_task(prescription_id)
    _check_open(task)
    is_single = is_single_pharmacist(by.tenant_id)
    if not is_single and task.status == TaskStatus.PREPARED and task.prepared_by_id == by.account_id:
        raise SamePharmacist
    paid = charging.note_dispensed(visit_id=task.visit_id, prescription_id=prescription_id)
    if is_single and task.reviewed_at is None:
        _refuse_non_reviewer(by)
    prescription = prescriptions.mark_dispensed(prescription_id=prescription_id, in_one_act=is_single, by=by)
    is_special = needs_two_signatures(prescription.sheet.value)
    second = require_second(second_name) if is_special else None
    holds = [found for found in queries.lock_holds(task) if found.hold.waiting]
    steps = _PAID_FOR if is_single else (TaskStatus.PREPARED,)
    _check_step(task, *steps)
    if is_single:
        _sign_earlier_steps(task, by)
    holds = [found for found in replace_expired(task, holds, by) if found.hold.waiting]
    if _by_item(holds) != paid:
        raise HoldsDiffer(number=task.prescription_number)
    scans = check_scans(task, holds, by)
    handed_out = [(found, found.hold.waiting) for found in holds]
    document = _hand_out(task, holds, scans, by)
    if second is not None:
        enter_register(task, handed_out, document, second, prescription.practitioner_name, by)
    return task


def _refuse_non_reviewer(by: Actor) -> None:
    if by.practitioner_id is None or not get_practitioner(by.practitioner_id).may_review:
        raise ReviewRightMissing


def _sign_earlier_steps(task: Task, by: Actor) -> None:
    if task.reviewed_at is None:
        _sign_review(task, by)
        task.checks = {check.value: True for check in ReviewCheck}
    if task.prepared_at is None:
        _sign_preparation(task, by)


def _hand_out(task: Task, holds: list[Allocated], scans: list[Picked], by: Actor) -> Document:
    document = new_document(DocumentKind.ISSUE, task.location_id, by)
    document.prescription_id = task.prescription_id
    movements = []
    for found in holds:
        quantity = found.hold.waiting
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
    task.status = TaskStatus.DISPENSED
    task.dispensed_at, task.dispensed_by_id, task.dispensed_by_name = clock.now(), by.account_id, by.name
    lines = post(document, movements)
    sell(task, holds, scans, document, by)
    audit.record("prescription.dispensed", task, by=by, number=task.prescription_number)
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


def _by_item(holds: list[Allocated]) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for entry in holds:
        found[entry.hold.item_id] = found.get(entry.hold.item_id, Decimal(0)) + entry.hold.waiting
    return found


def _sign_review(task: Task, by: Actor) -> None:
    if task.status == TaskStatus.WAITING:
        task.status = TaskStatus.REVIEWED
    task.reviewed_at, task.reviewed_by_id, task.reviewed_by_name = clock.now(), by.account_id, by.name


def _sign_preparation(task: Task, by: Actor) -> None:
    task.status = TaskStatus.PREPARED
    task.prepared_at, task.prepared_by_id, task.prepared_by_name = clock.now(), by.account_id, by.name


def _lock(prescription_id: int, *steps: TaskStatus) -> Task:
    task = queries.lock_task(prescription_id) or queries.get_task(prescription_id)
    _check_step(task, *steps)
    return task


def _check_step(task: Task, *steps: TaskStatus) -> None:
    if task.status not in steps:
        raise WrongStep(number=task.prescription_number, status=task.status.label)


def _check_open(task: Task, *, is_unpaid_fine: bool = False) -> None:
    """Refuse early, in the window's words; the moves of the prescription refuse again under its lock."""
    if task.status == TaskStatus.UNPAID and not is_unpaid_fine:
        raise PrescriptionNotPaid(number=task.prescription_number)
    if task.status not in (TaskStatus.UNPAID, *_PAID_FOR):
        raise WrongStep(number=task.prescription_number, status=task.status.label)
    if task.is_past_validity:
        until = f"{clock.local(task.valid_until):%Y-%m-%d %H:%M}"
        raise PrescriptionPastValidity(number=task.prescription_number, until=until)
