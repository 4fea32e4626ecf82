"""Long work on the screen: the list, the progress bar that asks every second, cancel and download."""

from io import BytesIO

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app import audit
from app.actor import Actor
from app.i18n import gettext
from app.jobs import queries, services
from app.jobs.models import Job
from app.jobs.registry import kinds
from app.registry import FIRST_ROWS, Heap, WaitingRow
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")


@blueprint.get("/")
@requires("accounts.job.view")
def show_jobs() -> ResponseReturnValue:
    """The actor's long work, newest first."""
    page = queries.page_of_jobs(by=current_actor(), before=request.args.get("before", type=int))
    return render_template("jobs/list.html", page=links(page), label_of=label_of)


def open_heap(by: Actor) -> Heap:
    """The actor's long work that has not ended, for the home page."""
    count, found = queries.open_jobs(by, size=FIRST_ROWS)
    rows = [
        WaitingRow(
            job.asked_at, label_of(job), job.status.label, url_for("jobs.show_job", job_id=job.id), "i"
        )
        for job in found
    ]
    return Heap(count, rows)


@blueprint.get("/<int:job_id>")
@requires("accounts.job.view")
def show_job(job_id: int) -> ResponseReturnValue:
    """One job: how far it is, and what it made."""
    return _job_page(job_id)


@blueprint.get("/<int:job_id>/progress")
@requires("accounts.job.view")
def show_progress(job_id: int) -> ResponseReturnValue:
    """The part of the page that asks again every second until the job has ended."""
    return render_template("jobs/progress.html", job=queries.get_job(job_id, by=current_actor()))


@blueprint.post("/<int:job_id>/cancellation")
@requires("accounts.job.view")
def cancel_job(job_id: int) -> ResponseReturnValue:
    """Ask a job to stop."""
    Form(services.cancel_job, request.form, job_id=job_id).perform(by=current_actor())
    queries.get_job(job_id, by=current_actor())
    return redirect(url_for(".show_job", job_id=job_id), 303)


@blueprint.post("/<int:job_id>/repetition")
@requires("accounts.job.start")
def repeat_job(job_id: int) -> ResponseReturnValue:
    """Ask again for work that did not come to its end."""
    form = Form(services.repeat_job, request.form, job_id=job_id)
    made = form.perform(by=current_actor())
    if made is None:
        return _job_page(job_id, form), 422
    return redirect(url_for(".show_job", job_id=made.id), 303)


def _job_page(job_id: int, form: Form | None = None) -> str:
    job = queries.get_job(job_id, by=current_actor())
    return render_template(
        "jobs/show.html",
        job=job,
        label_of=label_of,
        form=form or Form(services.repeat_job),
        repeated_as=queries.repeated_as(job_id) if job.may_be_repeated else None,
    )


@blueprint.get("/<int:job_id>/result")
@requires("accounts.job.view")
def download_result(job_id: int) -> ResponseReturnValue:
    """The file a job made."""
    job, result = queries.get_result(job_id, by=current_actor())
    audit.note("job.result_fetched", by=current_actor(), subject=job, name=job.result_name)
    return send_file(
        BytesIO(result.content), mimetype=result.media_type, as_attachment=True, download_name=job.result_name
    )


def label_of(job: Job) -> str:
    """What kind of work it is, in words."""
    return gettext(kinds[job.kind].label) if job.kind in kinds else job.kind
