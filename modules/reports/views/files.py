"""A report as a file: in a centre by long work, in the district at once."""

from typing import Any

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import TypeAdapter, ValidationError

from app import audit, sheets
from app.complaints import complaints_of
from app.errors import InvalidInput, NotFound
from app.jobs.services import start_job
from app.web.access import current_actor, requires
from modules.reports import documents
from modules.reports.views.pages import asked, blueprint

REPORTS = ("income", "refunds", "arrears", "stock", "drugs")


@blueprint.post("/files")
@requires("reports.file.make")
def make_file() -> ResponseReturnValue:
    """The report of the address as a sheet or as a paper.

    Raises:
        NotFound: there is no such report.
        InvalidInput: nobody says what it is for.
    """
    by, told, report = current_actor(), asked(), request.args.get("report", "")
    purpose = request.form.get("purpose", "").strip()
    if report not in REPORTS:
        raise NotFound(field="report")
    if by.tenant_id is not None:
        job = start_job(kind="reports.table.make", arguments=_arguments(report, purpose), by=by)
        return redirect(url_for("jobs.show_job", job_id=job.id), 303)
    _refuse_without(purpose)
    table = documents.table_of(report, told, by)
    made = documents.sheet_of(table, told, purpose=purpose, by=by)
    audit.note("sheet.taken", by=by, sheet=report, purpose=purpose, centre=told.centre)
    name = sheets.file_name(report, by)
    return Response(
        made, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _refuse_without(purpose: str) -> None:
    try:
        TypeAdapter(documents.Purpose).validate_python(purpose)
    except ValidationError as error:
        raise InvalidInput({"purpose": complaints_of(error)["form"]}) from None


def _arguments(report: str, purpose: str) -> dict[str, Any]:
    told = asked()
    return {
        "report": report,
        "form": request.form.get("form", "csv"),
        "purpose": purpose,
        "begins_on": told.begins_on.isoformat(),
        "ends_on": told.ends_on.isoformat(),
        "by_what": told.by,
        "key": told.key,
        "bucket": told.bucket,
        "station_id": told.station_id,
        "department_id": told.department_id,
        "kind": told.kind,
        "location_id": told.location_id,
        "drug_id": told.drug_id,
    }
