"""Residents for tests."""

from collections.abc import Callable
from typing import Any

import pytest

from app.actor import Actor
from modules.patients.models import Patient
from modules.patients.services import create_patient

MakePatient = Callable[..., Patient]


@pytest.fixture
def make_patient(registrar: Actor) -> MakePatient:
    """Open a file; a test says only what matters to it."""

    def make(**given: Any) -> Patient:
        values = {"name": "王测试", "document_number": "990000198506152462", "phone": "19900000001", **given}
        return create_patient(**values, by=given.pop("by", registrar))

    return make
