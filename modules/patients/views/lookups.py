"""What typeaheads ask about residents."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from app.actor import Actor
from app.i18n import gettext
from modules.patients import queries


def find_patients(q: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Residents that a typed text may mean, with sex, age and last visit to tell them apart."""
    return [
        {
            "id": str(patient.id),
            "code": "",
            "text": patient.name,
            "columns": [
                patient.sex_label,
                queries.age_text(patient.born_on),
                patient.record_no,
                _last_visit(patient.last_visit_on),
            ],
            "blocked": "",
            "mark": "",
            "extra": {"record_no": patient.record_no},
        }
        for patient in queries.search_patients(q, marks_only=True)
    ]


def find_in_palette(q: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """The same residents as ways to their files."""
    return [
        {**row, "extra": {"url": url_for("patients.show_patient", patient_id=int(row["id"]))}}
        for row in find_patients(q, by, context)[:5]
    ]


def _last_visit(day: Any) -> str:
    return gettext("last visit %(day)s", day=f"{day:%Y-%m-%d}") if day else gettext("no visit yet")
