"""Reports as files: long work with progress, kept like every other result of long work."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from app import sheets
from app.actor import Actor
from app.i18n import N_
from app.jobs import Handle, Paper, job
from modules.dispensing.queries import DocumentKind
from modules.reports import documents
from modules.reports.queries import Asked, By
from modules.reports.rules.days import Bucket
from modules.reports.rules.tables import Table

Report = Literal["income", "refunds", "arrears", "stock", "drugs"]


@job("reports.table.make", "reports.file.make", N_("Report as a file"))
def make_file(
    *,
    report: Report,
    form: Literal["csv", "pdf"],
    purpose: documents.Purpose,
    begins_on: date,
    ends_on: date,
    by_what: By | None = None,
    key: Annotated[str, Field(max_length=30)] | None = None,
    bucket: Bucket = Bucket.DAY,
    station_id: int | None = None,
    department_id: int | None = None,
    kind: DocumentKind | None = None,
    location_id: int | None = None,
    drug_id: int | None = None,
    handle: Handle,
    by: Actor,
) -> Paper | None:
    """A report as a sheet or as a paper."""
    asked = Asked(
        begins_on=begins_on,
        ends_on=ends_on,
        by=by_what,
        key=key,
        bucket=bucket,
        station_id=station_id,
        department_id=department_id,
        kind=kind,
        location_id=location_id,
        drug_id=drug_id,
    )
    table = _added_up(report, asked, handle, by)
    if table is None:
        return None
    make = documents.paper_of if form == "pdf" else documents.sheet_of
    made = make(table, asked, purpose=purpose, by=by)
    handle.step(2, 2)
    name = sheets.file_name(f"{report}-{begins_on}-{ends_on}", by, form)
    return Paper(name, made, "application/pdf" if form == "pdf" else "text/csv")


def _added_up(report: str, asked: Asked, handle: Handle, by: Actor) -> Table | None:
    """The table, unless somebody asked to stop."""
    handle.step(0, 2)
    if handle.is_cancelled:
        return None
    table = documents.table_of(report, asked, by)
    handle.step(1, 2)
    return table
