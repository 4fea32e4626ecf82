"""What the consulting room adds to the product."""

from app.i18n import N_
from app.registry import Module, Permission

module = Module(
    name="clinic",
    label=N_("Clinic"),
    requires=("catalogue", "patients", "registration"),
    is_optional=False,
    permissions=(
        Permission(
            "clinic.encounter.view", N_("Read outpatient records"), ("doctor", "triage_nurse", "auditor")
        ),
        Permission("clinic.encounter.begin", N_("Take a patient"), ("doctor",)),
        Permission("clinic.encounter.finish", N_("Finish a visit"), ("doctor",)),
        Permission("clinic.record.write", N_("Write outpatient records"), ("doctor",)),
        Permission("clinic.record.sign", N_("Sign outpatient records"), ("doctor",)),
        Permission("clinic.vital_signs.record", N_("Record vital signs"), ("doctor", "triage_nurse")),
        Permission("clinic.template.save", N_("Keep one's own templates and phrases"), ("doctor",)),
        Permission("clinic.template.share", N_("Give templates to the whole centre"), ("administrator",)),
    ),
)
