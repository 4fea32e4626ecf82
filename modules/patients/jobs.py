"""Long work on residents' files."""

from app import sheets
from app.actor import Actor
from app.i18n import N_, gettext
from app.jobs import Handle, Paper, job
from modules.patients import queries, services
from modules.patients.models import ImportRowStatus


@job("patients.list.import", "patients.patient.import", N_("Import residents"), writes=True)
def import_list(*, import_id: int, handle: Handle, by: Actor) -> Paper | None:
    """Work off the rows of a list that wait; leaves the refused rows with their reasons as a file."""
    waiting = queries.waiting_rows(import_id)
    for done, row_id in enumerate(waiting):
        if handle.is_cancelled:
            return None
        services.import_row(row_id=row_id, by=by)
        handle.step(done + 1, len(waiting))
    return _errors_of(import_id, by)


def _errors_of(import_id: int, by: Actor) -> Paper:
    counts = queries.count_rows(import_id)
    rows: list[tuple[object, object]] = [
        (row.row_no, row.complaint) for row in queries.refused_rows(import_id)
    ]
    rows += [("", ""), *((status.label, counts.get(status, 0)) for status in ImportRowStatus)]
    name = queries.get_import(import_id).name
    purpose = gettext("Rows of a list that were refused, for whoever brought it")
    made = sheets.sheet([gettext("Row"), gettext("Reason")], rows, name=name, purpose=purpose, by=by)
    return Paper(sheets.file_name(f"import-{import_id}", by), made, "text/csv")
