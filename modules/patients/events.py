"""What the rest of the hospital may learn about residents."""

from dataclasses import dataclass

from app.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientCreated(Event):
    """A resident has a file in this centre; the region-wide index follows."""

    patient_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientChanged(Event):
    """Name, document, phone or address changed."""

    patient_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsMerged(Event):
    """Two files are one person; rows keep their patient_id and resolve through the survivor."""

    survivor_id: int
    merged_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsUnmerged(Event):
    """The merge was a mistake; both files stand alone again."""

    survivor_id: int
    merged_id: int
