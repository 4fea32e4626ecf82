"""What the servers say: roles, policies, revisions, clocks, copies."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import InvalidRequestError

from app import clock
from app.db import db, isolation, migrate, soundness
from app.db.places import Partition
from app.db.replicas import NEAR_SECONDS, lag_between
from app.db.units import control_unit
from app.doctor.findings import Found, Site, problem, warning
from app.i18n import gettext

OFFSET = 1.0  # seconds between two clocks


def roles_are_plain(site: Site) -> Iterator[Found]:
    """No role that could pass row-level security by."""
    for name in site.settings.partition_urls:
        if why := isolation.ways_around(site.engines[name]):
            yield problem(
                gettext(
                    "The role of %(name)s could read every centre: %(why)s.", name=name, why=", ".join(why)
                ),
                gettext("A plain role for the product, the owner in HIS_OWNER_URLS (postgresql/roles.sql)."),
            )


def tables_have_policies(site: Site) -> Iterator[Found]:
    """Every table of a centre is kept apart by the database."""
    for name in site.settings.partition_urls:
        engine = site.engines[name]
        if engine.dialect.name == "sqlite":
            yield warning(
                gettext("%(name)s is SQLite: the database itself keeps no centres apart.", name=name),
                gettext("PostgreSQL or SQL Server where people are treated."),
            )
        elif tables := isolation.unguarded(engine):
            yield problem(
                gettext(
                    "Tables of %(name)s without a policy: %(tables)s.", name=name, tables=", ".join(tables)
                ),
                gettext("flask db upgrade; then find out who changed them."),
            )


def schemas_are_present(site: Site) -> Iterator[Found]:
    """Every database stands at this release's revision."""
    for name, engine in site.primaries():
        newest, stands = migrate.newest(migrate.kind_of(name)), migrate.present(engine)
        if stands != newest:
            yield problem(
                gettext(
                    "%(name)s stands at %(stands)s, this release at %(newest)s.",
                    name=name,
                    stands=stands or "-",
                    newest=newest,
                ),
                gettext("flask db upgrade, with owner.env."),
            )


def clocks_agree(site: Site) -> Iterator[Found]:
    """This machine's clock and each server's."""
    for name, engine in site.primaries():
        with engine.connect() as connection:
            theirs = soundness.clock_of(connection)
            offset = abs((clock.server_time() - theirs).total_seconds()) if theirs else 0.0
        if offset > OFFSET:
            yield problem(
                gettext("The clock of %(name)s differs by %(offset)s s.", name=name, offset=f"{offset:.1f}"),
                gettext("chrony or ntpd on both machines."),
            )


def commits_are_confirmed(site: Site) -> Iterator[Found]:
    """Zero loss is a setting."""
    for name, engine in site.primaries():
        with engine.connect() as connection:
            if soundness.confirms_commits(connection) is False:
                yield problem(
                    gettext(
                        "Commits of %(name)s wait for no other server: a failover may lose work.", name=name
                    ),
                    gettext("synchronous_standby_names and two standbys (postgresql/his.conf)."),
                )


def copies_follow(site: Site) -> Iterator[Found]:
    """Replicas answer and are near."""
    for name in site.settings.partition_urls:
        keys = site.engines.copies(name)
        if not keys:
            yield warning(
                gettext("%(name)s has no copy for reading.", name=name),
                gettext("HIS_REPLICA_URLS: pages read there, and go on while the primary is away."),
            )
            continue
        beat = _beat(site.engines[name])
        for key in keys:
            lag = lag_between(beat, _beat(site.engines[key]))
            if lag > NEAR_SECONDS:
                yield problem(
                    gettext("%(name)s is %(seconds)s s behind.", name=key, seconds=f"{lag:.0f}"),
                    gettext("Look at its log and at pg_stat_replication of the primary."),
                )


def _beat(engine: Engine) -> datetime | None:
    from app.db.places import ClusterState

    with engine.connect() as connection:
        return connection.scalar(select(ClusterState.beat_at))


def epochs_agree(site: Site) -> Iterator[Found]:
    """No primary of the past."""
    with control_unit():
        known = {row[0]: row[1] for row in db.session.execute(select(Partition.name, Partition.epoch))}
    for name, engine in site.primaries():
        epoch = _epoch(engine, is_control=name == "control")
        if epoch < (least := known.get(name, 0)):
            yield problem(
                gettext(
                    "%(name)s is of epoch %(epoch)s, the directory knows %(least)s: a primary of the past.",
                    name=name,
                    epoch=epoch,
                    least=least,
                ),
                gettext("Stop that server; rejoin.sh brings it back as a standby."),
            )


def _epoch(engine: Engine, *, is_control: bool) -> int:
    """Of this server; 0 when the product itself already refuses it as a primary of the past."""
    try:
        with engine.connect() as connection:
            return soundness.epoch_of(connection, is_control=is_control)
    except InvalidRequestError:  # the pool's words when every connection was refused at check-out
        return 0
