"""Papers about residents' files."""

from app import clock, trail
from app.actor import Actor
from app.printing import to_pdf
from app.records import Outcome
from modules.patients import queries
from modules.patients.models import Patient
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
