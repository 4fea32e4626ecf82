"""What the consulting room adds to the product."""

from collections.abc import Mapping
from typing import Any

from app import clock, dictionaries
from app.actor import Actor
from app.db import tenant_unit
from app.i18n import N_
from app.registry import Finding, Lookup, MenuEntry, Module, Permission, Waiting
from modules.clinic import queries
from modules.clinic.views import blueprint


def find_diagnoses(text: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Diagnoses by code, name or initials; the common ones of a centre first."""
    return [
        {"id": row.code, "code": row.code, "text": row.name, "columns": [], "extra": {}}
        for row in dictionaries.search("diagnosis", text, limit=8)
    ]


def count_waiting(by: Actor) -> int:
    """How many patients the doctor has seen today without signing their record."""
    return queries.count_unsigned(by.practitioner_id, clock.today())


def check_records(tenant_id: int) -> list[Finding]:
    """Every signed record still gives the digest that was signed."""
    with tenant_unit(tenant_id):
        damaged = queries.damaged_records()
    return [Finding("clinic: signed records that differ from their digest", str(len(damaged)), "0")]


module = Module(
    name="clinic",
    label=N_("Clinic"),
    requires=("catalogue", "patients", "registration"),
    is_optional=False,
    blueprints=(blueprint,),
    acts={
        "encounter.begun": N_("Encounter begun"),
        "encounter.resumed": N_("Encounter resumed"),
        "encounter.finished": N_("Encounter finished"),
        "record.saved": N_("Draft of a record saved"),
        "record.signed": N_("Record signed"),
        "record.read": N_("Record read"),
        "record.printed": N_("Record printed"),
        "vital_signs.recorded": N_("Vital signs recorded"),
        "template.saved": N_("Record template saved"),
        "template.shared": N_("Record template shared"),
        "template.retired": N_("Record template ended"),
        "phrase.saved": N_("Phrase saved"),
        "phrase.retired": N_("Phrase ended"),
    },
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
    menu=(
        MenuEntry(N_("Doctor's desk"), "clinic.show_desk", "stethoscope", "clinic.encounter.begin", order=20),
        MenuEntry(
            N_("Vital signs"), "clinic.list_vital_signs", "heartbeat", "clinic.vital_signs.record", order=15
        ),
        MenuEntry(N_("My phrases"), "clinic.show_phrases", "notes", "clinic.template.save", order=21),
        MenuEntry(
            N_("Record templates"),
            "clinic.show_templates",
            "copy",
            "clinic.template.share",
            group="administration",
            order=25,
        ),
    ),
    lookups=(Lookup("diagnoses", "clinic.encounter.view", find_diagnoses),),
    waiting=(
        Waiting(N_("Records to sign"), "clinic.record.sign", "clinic.show_desk", count_waiting, "signature"),
    ),
    checks=(check_records,),
)
