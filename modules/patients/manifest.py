"""What residents' files add to the product."""

from app.i18n import N_
from app.registry import EVERYONE, Module, Permission
from modules.patients import subscribers
from modules.patients.events import PatientChanged, PatientCreated, PatientsMerged, PatientsUnmerged

DESKS = ("registrar", "triage_nurse", "doctor", "cashier", "administrator")

module = Module(
    name="patients",
    label=N_("Residents"),
    requires=("catalogue",),
    is_optional=False,
    permissions=(
        Permission("patients.patient.view", N_("Find and read residents' files"), EVERYONE),
        Permission("patients.patient.create", N_("Open a resident's file"), DESKS),
        Permission("patients.patient.change", N_("Correct a resident's file"), DESKS),
        Permission(
            "patients.allergy.record", N_("Record allergies"), ("triage_nurse", "doctor", "registrar")
        ),
        Permission("patients.card.issue", N_("Issue and block cards"), ("registrar", "cashier")),
        Permission("patients.merge.propose", N_("Propose to merge two files"), DESKS),
        Permission("patients.merge.decide", N_("Decide on merges"), ("administrator", "doctor")),
        Permission("patients.index.follow", N_("Keep the region-wide index")),
        Permission("patients.patient.import", N_("Import residents from a file"), ("administrator",)),
    ),
    later=(
        (PatientCreated, subscribers.follow_in_index),
        (PatientChanged, subscribers.follow_in_index),
        (PatientsMerged, subscribers.follow_merge),
        (PatientsUnmerged, subscribers.follow_unmerge),
    ),
)
