"""Who saw this resident: the trail, asked from the file; on the screen and on paper."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app import audit, trail
from app.printing import paper_answer
from app.records import Outcome
from app.web.access import current_actor, requires
from app.web.budgets import heavy
from app.web.paging import links
from modules.patients import documents, queries
from modules.patients.views.blueprint import blueprint

READERS_VIEW = "patients.readers.view"


@blueprint.get("/<int:patient_id>/readers")
@heavy
@requires(READERS_VIEW)
@audit.reading("readers.read")
def show_readers(patient_id: int) -> ResponseReturnValue:
    """Who, when, from where, what and with which result, newest first; files merged into this one are part of it."""
    patient = queries.get_patient(patient_id)
    audit.seen(patient)
    page = trail.readers_of(
        queries.same_person_ids(patient_id),
        by=current_actor(),
        before=request.args.get("before", type=int),
    )
    return render_template(
        "patients/readers.html",
        patient=patient,
        banner=queries.banner(patient),
        page=links(page),
        labels=dict(Outcome.options()),
        words_of=trail.words_of,
    )


@blueprint.get("/<int:patient_id>/readers.pdf")
@heavy
@requires(READERS_VIEW)
@audit.reading("readers.printed")
def print_readers(patient_id: int) -> ResponseReturnValue:
    """The same on paper."""
    patient = queries.get_patient(patient_id)
    audit.seen(patient)
    return paper_answer(documents.readers_paper(patient, by=current_actor()), f"readers-{patient.record_no}")
