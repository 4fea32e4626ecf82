"""Reading alarms, the rows behind them, and who read how many records."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select

from app import clock
from app.accounts.models import Account, Membership
from app.actor import Actor
from app.db import Page, db, page_by_key
from app.db.units import control_reading
from app.errors import NotFound
from app.records import AuditRow, ControlAuditRow
from app.tenancy import DISTRICT, tenant_of
from app.watch.models import Alarm, Tally
from app.watch.rules import Rule

OPEN, NOTED = "open", "noted"
LONGEST_DAYS = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which alarms somebody looks for; what is empty does not narrow."""

    state: str = OPEN
    rule: str = ""
    centre_id: int | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """How many records somebody read in a span of days."""

    account_id: int
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Readings:
    """Who read how much, and at which hours of the day."""

    readers: list[Reader]
    by_hour: list[tuple[str, int]]


def _mine(by: Actor) -> Any:
    statement = select(Alarm)
    return statement if by.tenant_id is None else statement.where(Alarm.tenant_id == by.tenant_id)


def page_of_alarms(sought: Sought, *, by: Actor, before: int | None = None) -> Page[Alarm]:
    """Alarms of the actor's centre, or of all for the district, newest first."""
    statement = _mine(by)
    if sought.state == OPEN:
        statement = statement.where(Alarm.noted_at.is_(None))
    elif sought.state == NOTED:
        statement = statement.where(Alarm.noted_at.is_not(None))
    if sought.rule:
        statement = statement.where(Alarm.rule == Rule(sought.rule))
    if sought.centre_id is not None:
        statement = statement.where(Alarm.tenant_id == sought.centre_id)
    with control_reading():
        return page_by_key(statement, Alarm.id, before=before, size=50)


def get_alarm(alarm_id: int, *, by: Actor) -> Alarm:
    """One alarm that the actor may see, or NotFound."""
    with control_reading():
        found: Alarm | None = db.session.scalar(_mine(by).where(Alarm.id == alarm_id))
    if found is None:
        raise NotFound
    return found


def open_alarms(by: Actor, *, size: int) -> tuple[int, list[Alarm]]:
    """How many alarms of the actor's place nobody has noted, and the newest of them. One statement."""
    statement = (
        select(Alarm, func.count().over())
        .where(Alarm.noted_at.is_(None), Alarm.tenant_id == (by.tenant_id or DISTRICT))
        .order_by(Alarm.id.desc())
        .limit(size)
    )
    with control_reading():
        rows = db.session.execute(statement).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def rows_behind(alarm: Alarm, *, by: Actor, before: int | None = None) -> Page[Any] | None:
    """The rows of the trail an alarm was opened for, newest first; None where the actor's place does not hold them."""
    in_control = alarm.partition == ""
    if not in_control and (by.tenant_id is None or tenant_of(by.tenant_id).partition != alarm.partition):
        return None
    row: Any = ControlAuditRow if in_control else AuditRow
    statement = select(row).where(row.sealed_no >= alarm.first_no, row.sealed_no <= alarm.last_no)
    if not in_control or by.tenant_id is not None:
        mine = row.tenant_id == by.tenant_id
        statement = statement.where(or_(mine, _signing_in(row, by)) if in_control else mine)
    if alarm.rule is Rule.FAILURES_ADDRESS:
        statement = statement.where(row.address == alarm.address)
    elif alarm.account_id:
        statement = statement.where(row.account_id == alarm.account_id)
    if not in_control:
        return page_by_key(statement, row.id, before=before, size=50)
    with control_reading():
        return page_by_key(statement, row.id, before=before, size=50)


def _signing_in(row: Any, by: Actor) -> Any:
    """Refused sign-ins belong to no centre: one sees those of its own people, and of names nobody has."""
    own = select(Membership.account_id).where(Membership.tenant_id == by.tenant_id)
    whose = or_(row.account_id == 0, row.account_id.in_(own))
    return and_(row.tenant_id == DISTRICT, row.action == "sign_in.refused", whose)


def readings_between(first: date, last: date, *, by: Actor) -> Readings:
    """Readings of the centre by person and by hour of the day; three statements."""
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    counted = (
        select(Tally.key, Tally.since, func.sum(Tally.n))
        .where(
            Tally.tenant_id == by.tenant_id, Tally.kind == "reading", Tally.since >= begin, Tally.since < end
        )
        .group_by(Tally.key, Tally.since)
    )
    people, hours = Counter[int](), Counter[int]()
    for key, since, count in db.session.execute(counted):
        people[int(key)] += int(count)
        hours[clock.local(since).hour] += int(count)
    names = names_of(people)
    readers = [Reader(one, names.get(one, ""), count) for one, count in people.most_common()]
    return Readings(readers, [(f"{hour:02d}", hours[hour]) for hour in range(24)] if people else [])


def names_of(account_ids: Iterable[int]) -> dict[int, str]:
    """Account → name, in one statement."""
    wanted = sorted(set(account_ids))
    if not wanted:
        return {}
    with control_reading():
        rows = db.session.execute(
            select(Account.id, Account.display_name).where(Account.id.in_(wanted))
        ).all()
    return {row[0]: row[1] for row in rows}


def page_of_readings(
    account_id: int, first: date, last: date, *, by: Actor, before: int | None = None
) -> Page[Any]:
    """The rows behind one line of the report, newest first; the counts say where in the chain they are."""
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    span = select(func.min(Tally.first_no), func.max(Tally.last_no)).where(
        Tally.tenant_id == by.tenant_id,
        Tally.kind == "reading",
        Tally.key == str(account_id),
        Tally.since >= begin,
        Tally.since < end,
    )
    least, most = db.session.execute(span).one()
    if least is None:
        raise NotFound
    statement = select(AuditRow).where(
        AuditRow.tenant_id == by.tenant_id,
        AuditRow.account_id == account_id,
        AuditRow.patient_id.is_not(None),
        AuditRow.use_case == "",
        AuditRow.outcome == "done",
        AuditRow.sealed_no >= least,
        AuditRow.sealed_no <= most,
        AuditRow.at >= begin,
        AuditRow.at < end,
    )
    return page_by_key(statement, AuditRow.id, before=before, size=50)
