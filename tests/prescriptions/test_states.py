"""The life of a prescription: nothing unpaid or unreviewed is dispensed; two windows never both move it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, daily
from app.actor import Actor, system_actor
from app.db import Mode, db, tenant_unit
from app.errors import NotFound, PermissionDenied
from app.records import AuditRow, EventRow
from app.tenancy import tenant_of
from app.use_cases import perform, registry
from modules.clinic.models import Encounter
from modules.prescriptions import errors, queries, services
from modules.prescriptions.models import Prescription, Status
from modules.prescriptions.rules.lines import DrugLine
from tenants.services import change_settings

MakeLine = Callable[..., DrugLine]
Within = Callable[..., Any]


@pytest.fixture
def signed(make_encounter: Callable[..., Encounter], make_line: MakeLine, doctor: Actor) -> Prescription:
    return services.sign_prescription(
        visit_id=make_encounter().visit_id, lines=[make_line("盐酸溴己新片", "8", days=5)], by=doctor
    )


@pytest.fixture
def within(ours: dict[str, Any], cashier: Actor) -> Within:
    """Calls a move as charging or dispensing does: inside a use case of theirs."""

    def do(move: Callable[..., Any], *, by: Actor | None = None, **given: Any) -> Any:
        with tenant_unit(ours["tenant_id"], Mode.WRITE) as unit:
            unit.notes.update(actor=by or cashier, after_commit=[])
            moved = move(**given, by=by or cashier)
            db.session.flush()
            db.session.commit()
            return moved

    return do


def _status(prescription: Prescription, ours: dict[str, Any]) -> Status:
    with tenant_unit(ours["tenant_id"]):
        return queries.get_prescription(prescription.id).status


def test_the_way_of_a_prescription_reviewed_at_the_window(
    signed: Prescription, within: Within, pharmacist: Actor, ours: dict[str, Any]
) -> None:
    within(services.mark_paid, prescription_ids=[signed.id])
    with pytest.raises(errors.NotReviewed):
        within(services.mark_prepared, prescription_id=signed.id, by=pharmacist)
    assert services.mark_reviewed(prescription_id=signed.id, by=pharmacist).status is Status.PAID
    within(services.mark_prepared, prescription_id=signed.id, by=pharmacist)
    within(services.mark_dispensed, prescription_id=signed.id, by=pharmacist)
    within(services.mark_returned, prescription_id=signed.id, is_whole=False, by=pharmacist)
    within(services.mark_returned, prescription_id=signed.id, is_whole=True, by=pharmacist)
    assert _status(signed, ours) is Status.FULLY_RETURNED
    with pytest.raises(errors.NotInThisState):
        within(services.mark_returned, prescription_id=signed.id, is_whole=True, by=pharmacist)


def test_a_centre_may_review_before_payment(
    signed: Prescription, within: Within, pharmacist: Actor, administrator: Actor
) -> None:
    change_settings(settings={"prescription_review": "before_payment"}, by=administrator)
    with pytest.raises(errors.NotInThisState):
        within(services.mark_paid, prescription_ids=[signed.id])
    assert services.mark_reviewed(prescription_id=signed.id, by=pharmacist).status is Status.REVIEW_PASSED
    within(services.mark_paid, prescription_ids=[signed.id])
    assert within(services.mark_prepared, prescription_id=signed.id, by=pharmacist).preparer_name == "何平"


def test_an_unpaid_prescription_is_not_dispensed(
    signed: Prescription, within: Within, pharmacist: Actor
) -> None:
    for move in (services.mark_prepared, services.mark_dispensed):
        with pytest.raises(errors.NotInThisState):
            within(move, prescription_id=signed.id, by=pharmacist)


def test_a_draft_is_neither_paid_nor_dispensed(
    make_encounter: Callable[..., Encounter],
    make_line: MakeLine,
    doctor: Actor,
    within: Within,
    pharmacist: Actor,
) -> None:
    draft = services.save_draft(
        visit_id=make_encounter().visit_id, lines=[make_line("盐酸溴己新片", "8")], by=doctor
    )
    with pytest.raises(errors.NotInThisState):
        within(services.mark_paid, prescription_ids=[draft.id])
    with pytest.raises(errors.NotInThisState):
        within(services.mark_dispensed, prescription_id=draft.id, by=pharmacist)
    with pytest.raises(errors.NotInThisState):
        services.mark_reviewed(prescription_id=draft.id, by=pharmacist)


def test_nobody_can_say_paid_or_dispensed_from_outside(signed: Prescription, cashier: Actor) -> None:
    assert not [
        name for name in registry if name.startswith("prescriptions.mark_") and "reviewed" not in name
    ]
    with pytest.raises(RuntimeError):
        services.mark_paid(prescription_ids=[signed.id], by=cashier)


def test_a_prescription_is_paid_once(signed: Prescription, within: Within) -> None:
    within(services.mark_paid, prescription_ids=[signed.id])
    with pytest.raises(errors.NotInThisState):
        within(services.mark_paid, prescription_ids=[signed.id])


def test_two_windows_do_not_both_move_it(
    app: Flask, signed: Prescription, within: Within, doctor: Actor, pharmacist: Actor, ours: dict[str, Any]
) -> None:
    """The doctor withdraws while the cashier takes the money: one of them is told."""
    outcome: list[str] = []
    gate = threading.Barrier(2)

    def run(name: str, act: Callable[[], Any]) -> None:
        with app.app_context():
            gate.wait()
            try:
                act()
                outcome.append(name)
            except (errors.NotInThisState, errors.StillPaid):
                outcome.append("refused")

    acts = {
        "withdrawn": lambda: services.withdraw_prescription(prescription_id=signed.id, by=doctor),
        "paid": lambda: within(services.mark_paid, prescription_ids=[signed.id]),
    }
    threads = [threading.Thread(target=run, args=item) for item in acts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) in (["paid", "refused"], ["refused", "withdrawn"])
    expected = Status.PAID if "paid" in outcome else Status.DRAFT
    assert _status(signed, ours) is expected


def test_a_withdrawn_sheet_is_changed_and_signed_again_as_a_new_revision(
    signed: Prescription, make_line: MakeLine, doctor: Actor, reading: None
) -> None:
    draft = services.withdraw_prescription(prescription_id=signed.id, by=doctor)
    assert (draft.status, draft.draft["lines"][0]["days"]) == (Status.DRAFT, 5)
    again = services.sign_prescription(
        visit_id=signed.visit_id,
        lines=[make_line("盐酸溴己新片", "16", days=5)],
        prescription_id=signed.id,
        by=doctor,
    )
    assert (again.number, again.revision, again.status) == (signed.number, 2, Status.SUBMITTED)
    assert [item.quantity for item in queries.list_items(again)] == [Decimal(30)]
    told = list(db.session.scalars(select(EventRow.name).order_by(EventRow.id)))
    kept = [name for name in told if name.startswith("Prescription")]
    assert kept == ["PrescriptionSigned", "PrescriptionWithdrawn", "PrescriptionSigned"]


def test_a_paid_sheet_is_not_withdrawn_nor_voided(
    signed: Prescription, within: Within, doctor: Actor
) -> None:
    within(services.mark_paid, prescription_ids=[signed.id])
    with pytest.raises(errors.StillPaid):
        services.withdraw_prescription(prescription_id=signed.id, by=doctor)
    with pytest.raises(errors.StillPaid):
        services.void_prescription(prescription_id=signed.id, reason="开错", by=doctor)
    within(services.mark_refunded, prescription_ids=[signed.id])
    assert (
        services.void_prescription(prescription_id=signed.id, reason="开错", by=doctor).ended_reason == "开错"
    )


def test_a_void_is_final_and_needs_a_reason(signed: Prescription, within: Within, doctor: Actor) -> None:
    with pytest.raises(Exception, match="reason"):
        perform("prescriptions.void_prescription", {"prescription_id": signed.id, "reason": ""}, by=doctor)
    services.void_prescription(prescription_id=signed.id, reason="开错药", by=doctor)
    with pytest.raises(errors.NotInThisState):
        services.withdraw_prescription(prescription_id=signed.id, by=doctor)
    with pytest.raises(errors.NotInThisState):
        within(services.mark_paid, prescription_ids=[signed.id])


def test_only_its_doctor_ends_a_prescription(
    signed: Prescription, other_doctor: Actor, cashier: Actor
) -> None:
    with pytest.raises(errors.NotTreating):
        services.withdraw_prescription(prescription_id=signed.id, by=other_doctor)
    with pytest.raises(errors.NotTreating):
        services.void_prescription(prescription_id=signed.id, reason="开错", by=other_doctor)
    with pytest.raises(PermissionDenied):
        services.void_prescription(prescription_id=signed.id, reason="开错", by=cashier)


def test_a_signed_sheet_is_not_edited(signed: Prescription, make_line: MakeLine, doctor: Actor) -> None:
    given: dict[str, Any] = {
        "visit_id": signed.visit_id,
        "lines": [make_line("小檗碱片")],
        "prescription_id": signed.id,
    }
    with pytest.raises(errors.NotEditable):
        services.sign_prescription(**given, by=doctor)
    with pytest.raises(errors.NotEditable):
        services.save_draft(**given, by=doctor)


def test_the_pharmacist_sends_back_and_the_doctor_signs_twice(
    signed: Prescription, pharmacist: Actor, doctor: Actor, within: Within
) -> None:
    within(services.mark_paid, prescription_ids=[signed.id])
    returned = services.return_by_pharmacist(prescription_id=signed.id, reason="剂量偏大", by=pharmacist)
    assert (returned.status, returned.ended_reason) == (Status.RETURNED, "剂量偏大")
    with pytest.raises(errors.NotInThisState):
        within(services.mark_prepared, prescription_id=signed.id, by=pharmacist)
    confirmed = services.confirm_prescription(prescription_id=signed.id, reason="按指南", by=doctor)
    assert (confirmed.status, confirmed.reviewer_name) == (Status.PAID, "李静")
    within(services.mark_prepared, prescription_id=signed.id, by=pharmacist)


def test_a_returned_unpaid_sheet_is_rewritten(
    signed: Prescription, pharmacist: Actor, doctor: Actor, make_line: MakeLine, reading: None
) -> None:
    services.return_by_pharmacist(prescription_id=signed.id, reason="换药", by=pharmacist)
    again = services.sign_prescription(
        visit_id=signed.visit_id, lines=[make_line("小檗碱片")], prescription_id=signed.id, by=doctor
    )
    assert (again.revision, again.status, again.ended_reason) == (2, Status.SUBMITTED, "")
    told = list(db.session.scalars(select(EventRow.name).order_by(EventRow.id)))
    assert told[-2:] == ["PrescriptionWithdrawn", "PrescriptionSigned"]


def test_only_a_pharmacist_with_the_right_reviews(
    signed: Prescription, storekeeper: Actor, doctor: Actor
) -> None:
    with pytest.raises(PermissionDenied):
        services.mark_reviewed(prescription_id=signed.id, by=doctor)
    with pytest.raises(PermissionDenied):
        services.mark_reviewed(prescription_id=signed.id, by=storekeeper)


def test_past_its_validity_it_is_neither_paid_nor_dispensed(
    signed: Prescription, within: Within, pharmacist: Actor
) -> None:
    midnight = clock.day_bounds(clock.today())[1]
    with clock.at(midnight), pytest.raises(errors.PastValidity):
        within(services.mark_paid, prescription_ids=[signed.id])
    with clock.at(midnight - timedelta(seconds=1)):
        within(services.mark_paid, prescription_ids=[signed.id])
        services.mark_reviewed(prescription_id=signed.id, by=pharmacist)
    with clock.at(midnight), pytest.raises(errors.PastValidity):
        within(services.mark_prepared, prescription_id=signed.id, by=pharmacist)


def test_a_doctor_may_extend_the_validity_to_three_days(
    make_encounter: Callable[..., Encounter], make_line: MakeLine, doctor: Actor, within: Within
) -> None:
    line = make_line("盐酸溴己新片", "8")
    signed = services.sign_prescription(
        visit_id=make_encounter().visit_id, lines=[line], valid_days=3, by=doctor
    )
    with clock.at(clock.day_bounds(clock.today() + timedelta(days=2))[0]):
        within(services.mark_paid, prescription_ids=[signed.id])


def _expire(ours: dict[str, Any]) -> None:
    outcome = daily.do_one(tenant_of(ours["tenant_id"]), "prescriptions.expire_prescription")
    assert outcome.state == "done"


def test_what_nobody_fetched_expires_and_is_told(
    signed: Prescription, ours: dict[str, Any], doctor: Actor
) -> None:
    midnight = clock.day_bounds(clock.today())[1]
    _expire(ours)
    assert _status(signed, ours) is Status.SUBMITTED
    with clock.at(midnight), pytest.raises(PermissionDenied):
        services.expire_prescription(prescription_id=signed.id, by=doctor)
    with clock.at(midnight):
        _expire(ours)
    assert _status(signed, ours) is Status.EXPIRED
    with tenant_unit(ours["tenant_id"]):
        assert "PrescriptionExpired" in set(db.session.scalars(select(EventRow.name)))


def test_a_fetched_prescription_does_not_expire(
    signed: Prescription, within: Within, pharmacist: Actor, ours: dict[str, Any]
) -> None:
    within(services.mark_paid, prescription_ids=[signed.id])
    services.mark_reviewed(prescription_id=signed.id, by=pharmacist)
    within(services.mark_prepared, prescription_id=signed.id, by=pharmacist)
    within(services.mark_dispensed, prescription_id=signed.id, by=pharmacist)
    with clock.at(clock.day_bounds(clock.today())[1]):
        _expire(ours)
    assert _status(signed, ours) is Status.DISPENSED


def test_the_other_centre_moves_nothing(signed: Prescription, within: Within, theirs: dict[str, Any]) -> None:
    by = system_actor(theirs["tenant_id"])
    with tenant_unit(theirs["tenant_id"], Mode.WRITE), pytest.raises(NotFound):
        services.mark_paid(prescription_ids=[signed.id], by=by)


def test_each_step_is_in_the_trail_with_the_state_before_and_after(
    signed: Prescription, doctor: Actor, reading: None
) -> None:
    services.withdraw_prescription(prescription_id=signed.id, by=doctor)
    last = db.session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).one()
    assert (last.action, last.subject_id) == ("prescription.withdrawn", signed.id)
    changes = last.detail["changes"][f"prescriptions_prescription:{signed.id}"]
    assert changes["status"] == ["submitted", "draft"]
