"""How far the sums go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select

from app import clock
from app.db import db
from modules.reports.models import Day
from modules.reports.queries.reach import Reach, over

RESTS = timedelta(minutes=1)  # what moves within it is added up together


def centres_due(now: datetime) -> list[Select[Any]]:
    """A statement for the centres with days to be added up, see ``app.pursuit``."""
    return [select(Day.tenant_id).where(Day.stale_since <= now - RESTS).distinct()]


def stale_days(*, size: int) -> Sequence[tuple[int, date]]:
    """Days that wait to be added up, the oldest first."""
    statement = select(Day.id, Day.on).where(Day.stale_since.is_not(None)).order_by(Day.on).limit(size)
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def unfinished_days() -> list[date]:
    """Days that were added up before they were over, today among them: the night adds them up once more."""
    rows = db.session.execute(select(Day.on, Day.built_at).order_by(Day.on))
    return [on for on, built_at in rows if built_at is None or built_at < clock.day_bounds(on)[1]]


def count_stale_days() -> int:
    """How many days wait to be added up."""
    return db.session.scalar(select(func.count(Day.id)).where(Day.stale_since.is_not(None))) or 0


@dataclass(frozen=True, slots=True)
class AsOf:
    """The latest moment at which a day of the report was added up, and how many days wait for it."""

    at: datetime | None
    waiting: int


def as_of(reach: Reach, begins_on: date, ends_on: date) -> AsOf:
    """How far the sums of these days go. One statement for each partition."""

    def read() -> Sequence[tuple[int, datetime | None, int]]:
        statement = (
            select(
                Day.tenant_id,
                func.max(Day.built_at),
                func.sum(case((Day.stale_since.is_not(None), 1), else_=0)),
            )
            .where(Day.tenant_id.in_(sorted(reach.ids)), Day.on >= begins_on, Day.on <= ends_on)
            .group_by(Day.tenant_id)
        )
        return [(row[0], row[1], row[2]) for row in db.session.execute(statement)]

    rows = over(reach, read)
    moments = [row[1] for row in rows if row[1] is not None]
    return AsOf(max(moments, default=None), sum(row[2] for row in rows))
