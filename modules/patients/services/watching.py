"""Files that are under watch."""

from typing import Annotated

from pydantic import Field

from app import audit
from app.actor import Actor
from app.db import lock_row
from app.errors import NotFound
from app.use_cases import use_case
from modules.patients.models import Patient


@use_case("patients.patient.watch")
def watch_patient(
    *,
    patient_id: int,
    is_watched: bool,
    reason: Annotated[str, Field(min_length=2, max_length=200)],
    by: Actor,
) -> Patient:
    """Put a file under watch, or end that: every reader of it opens an alarm once a day (重点人员).

    Raises:
        NotFound: no such file here.
    """
    patient = lock_row(Patient, patient_id)
    if patient is None:
        raise NotFound(field="patient_id")
    patient.is_watched = is_watched
    audit.record("patient.watched", patient, by=by, is_watched=is_watched, reason=reason)
    return patient
