"""What the consulting room adds to the product."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from app import clock, dictionaries
from app.actor import Actor
from app.db import tenant_unit
from app.i18n import N_, gettext
from app.registry import (
    FIRST_ROWS,
    Duty,
    Finding,
    Heap,
    Lookup,
    MenuEntry,
    Module,
    Permission,
    Waiting,
    WaitingRow,
)
from modules.clinic import queries
from modules.clinic.rules.main_forms import RECORD_FORM, VITAL_SIGNS_FORM
from modules.clinic.views import blueprint, copy_records
from modules.patients import queries as patients
from modules.registration import queries as registration


def find_diagnoses(text: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Diagnoses by code, name or initials; the common ones of a centre first."""
    return [
        {"id": row.code, "code": row.code, "text": row.name, "columns": [], "extra": {}}
        for row in dictionaries.search("diagnosis", text, limit=8)
    ]


def waiting_heap(by: Actor) -> Heap:
    """Who waits for this doctor, in the order of calling; those called already stand in front."""
    queue = registration.list_queue(practitioner_id=by.practitioner_id, department_id=by.department_id)
    waiting = [*queue.called, *queue.waiting]
    first = waiting[:FIRST_ROWS]
    people = patients.patients_by_id(visit.patient_id for visit in first) if first else {}
    rows = [
        WaitingRow(
            visit.checked_in_at or visit.registered_at,
            f"{visit.queue_no:03d} {people[visit.patient_id].name}",
            visit.status.label,
            url_for("clinic.show_visit", visit_id=visit.id),
            "i",
        )
        for visit in first
    ]
    return Heap(len(waiting), rows)


def unsigned_heap(by: Actor) -> Heap:
    """Whom the doctor has seen today without signing the record."""
    count, encounters = queries.first_unsigned(by.practitioner_id, clock.today(), size=FIRST_ROWS)
    people = patients.patients_by_id(row.patient_id for row in encounters) if encounters else {}
    rows = [
        WaitingRow(
            row.begun_at,
            people[row.patient_id].name,
            gettext("Not signed"),
            url_for("clinic.show_visit", visit_id=row.visit_id),
            "w",
        )
        for row in encounters
    ]
    return Heap(count, rows)


def check_records(tenant_id: int) -> list[Finding]:
    """Every signed record still gives the digest that was signed."""
    with tenant_unit(tenant_id):
        damaged = queries.damaged_records()
    return [Finding(N_("clinic: signed records that differ from their digest"), str(len(damaged)), "0")]


module = Module(
    name="clinic",
    label=N_("Clinic"),
    requires=("catalogue", "patients", "registration"),
    is_optional=False,
    blueprints=(blueprint,),
    acts={
        "history.read": N_("Earlier records read"),
        "vital_signs.read": N_("Vital signs read"),
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
            "clinic.encounter.view",
            N_("Read outpatient records"),
            ("doctor", "triage_nurse", "auditor"),
            duty=Duty.RECORD,
        ),
        Permission("clinic.encounter.begin", N_("Take a patient"), ("doctor",), duty=Duty.RECORD),
        Permission("clinic.encounter.finish", N_("Finish a visit"), ("doctor",)),
        Permission("clinic.record.write", N_("Write outpatient records"), ("doctor",), duty=Duty.RECORD),
        Permission("clinic.record.sign", N_("Sign outpatient records"), ("doctor",), duty=Duty.RECORD),
        Permission(
            "clinic.vital_signs.record",
            N_("Record vital signs"),
            ("doctor", "triage_nurse"),
            duty=Duty.RECORD,
        ),
        Permission("clinic.template.save", N_("Keep one's own templates and phrases"), ("doctor",)),
        Permission("clinic.template.share", N_("Give templates to the whole centre"), ("administrator",)),
    ),
    forms=(RECORD_FORM, VITAL_SIGNS_FORM),
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
    places={"patients.copy.records": copy_records},
    lookups=(Lookup("diagnoses", "clinic.encounter.view", find_diagnoses),),
    waiting=(
        Waiting(
            N_("Patients waiting"),
            "clinic.encounter.begin",
            "clinic.show_desk",
            waiting_heap,
            "users",
            nothing=N_("Patients appear here as soon as they have reported in."),
            instead_of="registration.show_queue",
        ),
        Waiting(
            N_("Records to sign"),
            "clinic.record.sign",
            "clinic.show_desk",
            unsigned_heap,
            "signature",
            nothing=N_("Every record of today is signed."),
        ),
    ),
    checks=(check_records,),
)
