"""Opening alarms for what the rules have found; one that stands already is not opened again."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.accounts.models import Membership
from app.db import db
from app.db.units import kernel_unit
from app.tenancy import DISTRICT
from app.watch.models import Alarm
from app.watch.rules import Finding

log = structlog.get_logger()


def open_alarms(partition: str, findings: list[Finding]) -> int:
    """Write alarms that do not stand yet, and count them; acts outside any centre go to the account's first one."""
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
