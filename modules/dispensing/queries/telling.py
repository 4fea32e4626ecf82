"""Records of stock and of sales that the insurer is to be told of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Exists, Select, and_, exists, select
from sqlalchemy.orm import aliased

from app import clock
from app.db import Page, db, page_by_key
from modules.dispensing.models import (
    TOLD,
    Code,
    CodeEvent,
    CodeEventKind,
    StockReport,
    Task,
    TaskStatus,
    UploadState,
)
from modules.insurance import queries as insurance

Owed = CodeEvent | StockReport


@dataclass(frozen=True, slots=True)
class Record:
    """A record that is due: its row, the trade and what is said."""

    row: Owed
    infno: str
    content: dict[str, Any]
    is_unsold: bool = False  # a return of what the insurer has refused to take as sold


def due_records(*, size: int = 30) -> list[Record]:
    """Records whose turn has come, in the order they arose: stock before sales. Four statements at most.

    A pack's records are told one after the other: while an earlier one waits, so does the next. Who paid is said as it
    stands when it is told.
    """
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
    sold = _due(CodeEvent, size - len(found)).where(~_waits_for_earlier()).add_columns(Task.is_insured)
    is_of_task = and_(Task.prescription_id == CodeEvent.prescription_id, Task.status != TaskStatus.CANCELLED)
    rows = db.session.execute(sold.outerjoin(Task, is_of_task)).all()
    events = {row[0]: bool(row[1]) for row in rows}
    unsold = _refused_sales(row.code for row in events if row.kind is CodeEventKind.RETURNED)
    return found + [
        Record(
            row,
            TOLD[row.kind],
            row.content | {"mdtrt_setl_type": "1" if is_insured else "2"},
            row.kind is CodeEventKind.RETURNED and (row.code, row.prescription_id) in unsold,
        )
        for row, is_insured in events.items()
    ]


def _waits_for_earlier() -> Exists:
    """Something that befell the same pack earlier is still to be told."""
    earlier = aliased(CodeEvent)
    return exists().where(
        earlier.tenant_id == CodeEvent.tenant_id,
        earlier.code == CodeEvent.code,
        earlier.id < CodeEvent.id,
        earlier.upload == UploadState.PENDING,
    )


def _refused_sales(codes: Iterable[str]) -> set[tuple[str, int | None]]:
    """Code and prescription of sales of these packs that the insurer has refused."""
    wanted = sorted(set(codes))
    if not wanted:
        return set()
    statement = select(CodeEvent.code, CodeEvent.prescription_id).where(
        CodeEvent.code.in_(wanted),
        CodeEvent.kind == CodeEventKind.SOLD,
        CodeEvent.upload == UploadState.REFUSED,
    )
    return {(row[0], row[1]) for row in db.session.execute(statement)}


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
