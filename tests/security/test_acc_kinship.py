"""A row that points at another centre's row: no use case writes one, and the check finds one that was planted."""

from collections.abc import Callable
from typing import Any

from support import world
from support.outpatients import make_patient, register

from app.actor import Actor
from app.cli import kernel_findings
from app.db import kinship


def test_acc_03_every_key_of_a_row_of_the_centre_is_looked_at() -> None:
    columns = {f"{column.table.name}.{column.name}" for column, _ in kinship.kin_columns()}
    assert {
        "registration_visit.patient_id",
        "charging_bill.visit_id",
        "dispensing_task.prescription_id",
    } <= columns
    assert len(columns) > 60


def test_acc_03_a_day_of_two_centres_leaves_no_row_with_a_stranger(
    ours: dict[str, Any], theirs: dict[str, Any], registrar: Actor, doctor: Actor
) -> None:
    register(ours, make_patient(registrar), registrar=registrar, doctor=doctor)
    make_patient(world.actor(theirs, "registrar"))
    assert kinship.strangers("p1") == []


def test_acc_03_a_planted_stranger_is_named(
    ours: dict[str, Any],
    theirs: dict[str, Any],
    registrar: Actor,
    doctor: Actor,
    as_owner: Callable[..., list[Any]],
) -> None:
    visit = register(ours, make_patient(registrar), registrar=registrar, doctor=doctor)
    stranger = make_patient(world.actor(theirs, "registrar"))
    as_owner(
        "p1",
        "UPDATE registration_visit SET patient_id = :patient WHERE id = :visit",
        patient=stranger.id,
        visit=visit.id,
    )
    assert kinship.strangers("p1") == ["registration_visit.patient_id: 1"]
    said = [finding for finding in kernel_findings() if "another centre" in finding.name]
    assert [finding.holds for finding in said] == [False]
