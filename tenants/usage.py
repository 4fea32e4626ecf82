"""How much each centre uses: one row a centre and day, written after midnight; requests come from the processes."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import JSON, LargeBinary, String, func, select
from sqlalchemy import inspect as inspect_model

from app import audit, clock, sheets, usage
from app.actor import Actor
from app.config import Settings
from app.db import TenantScoped, across_tenants, db
from app.db.base import Base
from app.db.units import control_reading
from app.errors import InvalidInput
from app.i18n import gettext
from app.registry import installed
from app.use_cases import use_case
from tenants.models import Centre, Usage

DAYS = 14
_ROW_BYTES, _PLAIN_BYTES, _TEXT_BYTES, _JSON_BYTES, _FILE_BYTES = 60, 8, 40, 300, 20_000


@use_case("tenants.usage.note", is_step=True)
def note_usage(*, by: Actor) -> Usage | None:
    """Write down yesterday's visits and the rows that stand now; what is written already stays as it is."""
    on = clock.today() - timedelta(days=1)
    if db.session.scalar(select(Usage.id).where(Usage.on == on)) is not None:
        return None
    rooms: dict[str, int] = defaultdict(int)
    size = 0
    for model in _models():
        query = select(func.count(model.tenant_id)).where(model.tenant_id == by.tenant_id)
        count = db.session.scalar(query) or 0
        rooms[model.__tablename__.split("_")[0]] += count
        size += count * bytes_of_row(model)
    visits = sum(module.visits_on(on) for module in installed().modules.values() if module.visits_on)
    row = Usage(on=on, visits=visits, rooms=dict(rooms), rows=sum(rooms.values()), size=size)
    db.session.add(row)
    db.session.flush()
    audit.record("usage.noted", row, by=by, on=on)
    return row


def bytes_of_row(model: Any) -> int:
    """A rough size of one row with its share of the indexes."""
    total = _ROW_BYTES
    for column in inspect_model(model).columns:
        kind = column.type
        if isinstance(kind, LargeBinary):
            total += _FILE_BYTES
        elif isinstance(kind, JSON):
            total += _JSON_BYTES
        elif isinstance(kind, String):
            total += min(_TEXT_BYTES, kind.length or _JSON_BYTES)
        else:
            total += _PLAIN_BYTES
    return 2 * total


def _models() -> list[Any]:
    found = (
        mapper.class_
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, TenantScoped) and not mapper.class_.__module__.startswith("tests")
    )
    return sorted(set(found), key=lambda model: model.__tablename__)


@dataclass(frozen=True, slots=True)
class UsageRow:
    """A centre's use on one day."""

    code: str
    name: str
    visits: int | None  # None: not written down yet
    requests: int
    slowest: int | None  # milliseconds under which 95 of 100 requests stay
    rows: int | None
    size: int | None
    rooms: dict[str, int]


def of_day(on: date) -> list[UsageRow]:
    """Every centre on one day, by code. Two statements, and one for each partition."""
    with control_reading():
        centres = db.session.execute(select(Centre.id, Centre.code, Centre.name).order_by(Centre.code)).all()
        query = select(usage.RequestCount).where(usage.RequestCount.on == on)
        asked = {row.tenant_id: row for row in db.session.scalars(query)}
    noted: dict[int, Usage] = {}
    for partition in _partitions():
        with across_tenants(partition):
            noted |= {row.tenant_id: row for row in db.session.scalars(select(Usage).where(Usage.on == on))}
    return [_row(code, name, noted.get(tenant_id), asked.get(tenant_id)) for tenant_id, code, name in centres]


def _row(code: str, name: str, noted: Usage | None, asked: usage.RequestCount | None) -> UsageRow:
    requests, slowest = (asked.requests, usage.percentile(asked.buckets)) if asked else (0, None)
    if noted is None:
        return UsageRow(code, name, None, requests, slowest, None, None, {})
    return UsageRow(code, name, noted.visits, requests, slowest, noted.rows, noted.size, noted.rooms)


def requests_by_day(until: date) -> list[tuple[str, int]]:
    """Requests of the whole district in the last fourteen days, for the plot. One statement."""
    since = until - timedelta(days=DAYS - 1)
    count = usage.RequestCount
    query = select(count.on, func.sum(count.requests)).where(count.on >= since, count.on <= until)
    with control_reading():
        found = {row[0]: int(row[1]) for row in db.session.execute(query.group_by(count.on))}
    days = [since + timedelta(days=number) for number in range(DAYS)]
    return [(f"{day:%m-%d}", found.get(day, 0)) for day in days] if found else []


def as_sheet(rows: list[UsageRow], heads: list[str], *, on: date, purpose: str, by: Actor) -> bytes:
    """For a spreadsheet; who took it and what for stands in its head and in the trail.

    Raises:
        InvalidInput: nobody says what for.
        TooManyRows: there are more centres than a sheet may have rows.
    """
    purpose = purpose.strip()[:200]
    if len(purpose) < 2:
        raise InvalidInput({"purpose": [gettext("Please say what it is for.")]})
    cells = [(row.code, row.name, row.visits, row.requests, row.slowest, row.rows, row.size) for row in rows]
    name = gettext("Use by centre")
    made = sheets.sheet(heads, cells, name=f"{name} {on}", purpose=purpose, by=by)
    audit.note("sheet.taken", by=by, sheet="usage", on=on, purpose=purpose, rows=len(cells))
    return made


def _partitions() -> list[str]:
    settings: Settings = current_app.extensions["his_settings"]
    return list(settings.partition_urls)
