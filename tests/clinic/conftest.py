"""A patient in the consulting room."""

from collections.abc import Callable
from typing import Any

import pytest
from support.outpatients import open_encounter

from app.actor import Actor
from modules.clinic.models import Encounter

MakeEncounter = Callable[..., Encounter]


@pytest.fixture
def make_encounter(ours: dict[str, Any], registrar: Actor, doctor: Actor) -> MakeEncounter:
    """Register a patient and let the doctor take them; a test says only what matters to it."""

    def make(**given: Any) -> Encounter:
        return open_encounter(ours, registrar=registrar, **{"doctor": doctor, **given})

    return make
