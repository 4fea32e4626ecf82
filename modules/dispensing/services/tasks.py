"""The pharmacy's work on a prescription: review, prepare, hand out (审方, 调配, 发药)."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field
from sqlalchemy import case, update

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.tenancy import setting_of
from app.use_cases import use_case
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.dispensing import queries
from modules.dispensing.errors import (
    ChecksMissing,
    NothingRecalled,
    PrescriptionNotPaid,
    PrescriptionPastValidity,
    RefundBegunAlready,
    WrongStep,
)
from modules.dispensing.models import Task, TaskStatus
from modules.dispensing.rules.review import ReviewCheck
from modules.dispensing.services.holds import refuse_recalled, replace_expired, replace_recalled
from modules.prescriptions import queries as prescription_queries
from modules.prescriptions import services as prescriptions

Checks = Annotated[list[ReviewCheck], Field(max_length=20)]
PAID_FOR = (TaskStatus.WAITING, TaskStatus.REVIEWED, TaskStatus.PREPARED)


def is_single_pharmacist(tenant_id: int | None) -> bool:
    """Whether the centre lets one pharmacist review, prepare and hand out (its setting; off by default)."""
    return bool(setting_of(tenant_id, "single_pharmacist"))


def reviews_first(by: Actor) -> bool:
    """Whether pharmacists review before the payment (the setting of prescriptions)."""
    return not prescription_queries.reviews_after_payment(by.tenant_id)


def take_up_paid(*, prescription_ids: Iterable[int], is_insured: bool = False) -> None:
    """Paid prescriptions wait at the pharmacy from now on, in the settlement's transaction. One statement.

    Those that were reviewed before the payment wait for their preparation; those worked on before it stay as they are.
    """
    wanted = sorted(prescription_ids)
    if not wanted:
        return
    waits = case((Task.reviewed_at.is_not(None), TaskStatus.REVIEWED), else_=TaskStatus.WAITING)
    status = case((Task.status == TaskStatus.UNPAID, waits), else_=Task.status)
    db.session.execute(
        update(Task)
        .where(
            Task.prescription_id.in_(wanted),
            Task.paid_at.is_(None),
            Task.status != TaskStatus.CANCELLED,
        )
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
    check_open(task, is_unpaid_fine=is_first)
    prescriptions.mark_reviewed(prescription_id=prescription_id, by=by)
    db.session.flush()
    task = _lock(prescription_id, TaskStatus.UNPAID if is_first else TaskStatus.WAITING)
    sign_review(task, by)
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
        RefundBegunAlready: the doctor asks some of it back, or an insured refund is on its way.
    """
    known = queries.get_task(prescription_id)
    check_open(known)
    prescription = prescriptions.mark_prepared(
        prescription_id=prescription_id, on_account=known.is_on_account, by=by
    )
    db.session.flush()
    task = _lock(prescription_id, TaskStatus.WAITING, TaskStatus.REVIEWED)
    if charging_queries.is_being_refunded(prescription_id):
        raise RefundBegunAlready(number=task.prescription_number)
    if task.reviewed_at is None:  # passed before the payment, or signed a second time by the doctor
        task.reviewed_at, task.reviewed_by_name = prescription.reviewed_at, prescription.reviewer_name
    holds = queries.lock_holds(task)
    refuse_recalled(holds)
    replace_expired(task, holds, by)
    sign_preparation(task, by)
    audit.record("prescription.prepared", task, by=by, number=task.prescription_number)
    return task


@use_case("dispensing.prescription.prepare")
def put_back_prescription(*, prescription_id: int, by: Actor) -> Task:
    """Put prepared drugs back on the shelf; the prescription waits for its preparation again.

    It confirms what a doctor asked back of them.

    Raises:
        NotFound: the pharmacy does not know it.
        WrongStep: it is not prepared.
    """
    known = queries.get_task(prescription_id)
    charging.note_put_back(visit_id=known.visit_id, prescription_id=prescription_id, by=by)
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
    check_step(task, TaskStatus.UNPAID, TaskStatus.WAITING, TaskStatus.REVIEWED)
    if not replace_recalled(task, holds, by):
        raise NothingRecalled(number=task.prescription_number)
    audit.record("prescription.reheld", task, by=by, number=task.prescription_number)
    return task


def sign_review(task: Task, by: Actor) -> None:
    """The review is passed, by this person."""
    if task.status == TaskStatus.WAITING:
        task.status = TaskStatus.REVIEWED
    task.reviewed_at, task.reviewed_by_id, task.reviewed_by_name = clock.now(), by.account_id, by.name


def sign_preparation(task: Task, by: Actor) -> None:
    """The drugs are taken from the shelf, by this person."""
    task.status = TaskStatus.PREPARED
    task.prepared_at, task.prepared_by_id, task.prepared_by_name = clock.now(), by.account_id, by.name


def _lock(prescription_id: int, *steps: TaskStatus) -> Task:
    task = queries.lock_task(prescription_id) or queries.get_task(prescription_id)
    check_step(task, *steps)
    return task


def check_step(task: Task, *steps: TaskStatus) -> None:
    """Refuse when the work stands at another step."""
    if task.status not in steps:
        raise WrongStep(number=task.prescription_number, status=task.status.label)


def check_open(task: Task, *, is_unpaid_fine: bool = False) -> None:
    """Refuse early, in the window's words; the moves of the prescription refuse again under its lock."""
    if task.status == TaskStatus.UNPAID and not is_unpaid_fine:
        raise PrescriptionNotPaid(number=task.prescription_number)
    if task.status not in (TaskStatus.UNPAID, *PAID_FOR):
        raise WrongStep(number=task.prescription_number, status=task.status.label)
    if task.is_past_validity:
        until = f"{clock.local(task.valid_until):%Y-%m-%d %H:%M}"
        raise PrescriptionPastValidity(number=task.prescription_number, until=until)
