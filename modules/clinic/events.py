"""What the consulting room tells prevention, statistics and the region."""

from dataclasses import dataclass
from datetime import date, datetime

from app.events import Event


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
    code: str
    name: str
    is_suspected: bool
    onset_on: date | None
    is_chronic: bool
    notifiable_class: str  # 甲类, 乙类, 丙类; empty when no report is due


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
