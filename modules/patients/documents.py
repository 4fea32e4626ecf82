"""Papers about residents' files."""

from functools import partial

from app import clock, trail
from app.actor import Actor
from app.i18n import gettext
from app.printing import to_pdf
from app.records import Outcome
from modules.patients import queries
from modules.patients.models import Patient, ResidentRequest
from tenants.style import letterhead

MOST = 1_000  # rows on one paper; who needs more asks the screen


def readers_paper(patient: Patient, *, by: Actor) -> bytes:
    """Who saw the resident, the newest first."""
    found = trail.readers_of(queries.same_person_ids(patient.id), by=by, size=MOST)
    return to_pdf(
        "patients/readers_paper.html",
        patient=patient,
        rows=found.rows,
        is_cut=found.next_before is not None,
        most=MOST,
        labels=dict(Outcome.options()),
        words_of=trail.words_of,
        centre=letterhead(by.tenant_id),
        by=by,
        now=clock.now(),
    )


def copy_paper(patient: Patient, asked: ResidentRequest, *, by: Actor) -> bytes:
    """The copy for the resident: what is held of the person, in full, and the list of records."""
    return to_pdf(
        "patients/copy_paper.html",
        patient=patient,
        patient_ids=queries.same_person_ids(patient.id),
        facts=_facts(patient),
        allergies=queries.list_allergies(patient.id),
        cards=queries.list_cards(patient.id),
        asked=asked,
        centre=letterhead(by.tenant_id),
        by=by,
        now=clock.now(),
    )


def _facts(patient: Patient) -> list[tuple[str, str]]:
    """Label and value of each field of the person; all of it, as the paper is the person's own."""
    full = partial(patient.shown, is_revealed=True)
    guardian = f"{patient.guardian_name} {full('guardian_phone')}".strip()
    return [
        (gettext("Full name"), patient.name),
        (gettext("Sex"), patient.sex.label),
        (gettext("Date of birth"), patient.born_on.isoformat()),
        (gettext("Document"), patient.document_kind.label if patient.document_kind else ""),
        (gettext("Document number"), full("document_number")),
        (gettext("Phone"), full("phone")),
        (gettext("Address"), full("address")),
        (gettext("Ethnicity"), patient.ethnicity),
        (gettext("Occupation"), patient.occupation),
        (gettext("Guardian"), guardian),
        (gettext("Paid by"), patient.cost_type.label),
        (gettext("Last visit"), patient.last_visit_on.isoformat() if patient.last_visit_on else ""),
    ]
