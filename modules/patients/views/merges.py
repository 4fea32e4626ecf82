"""Two files of one person: propose, decide, take apart."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.patients import queries, services
from modules.patients.models import MergeStatus
from modules.patients.views.blueprint import blueprint
from modules.patients.views.files import file_page


@blueprint.post("/<int:patient_id>/merges")
@requires("patients.merge.propose")
def propose_merge(patient_id: int) -> ResponseReturnValue:
    """Say that another file is the same person as this one."""
    form = Form(services.propose_merge, request.form, survivor_id=patient_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_merges"), 303)
    return file_page(patient_id, merge_form=form)


@blueprint.get("/merges")
@requires("patients.merge.propose")
def show_merges() -> ResponseReturnValue:
    """Merges that wait for a second person, and those in force."""
    return _merges_page()


@blueprint.post("/merges/<int:merge_id>/decide")
@requires("patients.merge.decide")
def decide_merge(merge_id: int) -> ResponseReturnValue:
    """Approve or reject a proposal."""
    form = Form(services.decide_merge, request.form, merge_id=merge_id)
    return redirect(url_for(".show_merges"), 303) if form.perform(by=current_actor()) else _merges_page(form)


@blueprint.post("/merges/<int:merge_id>/undo")
@requires("patients.merge.decide")
def undo_merge(merge_id: int) -> ResponseReturnValue:
    """Take a merge apart."""
    form = Form(services.undo_merge, request.form, merge_id=merge_id)
    return redirect(url_for(".show_merges"), 303) if form.perform(by=current_actor()) else _merges_page(form)


def _merges_page(form: Form | None = None) -> ResponseReturnValue:
    proposed = queries.list_merges(MergeStatus.PROPOSED)
    done = queries.list_merges(MergeStatus.DONE)
    ids = {side for merge in (*proposed, *done) for side in (merge.survivor_id, merge.merged_id)}
    page = render_template(
        "patients/merges.html",
        proposed=proposed,
        done=done,
        files=queries.patients_by_id(ids),
        age_text=queries.age_text,
        form=form,
        actor=current_actor(),
    )
    return page, 422 if form is not None else 200
