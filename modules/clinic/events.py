"""What the consulting room tells prevention, statistics and the region."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from app.events import Event, Private


@dataclass(frozen=True, slots=True, kw_only=True)
class EncounterBegun(Event):
    """A doctor has taken a patient."""

    encounter_id: int
    visit_id: int
    patient_id: int
    practitioner_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDiagnosis:
    """One diagnosis of a signed record; position 1 is the main one."""

    position: int
    code: Annotated[str, Private()]
    name: Annotated[str, Private()]
    is_suspected: Annotated[bool, Private()]
    onset_on: Annotated[date | None, Private()]
    is_chronic: Annotated[bool, Private()]
    notifiable_class: Annotated[str, Private()]  # 甲类, 乙类, 丙类; empty when no report is due


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSigned(Event):
    """A record was signed; ``number`` above 1 is a correction that replaces the version before."""

    encounter_id: int
    visit_id: int
    patient_id: int
    practitioner_id: int
    number: int
    signed_at: datetime
    diagnoses: tuple[SignedDiagnosis, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSignsRecorded(Event):
    """Something was measured: chronic care follows blood pressure and glucose."""

    vital_signs_id: int
    visit_id: int
    patient_id: int
