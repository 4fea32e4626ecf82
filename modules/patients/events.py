"""What the rest of the hospital may learn about residents."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.events import Event, Words
from app.i18n import N_

Record = Annotated[int, Words(N_("Resident's file"))]
Survivor = Annotated[int, Words(N_("File that stays"))]
Merged = Annotated[int, Words(N_("File merged into it"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientCreated(Event):
    """A resident has a file in this centre; the region-wide index follows."""

    words: ClassVar[str] = N_("Resident registered")
    patient_id: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientChanged(Event):
    """Name, document, phone or address changed."""

    words: ClassVar[str] = N_("Resident changed")
    patient_id: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsMerged(Event):
    """Two files are one person; rows keep their patient_id and resolve through the survivor."""

    words: ClassVar[str] = N_("Residents' files merged")
    survivor_id: Survivor
    merged_id: Merged


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsUnmerged(Event):
    """The merge was a mistake; both files stand alone again."""

    words: ClassVar[str] = N_("Merge taken back")
    survivor_id: Survivor
    merged_id: Merged
