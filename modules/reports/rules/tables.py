"""A report as a table: for the screen, a sheet and a paper alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

Cell = str | int | Decimal | None


class Form(StrEnum):
    """How the cells of a column are written."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    QUANTITY = "quantity"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its head."""

    head: str
    form: Form = Form.TEXT


@dataclass(frozen=True, slots=True)
class Opening:
    """The page behind a row: which one, and what is asked of it."""

    page: str
    asked: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Row:
    """A row, and what it opens."""

    cells: Sequence[Cell]
    opens: Opening | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A chart over the same figures: a name, then figures."""

    title: str
    kind: str  # line | bar | hbar | pie
    columns: Sequence[str]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A report: heads, rows, and the sums of the columns that can be added."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: Sequence[Cell] = ()
    figures: Sequence[tuple[str, Cell, Form]] = ()  # what stands large above the table
    plot: Plot | None = None
    notes: Sequence[str] = ()
    links: Sequence[tuple[str, Opening]] = ()  # lists behind the large figures


def totals(
    columns: Sequence[Column], rows: Sequence[Row], word: str, *, without: Sequence[int] = ()
) -> list[Cell]:
    """The last line of a table: sums of counts and yuan; quantities of different drugs are never added."""
    last: list[Cell] = []
    for place, column in enumerate(columns):
        if place == 0:
            last.append(word)
        elif column.form in (Form.COUNT, Form.MONEY) and place not in without:
            numbers = [row.cells[place] for row in rows]
            last.append(sum((cell for cell in numbers if isinstance(cell, int | Decimal)), Decimal(0)))
        else:
            last.append(None)
    return last
