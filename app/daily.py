"""Daily work: what a module wants done once a day in every centre, by the clock on the centre's wall.

A manifest names the use case and its time of day. The process that runs the relay carries it out; any number
of them may: each piece is a command whose id is made of the work and the day, so its second arrival is the
first one's answer. A day counts as done when its command stands in the log, so a restart forgets nothing.
After downtime the last time that was missed is made up for; work is written so that once is enough for many days.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import structlog
from pydantic import Field
from sqlalchemy import select

from app import audit, clock
from app.actor import Actor, system_actor
from app.db import db
from app.db.units import Mode, tenant_unit
from app.errors import Conflict, DomainError
from app.faults import fault_of
from app.records import CommandLog
from app.registry import Daily, installed
from app.tenancy import Tenant, directory
from app.use_cases import DAILY, carry_out, perform, use_case

LOOK_EVERY = timedelta(minutes=1)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=10), timedelta(hours=4)
_NEVER = (datetime.min.replace(tzinfo=UTC), timedelta())
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one day's work in one centre."""

    work: str
    on: date
    state: str  # done | known | failed
    error: str = ""


@use_case("accounts.daily.run", is_step=True)
def finish_day(
    *, work: Annotated[str, Field(max_length=100)], on: date, rows: Annotated[int, Field(ge=0)], by: Actor
) -> None:
    """Note that daily work which goes row by row has been through all rows of its day."""
    audit.record("daily.finished", None, by=by, work=work, on=on, rows=rows)


def declared(tenant: Tenant) -> list[Daily]:
    """The daily work of a centre, of the modules that are on, in the order of the clock."""
    modules = [module for module in installed().modules.values() if module.name in tenant.modules]
    found = [work for module in modules for work in module.daily]
    return sorted(found, key=lambda work: (work.at, work.use_case))


def due_day(work: Daily) -> date:
    """The day whose turn it is, in the zone of the centre: today from the hour on, before it yesterday."""
    moment = clock.local(clock.now())
    return moment.date() - timedelta(days=moment.time() < work.at)


def do_now(tenant: Tenant) -> list[Outcome]:
    """Do today's work of a centre at once, whatever the hour; what was done today is left alone."""
    with clock.in_zone(tenant.zone):
        return [_do(tenant, work, clock.today()) for work in declared(tenant)]


def do_one(tenant: Tenant, use_case_name: str) -> Outcome:
    """Do one piece of today's work of a centre at once, whatever the hour."""
    with clock.in_zone(tenant.zone):
        work = next(work for work in declared(tenant) if work.use_case == use_case_name)
        return _do(tenant, work, clock.today())


class Rounds:
    """What one process remembers between two looks: what is done, and what to leave for a while."""

    def __init__(self) -> None:
        self._looked = clock.server_time() - LOOK_EVERY
        self._done: dict[tuple[int, str], date] = {}
        self._rest: dict[tuple[int, str], tuple[datetime, timedelta]] = {}  # not before, and waited how long

    def look(self) -> list[Outcome]:
        """Do what is due, not more often than once a minute; returns what was tried."""
        moment = clock.server_time()
        if moment - self._looked < LOOK_EVERY:
            return []
        self._looked = moment
        return self.do_due()

    def do_due(self) -> list[Outcome]:
        """Do what is due in every active centre."""
        return [outcome for tenant in directory().all_active() for outcome in self._try_centre(tenant)]

    def _try_centre(self, tenant: Tenant) -> list[Outcome]:
        """A centre whose row in the directory is wrong keeps no other from its day."""
        try:
            return self._do_centre(tenant)
        except Exception as failure:  # whatever is wrong with it, the next centre has its turn
            log.error("daily.centre_failed", centre=tenant.code, error=fault_of(failure))
            return []

    def _do_centre(self, tenant: Tenant) -> list[Outcome]:
        tried = []
        with clock.in_zone(tenant.zone):
            for work in declared(tenant):
                key, on = (tenant.id, work.use_case), due_day(work)
                if self._done.get(key) == on or clock.now() < self._rest.get(key, _NEVER)[0]:
                    continue
                outcome = _do(tenant, work, on)
                self._remember(key, outcome)
                tried.append(outcome)
        return tried

    def _remember(self, key: tuple[int, str], outcome: Outcome) -> None:
        if outcome.state == "failed":
            wait = min(LONGEST_WAIT, self._rest.get(key, _NEVER)[1] * 2 or FIRST_WAIT)
            self._rest[key] = (clock.now() + wait, wait)
        else:
            self._done[key] = outcome.on
            self._rest.pop(key, None)


def _do(tenant: Tenant, work: Daily, on: date) -> Outcome:
    """One day's work of one centre; whatever goes wrong is logged and stands in the trail."""
    by = system_actor(tenant.id, origin="job")
    try:
        if _is_known(tenant, work, on):
            return Outcome(work.use_case, on, "known")
        failed = _each(tenant, work, on, by) if work.each else _once(work, on, by)
    except Exception as failure:  # the other work and the other centres go on
        failed = failure
    if failed is None:
        return Outcome(work.use_case, on, "done")
    error = failed.code if isinstance(failed, DomainError) else type(failed).__name__
    log.warning("daily.failed", centre=tenant.code, work=work.use_case, on=str(on), error=error)
    audit.note("daily.failed", by=by, outcome="failed", work=work.use_case, on=on, error=error)
    return Outcome(work.use_case, on, "failed", error)


def _once(work: Daily, on: date, by: Actor) -> Exception | None:
    carry_out(work.use_case, {}, by=by, command_id=_id(work, on))
    return None


def _each(tenant: Tenant, work: Daily, on: date, by: Actor) -> Exception | None:
    """Row by row, each a command of its own; the day is finished when none failed."""
    with tenant_unit(tenant.id):
        rows = work.each() if work.each else []
    failed: Exception | None = None
    for arguments in rows:
        try:
            perform(work.use_case, arguments, by=by)
        except Conflict:  # a desk was faster: this row needs nothing any more
            continue
        except Exception as failure:  # the other rows go on
            failed = failure
    if failed is None:
        facts = {"work": work.use_case, "on": on, "rows": len(rows)}
        carry_out("daily.finish_day", facts, by=by, command_id=_id(work, on))
    return failed


def _is_known(tenant: Tenant, work: Daily, on: date) -> bool:
    statement = select(CommandLog.command_id).where(
        CommandLog.tenant_id == tenant.id, CommandLog.command_id == _id(work, on)
    )
    with tenant_unit(tenant.id, Mode.WRITE):  # a copy for reading may lag behind
        return db.session.scalar(statement) is not None


def _id(work: Daily, on: date) -> str:
    return f"{DAILY}{work.use_case}:{on.isoformat()}"
