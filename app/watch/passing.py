"""One pass of the watch over a database: read what is new, judge it, open alarms, remember how far it came.

The rows are read by their numbers in the chain, so none is missed and none is read before it is sealed. Alarms are
written first and mark and counts after them; two processes may do the same work, but only one of them advances the
mark, and an alarm that stands already is not opened again.
"""

import time
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import and_, false, or_, select, update
from sqlalchemy.exc import IntegrityError

from app import audit, clock
from app.accounts.models import Membership, SignIn
from app.db import db, update_rows
from app.db.units import Mode, Unit, kernel_unit, open_unit
from app.records import AuditRow, ControlAuditRow
from app.tenancy import DISTRICT
from app.watch import people
from app.watch.limits import Places
from app.watch.models import Alarm, ControlTally, ControlWatchMark, Tally, WatchMark
from app.watch.rules import (
    HOUR,
    Count,
    Counts,
    Fact,
    Finding,
    Rule,
    hour_of,
    is_about_limits,
    judge,
    keys_of,
    roles_given,
)

LOOK_SECONDS = 5.0
ROWS = 1000  # of one pass
PASSES = 10  # of one look
AGAIN = 200  # old rows that a pass proves once more
log = structlog.get_logger()


class Watch:
    """What one process remembers: when it looked last."""

    def __init__(self) -> None:
        self._looked = float("-inf")

    def look(self) -> int:
        """A pass over every database, not more often than every few seconds; returns how many alarms it opened."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return 0
        self._looked = time.monotonic()
        return sum(look_at(partition) for partition in audit.partitions())


def look_at(partition: str) -> int:
    """Passes over one database ("" is control) until nothing is left; returns how many alarms were opened.

    After an upgrade the whole trail is new: a look takes some of it, so that the relay's other work goes on.
    """
    opened = 0
    for _ in range(PASSES):
        more, count = _pass(partition)
        opened += count
        if not more:
            break
    return opened


def _pass(partition: str) -> tuple[bool, int]:
    with open_unit(Unit(Mode.READ, None, partition, all_tenants=True)):
        mark = db.session.scalar(select(_mark_type(partition)))
        seen = _new_rows(partition, mark)
        proof = _prove_again(partition, mark)
        known = _counts(partition, seen.facts)
    if not seen.rows and not seen.facts and not seen.findings and not proof.findings:
        _advance(partition, mark, seen, proof, Counts()) if proof.moves else None
        return False, 0
    counts = Counts(known)
    findings = [*seen.findings, *proof.findings]
    for fact in seen.facts:
        findings += judge(fact, counts)
    findings += people.judge_readings([fact for fact in seen.facts if fact.is_reading])
    opened = _open(partition, findings)
    is_mine = _advance(partition, mark, seen, proof, counts)
    return is_mine and len(seen.rows) == ROWS, opened


class _Seen:
    """The new rows as facts, and what is wrong with their chain."""

    def __init__(self, number: int, row_hash: str, sign_in_id: int) -> None:
        self.rows: list[Any] = []
        self.facts: list[Fact] = []
        self.findings: list[Finding] = []
        self.number, self.hash, self.sign_in_id = number, row_hash, sign_in_id


class _Proof:
    """How far the slow second reading came."""

    def __init__(self, number: int, row_hash: str) -> None:
        self.number, self.hash = number, row_hash
        self.findings: list[Finding] = []
        self.moves = False


def _row_type(partition: str) -> Any:
    return AuditRow if partition else ControlAuditRow


def _mark_type(partition: str) -> Any:
    return WatchMark if partition else ControlWatchMark


def _tally_type(partition: str) -> Any:
    return Tally if partition else ControlTally


def _new_rows(partition: str, mark: Any) -> _Seen:
    seen = _Seen(mark.seen_no, mark.seen_hash, mark.sign_in_id) if mark else _Seen(0, "", 0)
    row = _row_type(partition)
    statement = select(row).where(row.sealed_no >= seen.number).order_by(row.sealed_no).limit(ROWS + 1)
    rows = list(db.session.scalars(statement))
    if seen.number:
        is_whole = bool(rows) and (rows[0].sealed_no, rows[0].row_hash) == (seen.number, seen.hash)
        if not is_whole:
            seen.findings.append(_broken(partition, seen.number, rows[0] if rows else None))
        rows = rows[1:] if is_whole or (rows and rows[0].sealed_no == seen.number) else rows
    seen.rows = rows[:ROWS]
    places = Places()
    for one in seen.rows:
        if not audit.follows(one, seen.number, seen.hash) and not seen.findings:
            seen.findings.append(_broken(partition, one.sealed_no, one))
        seen.number, seen.hash = one.sealed_no, one.row_hash
        seen.facts.append(_fact(one, places))
    if not partition:
        seen.facts += _sign_ins(seen, places)
    return seen


def _fact(row: Any, places: Places) -> Fact:
    limits, local = places.of(row.tenant_id, row.at)
    return Fact(
        no=row.sealed_no,
        tenant_id=row.tenant_id,
        at=row.at,
        local=local,
        account_id=row.account_id,
        name=row.actor_name,
        address=row.address,
        action=row.action,
        outcome=row.outcome,
        patient_id=row.patient_id,
        is_page=not row.use_case,
        roles=roles_given(row.action, row.detail),
        is_about_limits=is_about_limits(row.action, row.detail),
        limits=limits,
    )


def _sign_ins(seen: _Seen, places: Places) -> list[Fact]:
    """Sign-ins stand in control, whatever the partition of their centre: a move between two is found by them."""
    statement = (
        select(SignIn.id, SignIn.account_id, SignIn.started_at, SignIn.address, Membership.tenant_id)
        .join(Membership, Membership.id == SignIn.membership_id)
        .where(SignIn.id > seen.sign_in_id, SignIn.is_program == false())
        .order_by(SignIn.id)
        .limit(ROWS)
    )
    rows = db.session.execute(statement).all()
    seen.sign_in_id = max([seen.sign_in_id, *(row[0] for row in rows)])
    found = []
    for _, account_id, at, address, tenant_id in rows:
        limits, local = places.of(tenant_id, at)
        number = seen.number
        found.append(
            Fact(
                no=number,
                tenant_id=tenant_id,
                at=at,
                local=local,
                account_id=account_id,
                address=address,
                action="sign_in",
                limits=limits,
            )
        )
    return found


def _prove_again(partition: str, mark: Any) -> _Proof:
    """Walk the old part of the chain slowly and for ever: a row that was changed years later is found, too."""
    proof = _Proof(mark.proved_no, mark.proved_hash) if mark else _Proof(0, "")
    if mark is None or not mark.seen_no:
        return proof
    row = _row_type(partition)
    statement = (
        select(row)
        .where(row.sealed_no > proof.number, row.sealed_no <= mark.seen_no)
        .order_by(row.sealed_no)
        .limit(AGAIN)
    )
    rows = list(db.session.scalars(statement))
    for one in rows:
        if not audit.follows(one, proof.number, proof.hash) and not proof.findings:
            proof.findings.append(_broken(partition, one.sealed_no, one))
        proof.number, proof.hash = one.sealed_no, one.row_hash
    if len(rows) < AGAIN:
        proof.number, proof.hash = 0, ""
    proof.moves = (proof.number, proof.hash) != (mark.proved_no, mark.proved_hash)
    return proof


def _broken(partition: str, number: int, row: Any) -> Finding:
    at = clock.now()
    return Finding(
        rule=Rule.CHAIN,
        tenant_id=DISTRICT,
        subject=f"chain:{partition or 'control'}:{number}"[:100],
        since=hour_of(at) if row is None else row.at,
        at=at,
        account_id=0,
        name="",
        first_no=number,
        last_no=number,
    )


def _counts(partition: str, facts: list[Fact]) -> list[Count]:
    wanted = keys_of(facts)
    if not wanted:
        return []
    tally = _tally_type(partition)
    by_kind = [
        and_(tally.kind == kind, tally.key.in_(sorted(key for one, key in wanted if one == kind)))
        for kind in sorted({one for one, _ in wanted})
    ]
    first = min(fact.at for fact in facts) - HOUR
    rows = db.session.scalars(select(tally).where(tally.since >= first, or_(*by_kind)))
    return [Count(**{one.name: getattr(row, one.name) for one in fields(Count)}) for row in rows]


def _open(partition: str, findings: list[Finding]) -> int:
    """Write the alarms that do not stand yet; those of an account of no centre's act go to its first centre."""
    if not findings:
        return 0
    fresh: dict[tuple[int, str, str, datetime], Finding] = {}
    with kernel_unit(""):
        homes = _homes({one.account_id for one in findings if one.tenant_id == DISTRICT and one.account_id})
        for one in findings:
            tenant_id = one.tenant_id or homes.get(one.account_id, DISTRICT)
            fresh[tenant_id, one.rule.value, one.subject, one.since] = one
        for key in _standing(list(fresh)):
            fresh.pop(key, None)
        for (tenant_id, *_), one in fresh.items():
            db.session.add(_alarm(partition, tenant_id, one))
        try:
            db.session.commit()
        except IntegrityError:  # another process has just opened them
            db.session.rollback()
            log.info("watch.overtaken", partition=partition)
            return 0
    for one in fresh.values():
        log.warning("alarm.opened", rule=one.rule.value, partition=partition or "control")
    return len(fresh)


def _alarm(partition: str, tenant_id: int, found: Finding) -> Alarm:
    return Alarm(
        tenant_id=tenant_id,
        rule=found.rule,
        subject=found.subject,
        since=found.since,
        at=found.at,
        opened_at=clock.now(),
        partition=partition,
        account_id=found.account_id,
        actor_name=found.name,
        address=found.address,
        count=found.count,
        allowed=found.allowed,
        first_no=found.first_no,
        last_no=found.last_no,
    )


def _homes(account_ids: set[int]) -> dict[int, int]:
    if not account_ids:
        return {}
    rows = db.session.execute(
        select(Membership.account_id, Membership.tenant_id)
        .where(Membership.account_id.in_(sorted(account_ids)))
        .order_by(Membership.id.desc())
    )
    return {row[0]: row[1] for row in rows}


def _standing(keys: list[tuple[int, str, str, datetime]]) -> list[tuple[int, str, str, datetime]]:
    first = min(key[3] for key in keys) - timedelta(seconds=1)
    rows = db.session.execute(
        select(Alarm.tenant_id, Alarm.rule, Alarm.subject, Alarm.since).where(
            Alarm.tenant_id.in_(sorted({key[0] for key in keys})),
            Alarm.subject.in_(sorted({key[2] for key in keys})),
            Alarm.since >= first,
        )
    )
    return [(row[0], row[1].value, row[2], row[3]) for row in rows]


def _advance(partition: str, mark: Any, seen: _Seen, proof: _Proof, counts: Counts) -> bool:
    """Remember how far the pass came; False when another process was faster, whose counts then stand."""
    mark_type = _mark_type(partition)
    values = {
        "seen_no": seen.number,
        "seen_hash": seen.hash,
        "proved_no": proof.number,
        "proved_hash": proof.hash,
        "sign_in_id": seen.sign_in_id,
    }
    with kernel_unit(partition):
        try:
            if mark is None:
                db.session.add(mark_type(id=1, passes=1, **values))
                db.session.flush()
            else:
                mine = update(mark_type).where(mark_type.id == 1, mark_type.passes == mark.passes)
                if not update_rows(mine.values(passes=mark.passes + 1, **values)):
                    return False
            _keep(partition, counts)
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
            return False
    return True


def _keep(partition: str, counts: Counts) -> None:
    changed = [counts.all[key] for key in counts.changed]
    if not changed:
        return
    tally = _tally_type(partition)
    keys = sorted({one.key for one in changed})
    first = min(one.since for one in changed)
    rows = db.session.scalars(select(tally).where(tally.key.in_(keys), tally.since >= first))
    standing = {(row.kind, row.key, row.address, row.since, row.tenant_id): row for row in rows}
    for key in counts.changed:
        one, row = counts.all[key], standing.get(key)
        if row is None:
            db.session.add(tally(**{part.name: getattr(one, part.name) for part in fields(Count)}))
        else:
            row.n, row.last_at, row.first_no, row.last_no = one.n, one.last_at, one.first_no, one.last_no
