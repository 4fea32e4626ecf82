"""Importing a list of residents: brought as a file, checked row by row by the same rules as at the window."""

import json
from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import db, lock_row
from app.errors import DomainError, InvalidInput, NotFound
from app.i18n import gettext
from app.use_cases import case_of, use_case, validated
from modules.patients.models import ImportFile, ImportRow, ImportRowStatus
from modules.patients.rules import import_files
from modules.patients.services.files import create_patient

_LARGEST = 4_000_000
_LONGEST_ROW = 2000


@use_case("patients.patient.import")
def bring_list(
    *,
    name: Annotated[str, Field(min_length=1, max_length=100)],
    text: Annotated[str, Field(min_length=1, max_length=_LARGEST)],
    by: Actor,
) -> ImportFile:
    """Keep the rows of a CSV list of residents; a job opens the files.

    Raises:
        InvalidInput: no head names a column for the name, or the list is empty or too long.
    """
    try:
        rows = import_files.split_rows(text)
    except import_files.HeadUnknown:
        complaint = gettext("The first row must name the columns; one of them is the name.")
        raise InvalidInput({"file": [complaint]}) from None
    if not 1 <= len(rows) <= import_files.LONGEST:
        complaint = gettext(
            "The list has %(rows)s rows; 1 to %(most)s are possible.", rows=len(rows), most=20_000
        )
        raise InvalidInput({"file": [complaint]})
    brought = ImportFile(name=name, rows=len(rows), brought_at=clock.now(), brought_by=by.name[:100])
    db.session.add(brought)
    db.session.flush()
    db.session.add_all(
        ImportRow(
            import_id=brought.id,
            row_no=number,
            text=json.dumps(row, ensure_ascii=False)[:_LONGEST_ROW],
            status=ImportRowStatus.WAITING,
        )
        for number, row in enumerate(rows, start=2)
    )
    db.session.flush()
    audit.record("list.brought", brought, by=by, rows=len(rows))
    return brought


@use_case("patients.patient.import")
def import_row(*, row_id: int, by: Actor) -> ImportRow:
    """Open the file of one row, or note why not. A row that was worked off before stays as it is.

    Raises:
        NotFound: no such row here.
    """
    row = lock_row(ImportRow, row_id)
    if row is None:
        raise NotFound(field="row_id")
    if row.status is not ImportRowStatus.WAITING:
        return row
    try:
        if len(row.text) >= _LONGEST_ROW:
            raise InvalidInput({"name": [gettext("The row is too long.")]})
        with db.session.begin_nested():
            typed = validated(case_of(create_patient), json.loads(row.text))
            row.patient_id = create_patient(**typed, by=by).id
        row.status, row.text = ImportRowStatus.IMPORTED, ""
    except DomainError as refusal:
        row.status, row.complaint = ImportRowStatus.REFUSED, _why(refusal)[:500]
    audit.record("list.row_worked_off", row, by=by, row_no=row.row_no, status=row.status.value)
    return row


def decode_list(content: bytes) -> str:
    """The text of an uploaded file.

    Raises:
        InvalidInput: it is no text, or too large.
    """
    if len(content) > _LARGEST:
        raise InvalidInput({"file": [gettext("The file is too large.")]})
    try:
        return import_files.decode(content)
    except ValueError:
        raise InvalidInput({"file": [gettext("This is no CSV file. Save the sheet as CSV first.")]}) from None


def _why(refusal: DomainError) -> str:
    if isinstance(refusal, InvalidInput):
        return " ".join(
            f"{import_files.COLUMNS.get(name, (name,))[0]}: {' '.join(texts)}"
            for name, texts in refusal.complaints.items()
        )
    return refusal.text
