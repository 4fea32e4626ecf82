"""The trail: one row for each use case, inserted with it; chained by hash soon after; verified by command."""

import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC
from typing import Any, TypeVar, cast

from flask import current_app, g
from pydantic_core import to_jsonable_python
from sqlalchemy import event, func, select
from sqlalchemy import inspect as inspect_row
from sqlalchemy.orm import Session as OrmSession

from app import clock
from app.actor import Actor
from app.cases import UseCase
from app.db import current_unit, db
from app.db.types import Sensitive
from app.db.units import Mode, RoutedSession, Unit, kernel_unit, open_unit, place_of
from app.records import AuditRow, ControlAuditRow
from app.tracing import trace_number

_SEAL_BATCH = 500
ReadT = TypeVar("ReadT", bound=Callable[..., Any])
_seen: ContextVar[list[tuple[Any, int | None, dict[str, Any]]] | None] = ContextVar("seen", default=None)


def record(action: str, subject: Any, *, by: Actor, **detail: Any) -> None:
    """Fill the one row that the decorator writes: what was done, to which row, with which facts."""
    unit = current_unit()
    if unit is None or unit.mode is not Mode.WRITE:
        raise RuntimeError("the trail is written inside a use case")
    unit.notes.setdefault("audit", []).append((action, subject, detail))


def write(case: UseCase, by: Actor, command_id: str, result: Any) -> None:
    """Add the audit row of the outermost use case to the session (the decorator calls this once)."""
    unit = current_unit()
    if unit is None:
        raise RuntimeError("no unit of work")
    db.session.flush()  # collects the changes of the rows, see _collect_changes
    entries = unit.notes.get("audit", [])
    action, subject, detail = entries[0] if entries else (case.name, result, {})
    facts: dict[str, Any] = {**detail}
    if len(entries) > 1:
        facts["also"] = [{"action": a, "subject": _name_of(s), **d} for a, s, d in entries[1:]]
    if changes := unit.notes.get("changes"):
        facts["changes"] = changes
    _add_row(unit, case, by, command_id, action=action, subject=subject, outcome="done", facts=facts)


def write_refusal(case: UseCase, by: Actor, command_id: str, code: str) -> None:
    """A refused act leaves its row in a transaction of its own."""
    in_control = case.database == "control" or by.tenant_id is None
    partition = "" if in_control or by.tenant_id is None else place_of(by.tenant_id).partition
    unit = Unit(Mode.WRITE, by.tenant_id, partition, writes_control=in_control)
    with open_unit(unit):
        facts = {"code": code}
        _add_row(unit, case, by, command_id, action=case.name, subject=None, outcome="refused", facts=facts)
        db.session.commit()


def note(
    action: str,
    *,
    by: Actor,
    subject: Any = None,
    patient_id: int | None = None,
    outcome: str = "done",
    **detail: Any,
) -> None:
    """A short write unit of its own: reading a health record, signing in, printing a paper.

    ``patient_id`` names the resident where the subject's own row does not.
    """
    in_control = by.tenant_id is None
    partition = "" if by.tenant_id is None else place_of(by.tenant_id).partition
    unit = Unit(Mode.WRITE, by.tenant_id, partition, writes_control=in_control)
    with open_unit(unit):
        _add_row(
            unit,
            None,
            by,
            "",
            action=action,
            subject=subject,
            outcome=outcome,
            facts=detail,
            patient_id=patient_id,
        )
        db.session.commit()


def reading(action: str) -> Callable[[ReadT], ReadT]:
    """Declare that a page or an answer shows a health record; which one, it says with ``seen``.

    One row of the trail is written before anything is shown. Lists do not count; what is opened from them does.
    """

    def decorate(function: ReadT) -> ReadT:
        @functools.wraps(function)
        def noted(*args: Any, **given: Any) -> Any:
            rows: list[tuple[Any, int | None, dict[str, Any]]] = []
            token = _seen.set(rows)
            try:
                answer = function(*args, **given)
            finally:
                _seen.reset(token)
            if rows:
                subject, patient_id, facts = rows[0]
                note(action, by=given.get("by") or g.actor, subject=subject, patient_id=patient_id, **facts)
            return answer

        return cast(ReadT, noted)

    return decorate


def seen(row: Any, *, patient_id: int | None = None, **facts: Any) -> None:
    """Say, inside what ``reading`` declares, which record is shown, and whose if its row does not say so.

    The first one counts.
    """
    rows = _seen.get()
    if rows is not None:
        rows.append((row, patient_id, facts))


def _add_row(
    unit: Unit,
    case: UseCase | None,
    by: Actor,
    command_id: str,
    *,
    action: str,
    subject: Any,
    outcome: str,
    facts: dict[str, Any],
    patient_id: int | None = None,
) -> None:
    row_type = ControlAuditRow if unit.writes_control else AuditRow
    db.session.add(
        row_type(
            tenant_id=by.tenant_id or 0,
            at=clock.now(),
            account_id=by.account_id,
            actor_name=by.name,
            origin=by.origin,
            address=by.address,
            use_case=case.name if case else "",
            action=action,
            outcome=outcome,
            subject_kind="" if subject is None else subject.__tablename__,
            subject_id=None if subject is None else subject.id,
            patient_id=patient_id or getattr(subject, "patient_id", None),
            command_id=command_id,
            trace=trace_number(),
            detail=json.loads(json.dumps(to_jsonable_python(facts, fallback=str))),
        )
    )


def _name_of(row: Any) -> str:
    return "" if row is None else f"{row.__tablename__}:{row.id}"


@event.listens_for(RoutedSession, "before_flush")
def _collect_changes(session: OrmSession, context: Any, instances: Any) -> None:
    """Before and after of every changed row go into the trail; sensitive values stay out of it."""
    unit = current_unit()
    if unit is None or "case" not in unit.notes:
        return
    for row in session.dirty:
        changed = {}
        for column in inspect_row(row).mapper.column_attrs:
            history = inspect_row(row).attrs[column.key].history
            if history.has_changes() and history.deleted:
                if isinstance(column.columns[0].type, Sensitive):
                    changed[column.columns[0].name] = ["…", "…"]
                else:
                    changed[column.key] = [history.deleted[0], getattr(row, column.key)]
        if changed:
            unit.notes.setdefault("changes", {}).setdefault(_name_of(row), {}).update(changed)


# The chain. Rows are inserted without it, so that no desk waits for another; the sealer follows in seconds.


def canonical(row: Any) -> str:
    """The text whose hash seals a row: every column but the chain's own, in a fixed order."""
    moment = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    facts = [
        str(row.id),
        str(row.tenant_id),
        moment,
        str(row.account_id),
        row.actor_name,
        row.origin,
        row.address,
        row.use_case,
        row.action,
        row.outcome,
        row.subject_kind,
        str(row.subject_id or ""),
        row.command_id,
        row.trace,
        json.dumps(row.detail, sort_keys=True, ensure_ascii=False),
    ]
    if row.patient_id is not None:  # rows from before the column are sealed without it
        facts.append(str(row.patient_id))
    return json.dumps(facts, ensure_ascii=False)


def seal(partition: str) -> int:
    """Chain the rows that are not sealed yet; "" is the control database. Returns how many were sealed."""
    row_type: Any = AuditRow if partition else ControlAuditRow
    sealed = 0
    while True:
        with kernel_unit(partition):
            last = db.session.execute(
                select(row_type.sealed_no, row_type.row_hash)
                .where(row_type.sealed_no.is_not(None))
                .order_by(row_type.sealed_no.desc())
                .limit(1)
            ).first()
            number, previous = (last[0], last[1]) if last else (0, "")
            rows = list(
                db.session.scalars(
                    select(row_type)
                    .where(row_type.sealed_no.is_(None))
                    .order_by(row_type.id)
                    .limit(_SEAL_BATCH)
                )
            )
            for row in rows:
                number += 1
                row.sealed_no, row.previous_hash = number, previous
                previous = row.row_hash = seal_of(previous, canonical(row))
            db.session.commit()
            sealed += len(rows)
            if len(rows) < _SEAL_BATCH:
                return sealed


def seal_of(previous: str, text: str) -> str:
    """The hash that seals a row's text to the row before it."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def follows(row: Any, number: int, previous: str) -> bool:
    """Whether a sealed row is whole and the next after the row with this number and hash."""
    is_next = row.sealed_no == number + 1 and row.previous_hash == previous
    return bool(is_next and row.row_hash == seal_of(previous, canonical(row)))


def verify(partition: str) -> tuple[int, int | None, int]:
    """Walk the chain: rows read, id of the first bad row or None, rows not sealed yet."""
    row_type: Any = AuditRow if partition else ControlAuditRow
    previous, number, bad = "", 0, None
    with open_unit(Unit(Mode.READ, None, partition, all_tenants=True)):
        for row in _sealed_rows(row_type):
            number += 1
            if not follows(row, number - 1, previous):
                bad = row.id
                break
            previous = row.row_hash
        waiting = select(func.count()).select_from(row_type).where(row_type.sealed_no.is_(None))
        return number, bad, db.session.scalar(waiting) or 0


def _sealed_rows(row_type: Any) -> Iterator[Any]:
    after = 0
    while True:
        rows = list(
            db.session.scalars(
                select(row_type).where(row_type.sealed_no > after).order_by(row_type.sealed_no).limit(1000)
            )
        )
        yield from rows
        db.session.expunge_all()
        if len(rows) < 1000:
            return
        after = rows[-1].sealed_no


def partitions() -> list[str]:
    """Names of the partitions this installation serves, and "" for control."""
    return ["", *current_app.extensions["his_settings"].partition_urls]
