"""A report on paper and as a sheet."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import clock, sheets
from app.actor import Actor
from app.i18n import gettext
from app.printing import to_pdf
from app.tenancy import tenant_of
from modules.reports import queries
from modules.reports.queries import Asked
from modules.reports.rules.tables import Cell, Form, Table
from tenants.style import letterhead

Purpose = Annotated[str, Field(min_length=2, max_length=200)]


def table_of(report: str, asked: Asked, by: Actor) -> Table:
    """A report by its name."""
    reach = asked.reach(by)
    if report == "arrears":
        return queries.arrears(reach)
    if report == "stock":
        return queries.stock(reach, asked)
    if report == "drugs":
        return queries.use(reach, asked)
    return queries.income(reach, asked, only_back=report == "refunds")


def sheet_of(table: Table, asked: Asked, *, purpose: str, by: Actor) -> bytes:
    """The table for a spreadsheet."""
    heads = [column.head for column in table.columns]
    return sheets.sheet(heads, _lines(table), name=f"{table.title} {days_of(asked)}", purpose=purpose, by=by)


def _lines(table: Table) -> Iterator[list[Cell]]:
    for row in table.rows:
        yield list(row.cells)
    if table.total:
        yield list(table.total)


def paper_of(table: Table, asked: Asked, *, purpose: str, by: Actor) -> bytes:
    """The table as a PDF."""
    centre = tenant_of(by.tenant_id)
    reach = asked.reach(by)
    return to_pdf(
        "reports/report_paper.html",
        table=table,
        days=days_of(asked),
        as_of=queries.as_of(reach, asked.begins_on, asked.ends_on),
        written=written,
        purpose=purpose,
        by=by,
        printed_at=clock.now(),
        centre=letterhead(centre.id),
    )


def days_of(asked: Asked) -> str:
    """The days of a report in words."""
    return gettext("%(first)s to %(last)s", first=asked.begins_on, last=asked.ends_on)


def written(cell: Cell, form: Form) -> str:
    """A cell as it stands on paper and on the screen."""
    if cell is None or cell == "":
        return ""
    if form is Form.MONEY:
        return f"{Decimal(cell):,.2f}".replace("-", "−")
    if form is Form.PERCENT:
        return f"{cell} %"
    if form is Form.QUANTITY:
        return f"{Decimal(cell):,f}".rstrip("0").rstrip(".") if "." in f"{cell}" else f"{cell}"
    return f"{cell}"
