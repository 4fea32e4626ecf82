"""The region-wide index follows what happens to a centre's files."""

from modules.patients import services
from modules.patients.events import PatientChanged, PatientCreated, PatientsMerged, PatientsUnmerged


def follow_in_index(event: PatientCreated | PatientChanged) -> None:
    """Bring the region's entry up to date."""
    services.follow_patient(patient_id=event.patient_id, by=event.actor)


def follow_merge(event: PatientsMerged) -> None:
    """Both files are one person in the region too."""
    services.follow_patient(patient_id=event.merged_id, person_patient_id=event.survivor_id, by=event.actor)


def follow_unmerge(event: PatientsUnmerged) -> None:
    """The file stands alone again."""
    services.follow_patient(patient_id=event.merged_id, by=event.actor)
