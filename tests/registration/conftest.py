"""Clinic sessions and residents for tests."""

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from support import world

from app import clock
from app.actor import Actor
from modules.charging.services import load_demo_prices
from modules.patients.models import Patient
from modules.patients.services import create_patient
from modules.registration.models import ClinicSession, Visit
from modules.registration.services import add_session, register_visit

MakePatient = Callable[..., Patient]
MakeSession = Callable[..., ClinicSession]
MakeVisit = Callable[..., Visit]
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"


@pytest.fixture
def prices(administrator: Actor) -> None:
    """The demonstration price list is in force, so that a visit's fee can be charged."""
    load_demo_prices(by=administrator)


@pytest.fixture
def make_patient(registrar: Actor) -> MakePatient:
    """Open files of different people, born in 1990 unless a test says otherwise."""
    made = iter(range(1, 1000))

    def make(**given: Any) -> Patient:
        number = next(made)
        name = f"{SURNAMES[number % len(SURNAMES)]}{'一二三四五六七八九十'[number // len(SURNAMES)]}测"
        values = {"name": name, "sex": "1", "born_on": "1990-01-01", **given}
        return create_patient(**values, is_another_person=True, by=registrar)

    return make


@pytest.fixture
def make_session(ours: dict[str, Any], administrator: Actor, prices: None) -> MakeSession:
    """Today's morning session of the doctor: 08:00 to 12:00, windows of an hour, eight places."""

    def make(**given: Any) -> ClinicSession:
        values = {
            "on": clock.today(),
            "shift": "morning",
            "starts_at": time(8),
            "ends_at": time(12),
            "department_id": ours["departments"]["general"],
            "practitioner_id": ours["people"]["doctor"]["practitioner_id"],
            "room": "2",
            "capacity": 8,
            "window_minutes": 60,
            "addon_limit": 1,
            **given,
        }
        return add_session(**values, by=administrator)

    return make


@pytest.fixture
def make_visit(make_patient: MakePatient, registrar: Actor) -> MakeVisit:
    """Register somebody into a session."""

    def make(session: ClinicSession, **given: Any) -> Visit:
        patient_id = given.pop("patient_id", None) or make_patient().id
        return register_visit(patient_id=patient_id, session_id=session.id, **given, by=registrar)

    return make


@pytest.fixture
def colleague(ours: dict[str, Any]) -> Actor:
    """Another doctor, who shares the department's sessions."""
    import dataclasses

    doctor = world.actor(ours, "doctor")
    return dataclasses.replace(doctor, practitioner_id=ours["people"]["triage_nurse"]["practitioner_id"])
