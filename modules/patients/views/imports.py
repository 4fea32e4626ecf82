"""Importing residents from a list."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import InvalidInput
from app.i18n import gettext
from app.jobs.services import start_job
from app.web.access import current_actor, requires
from modules.patients import queries, services
from modules.patients.rules.import_files import COLUMNS
from modules.patients.views.blueprint import blueprint


@blueprint.get("/imports")
@requires("patients.patient.import")
def show_imports() -> ResponseReturnValue:
    """Choose a file; the page names its columns."""
    return _page([])


@blueprint.post("/imports")
@requires("patients.patient.import")
def bring_list() -> ResponseReturnValue:
    """Keep the rows, then let a job open the files."""
    upload = request.files.get("file")
    try:
        if upload is None or not upload.filename:
            raise InvalidInput({"file": [gettext("Please choose a file.")]})
        text = services.decode_list(upload.stream.read())
        brought = services.bring_list(name=upload.filename[-100:], text=text, by=current_actor())
    except InvalidInput as refusal:
        return _page([text for texts in refusal.complaints.values() for text in texts]), 422
    arguments = {"import_id": brought.id}
    job = start_job(kind="patients.list.import", arguments=arguments, by=current_actor())
    return redirect(url_for(".show_import", import_id=brought.id, job=job.id), 303)


@blueprint.get("/imports/<int:import_id>")
@requires("patients.patient.import")
def show_import(import_id: int) -> ResponseReturnValue:
    """What became of each row: how many have a file, and why the others were refused."""
    job_id = request.args.get("job", type=int)
    return render_template(
        "patients/import.html",
        brought=queries.get_import(import_id),
        counts=queries.count_rows(import_id),
        refused=queries.refused_rows(import_id),
        job_url=url_for("jobs.show_job", job_id=job_id) if job_id else "",
        progress_url=url_for("jobs.show_progress", job_id=job_id) if job_id else "",
    )


def _page(complaints: list[str]) -> str:
    columns = [heads[0] for heads in COLUMNS.values()]
    return render_template(
        "patients/imports.html", columns=columns, complaints=complaints, lists=queries.list_imports()
    )
