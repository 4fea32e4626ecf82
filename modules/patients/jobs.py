"""Long work on residents' files."""

import csv
import io

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
    return _errors_of(import_id)


def _errors_of(import_id: int) -> Paper:
    counts = queries.count_rows(import_id)
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow([gettext("Row"), gettext("Reason")])
    for row in queries.refused_rows(import_id):
        sheet.writerow([row.row_no, as_text(row.complaint)])
    sheet.writerow([])
    for status in ImportRowStatus:
        sheet.writerow([status.label, counts.get(status, 0)])
    return Paper(f"import-{import_id}.csv", text.getvalue().encode("utf-8-sig"), "text/csv")


def as_text(text: str) -> str:
    """Text that a spreadsheet shows and never computes."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
