"""Sheets for a spreadsheet: who took them, when and what for stands in their head, and nothing in them computes."""

import csv
import io
from collections.abc import Iterable, Sequence

from app import clock
from app.actor import Actor
from app.errors import DomainError
from app.i18n import N_, gettext
from app.registry import Setting, SettingKind
from app.tenancy import setting_of

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MOST_ROWS = Setting(
    "sheets.most_rows", N_("Rows of a sheet at most"), SettingKind.NUMBER, 10_000, least=1, most=1_000_000
)


class TooManyRows(DomainError):
    """More rows than a sheet may take out of the house at once."""

    code = "sheets.too_many_rows"
    message = N_("A sheet has %(most)s rows at most; please narrow what you ask for.")


def sheet(
    heads: Sequence[str], rows: Iterable[Sequence[object]], *, name: str, purpose: str, by: Actor
) -> bytes:
    """A CSV with a mark for Chinese; its first line says what it is, who took it, when and what for.

    Raises:
        TooManyRows: there are more rows than the setting allows.
    """
    most = int(setting_of(by.tenant_id, MOST_ROWS.name))
    text = io.StringIO()
    writer = csv.writer(text)
    taken = f"{clock.local(clock.now()):%Y-%m-%d %H:%M}"
    mark = gettext(
        "%(name)s; taken by %(who)s at %(at)s", name=name, who=f"{by.name} {by.account_id}", at=taken
    )
    writer.writerow([harmless(mark), harmless(gettext("Purpose: %(purpose)s", purpose=purpose))])
    writer.writerow([harmless(head) for head in heads])
    for number, row in enumerate(rows, start=1):
        if number > most:
            raise TooManyRows(most=most)
        writer.writerow(["" if cell is None else harmless(str(cell)) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def file_name(stem: str, by: Actor, ending: str = "csv") -> str:
    """The name of a file that leaves: what, whose account, when."""
    return f"{stem}-{by.account_id}-{clock.local(clock.now()):%Y%m%d%H%M}.{ending}"


def harmless(text: str) -> str:
    """A cell that no spreadsheet reckons with, also behind blanks."""
    return f"'{text}" if text.lstrip(" \u00a0\u3000").startswith(_DANGEROUS) else text
