"""Records of stock and of sales that the insurer is to be told of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from app import clock
from app.db import Page, db, page_by_key
from modules.dispensing.models import TOLD, Code, CodeEvent, StockReport, UploadState
from modules.insurance import queries as insurance

Owed = CodeEvent | StockReport


@dataclass(frozen=True, slots=True)
class Record:
    """A record that is due: its row, the trade and what is said."""

    row: Owed
    infno: str
    content: dict[str, Any]


def due_records(*, size: int = 30) -> list[Record]:
    """Records whose turn has come, in the order they arose: stock before sales. Three statements at most."""
    reports = list(db.session.scalars(_due(StockReport, size)))
    codes = _codes_of(reports)
    found = [
        Record(
            row,
            row.trade.value,
            row.content | {"drugtracinfo": codes.get((row.document_id, row.batch_id), [])},
        )
        for row in reports
    ]
    events = db.session.scalars(_due(CodeEvent, size - len(found)))
    return found + [Record(row, TOLD[row.kind], row.content) for row in events]


def _due(model: type[Any], size: int) -> Select[Any]:
    is_due = (model.upload == UploadState.PENDING, model.next_try_at <= clock.now())
    return select(model).where(*is_due).order_by(model.id).limit(max(size, 0))


def _codes_of(reports: Iterable[StockReport]) -> dict[tuple[int, int], list[dict[str, str]]]:
    """Codes collected from receipts, by document and batch, as messages carry them."""
    documents = sorted({row.document_id for row in reports})
    found: dict[tuple[int, int], list[dict[str, str]]] = {}
    if not documents:
        return found
    for code in db.session.scalars(select(Code).where(Code.document_id.in_(documents)).order_by(Code.id)):
        key = (code.document_id or 0, code.batch_id)
        found.setdefault(key, []).append({"drug_trac_codg": code.code})
    return found


def centres_with_records(now: datetime) -> list[Select[Any]]:
    """Statements for the connected centres in which a record is to be sent, see ``app.pursuit``."""
    connected = insurance.connected_centres()
    return [
        select(model.tenant_id)
        .where(model.upload == UploadState.PENDING, model.next_try_at <= now, model.tenant_id.in_(connected))
        .distinct()
        for model in (StockReport, CodeEvent)
    ]


def list_reports(state: UploadState, *, before: int | None = None, size: int = 40) -> Page[StockReport]:
    """Records of stock in a state, the latest first."""
    return page_by_key(
        select(StockReport).where(StockReport.upload == state), StockReport.id, before=before, size=size
    )
