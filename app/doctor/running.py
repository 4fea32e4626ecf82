"""What runs beside the pages: Redis, the relay, the trail and its heads, keys."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app import audit, audit_copy
from app.crypto import heads
from app.crypto.keyring import keyring
from app.crypto.models import DataKey, KeyState
from app.db import db
from app.db.units import across_tenants, control_unit
from app.doctor.findings import Found, Site, problem, warning
from app.i18n import gettext
from app.records import AuditRow, ControlAuditRow, ControlDelivery, Delivery, DeliveryStatus

LATE = timedelta(seconds=60)  # for the relay
HEAD_AGE = timedelta(hours=2)
COPY_AGE = timedelta(seconds=60)
KEY_AGE = timedelta(days=365)


def redis_answers(site: Site) -> Iterator[Found]:
    """Redis is there and keeps its tickets."""
    if not site.settings.redis_url:
        yield warning(
            gettext(
                "No Redis: long work runs inside the web server, failed sign-ins are counted by each process."
            ),
            gettext("REDIS_URL and redis/his.conf."),
        )
        return
    from redis import Redis

    line: Any = Redis.from_url(site.settings.redis_url, socket_connect_timeout=2, socket_timeout=2)
    line.ping()
    told = line.info("persistence")
    if not int(told.get("aof_enabled", 0)):
        yield warning(
            gettext("Redis keeps nothing over a restart."), gettext("appendonly yes (redis/his.conf).")
        )


def relay_works(site: Site) -> Iterator[Found]:
    """Messages go out, the trail is sealed."""
    for partition in audit.partitions():
        delivery, row = (Delivery, AuditRow) if partition else (ControlDelivery, ControlAuditRow)
        name = partition or "control"
        with across_tenants(partition):
            due = db.session.scalar(
                select(func.min(delivery.due_at)).where(delivery.status == DeliveryStatus.WAITING.value)
            )
            dead = db.session.scalar(
                select(func.count()).where(delivery.status == DeliveryStatus.DEAD.value).select_from(delivery)
            )
            unsealed = db.session.scalar(select(func.min(row.at)).where(row.sealed_no.is_(None)))
        if min(due or site.now, unsealed or site.now) < site.now - LATE:
            yield problem(
                gettext("Nobody delivers the messages of %(name)s or seals its trail.", name=name),
                gettext("Start his-relay.service; its log says what keeps it."),
            )
        if dead:
            yield warning(
                gettext("%(count)s messages of %(name)s were given up.", count=dead, name=name),
                gettext("The auditor's page of messages shows why, and sends them again."),
            )


def heads_are_signed(site: Site) -> Iterator[Found]:
    """The trail's heads are young and agree with it."""
    for partition in audit.partitions():
        name = partition or "control"
        row = AuditRow if partition else ControlAuditRow
        with across_tenants(partition):
            last = db.session.scalar(select(func.max(row.sealed_no))) or 0
        head = heads.last_kept(partition)
        if last and (head is None or _is_old(head, last, site.now)):
            yield problem(
                gettext("The head of %(name)s's trail was not signed for two hours.", name=name),
                gettext("Start his-relay.service, or `flask audit sign`."),
            )
        for why in heads.complaints(partition)[:3]:
            yield problem(
                gettext("The trail of %(name)s: %(why)s", name=name, why=why),
                gettext("Keep everything as it is and call the auditor (`flask audit verify`)."),
            )
    if site.settings.audit_heads is None:
        yield warning(
            gettext("Signed heads lie on this machine, with what they are to prove."),
            gettext("HIS_AUDIT_HEADS names a folder of another machine."),
        )


def trail_is_copied(site: Site) -> Iterator[Found]:
    """The copy of the trail on another machine is not a minute behind."""
    if audit_copy.folder() is None:
        yield warning(
            gettext("The trail is copied nowhere: who takes this machine takes the proof."),
            gettext("HIS_AUDIT_COPY names a folder of another machine."),
        )
        return
    for partition in audit.partitions():
        row = AuditRow if partition else ControlAuditRow
        with across_tenants(partition):
            oldest = db.session.scalar(
                select(func.min(row.at)).where(row.sealed_no > audit_copy.last_copied(partition))
            )
        if oldest is not None and site.now - oldest > COPY_AGE:
            yield problem(
                gettext(
                    "The copy of %(name)s's trail is more than a minute behind.", name=partition or "control"
                ),
                gettext(
                    "Look at the folder of HIS_AUDIT_COPY and at his-relay.service; nothing is lost meanwhile."
                ),
            )


def _is_old(head: heads.Head, last: int, now: datetime) -> bool:
    return head.number < last and now - datetime.fromisoformat(head.at) > HEAD_AGE


def keys_are_ready(site: Site) -> Iterator[Found]:
    """The master key opens the keys of the centres; none is too old."""
    with control_unit():
        rows = db.session.execute(
            select(DataKey.master, func.min(DataKey.made_at), func.count())
            .where(DataKey.state == KeyState.ACTIVE.value, DataKey.wrapped != "")
            .group_by(DataKey.master)
        ).all()
    for master, oldest, count in rows:
        if master != keyring().master.fingerprint:
            yield problem(
                gettext(
                    "%(count)s keys are wrapped by another master key (%(master)s).",
                    count=count,
                    master=master,
                ),
                gettext("Bring the right HIS_MASTER_KEY_FILE back, or `flask keys rewrap`."),
            )
        if site.now - oldest > KEY_AGE:
            yield warning(
                gettext("The oldest key of a centre was made on %(day)s.", day=f"{oldest:%Y-%m-%d}"),
                gettext("flask keys rotate; desks go on working."),
            )
