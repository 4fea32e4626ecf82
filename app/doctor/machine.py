"""What the machine has: libraries, room, backups, fonts; and accounts nobody uses."""

import ctypes.util
import shutil
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection, func, select

from app.accounts.models import Account, SignIn
from app.crypto import versions
from app.db import db, soundness
from app.db.units import control_unit
from app.doctor.findings import Found, Site, ok, problem, warning
from app.i18n import gettext
from app.web import assets

BACKUP_AGE = timedelta(hours=26)
UNUSED = timedelta(days=90)
FREE_SHARE, LEAST_SHARE = 0.15, 0.05
PYTHON_ENDS = {(3, 11): date(2027, 10, 31), (3, 12): date(2028, 10, 31), (3, 13): date(2029, 10, 31)}
POSTGRES_ENDS = {
    13: date(2025, 11, 13),
    14: date(2026, 11, 12),
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
}
OLD_OPENSSL = b"OpenSSL 1."  # 1.1.1 ended in September 2023


def libraries_are_mended(site: Site) -> Iterator[Found]:
    """Versions, and what their makers no longer mend."""
    python = sys.version_info[:2]
    said = f"Python {sys.version.split()[0]}, {versions.openssl()}"
    if site.now.date() > PYTHON_ENDS.get(python, date.max) or not versions.is_mended():
        yield problem(
            gettext("%(said)s: no longer mended by its makers.", said=said), gettext("A newer system.")
        )
    else:
        yield ok(said)
    uses_mssql = any(url.startswith("mssql") for url in site.settings.urls().values())
    if old := _openssl_of_pymssql():
        found = problem if uses_mssql else warning
        yield found(
            gettext("pymssql brings its own %(openssl)s, which is no longer mended.", openssl=old),
            gettext("pip install --no-binary pymssql pymssql, with freetds-dev (docs/deployment.md)."),
        )
    for name, engine in site.primaries():
        with engine.connect() as connection:
            yield from _server(site, name, connection)


def _server(site: Site, name: str, connection: Connection) -> Iterator[Found]:
    version = soundness.version_of(connection)
    said = f"{name}: {connection.dialect.name} {'.'.join(map(str, version))}"
    ended = connection.dialect.name == "postgresql" and site.now.date() > POSTGRES_ENDS.get(
        version[0], date.max
    )
    if ended or (connection.dialect.name == "postgresql" and version[0] < min(POSTGRES_ENDS)):
        yield problem(
            gettext("%(said)s: no longer mended by its makers.", said=said), gettext("A newer server.")
        )
    else:
        yield ok(said)


def _openssl_of_pymssql() -> str:
    """Which OpenSSL stands inside the driver's files, if an old one."""
    found = find_spec("pymssql")
    if found is None or not found.submodule_search_locations:
        return ""
    folder = Path(next(iter(found.submodule_search_locations)))
    for file in (*folder.glob("*.so"), *folder.parent.glob("pymssql.libs/*")):
        held = file.read_bytes()
        if (place := held.find(OLD_OPENSSL)) >= 0:
            return held[place : place + 20].split(b"\0")[0].decode("ascii", "replace").strip()
    return ""


def disks_have_room(site: Site) -> Iterator[Found]:
    """The data folder's disk."""
    usage = shutil.disk_usage(site.settings.data_folder)
    share = usage.free / usage.total
    said = gettext(
        "%(percent)s%% of the disk of %(folder)s is free.",
        percent=int(100 * share),
        folder=site.settings.data_folder,
    )
    if share < FREE_SHARE:
        found = problem if share < LEAST_SHARE else warning
        yield found(said, gettext("Make room before it is full."))


def backups_are_young(site: Site) -> Iterator[Found]:
    """The stamps that the backup script leaves."""
    folder = site.environment.get("HIS_BACKUP_FOLDER", "")
    stamps = sorted(Path(folder).glob("*.stamp")) if folder else []
    if not stamps:
        yield problem(
            gettext("No backup is known of."),
            gettext("backup/backup.sh every night; HIS_BACKUP_FOLDER names its folder."),
        )
    for stamp in stamps:
        made = datetime.fromisoformat(stamp.read_text().strip().replace("Z", "+00:00"))
        if site.now - made > BACKUP_AGE:
            yield problem(
                gettext(
                    "The last backup of %(name)s is of %(moment)s.",
                    name=stamp.stem,
                    moment=f"{made:%Y-%m-%d %H:%M} UTC",
                ),
                gettext("Look at his-backup.service."),
            )


def accounts_are_used(site: Site) -> Iterator[Found]:
    """No enabled account that nobody uses."""
    seen = (
        select(SignIn.account_id, func.max(SignIn.seen_at).label("at")).group_by(SignIn.account_id).subquery()
    )
    with control_unit():
        names = db.session.scalars(
            select(Account.sign_in_name)
            .outerjoin(seen, seen.c.account_id == Account.id)
            .where(Account.is_enabled, func.coalesce(seen.c.at, Account.created_at) < site.now - UNUSED)
            .order_by(Account.sign_in_name)
        ).all()
    if names:
        yield warning(
            gettext(
                "%(count)s accounts were not used for 90 days: %(names)s.",
                count=len(names),
                names=", ".join(names[:10]),
            ),
            gettext("Disable those whose owners have left."),
        )


def papers_can_be_made(site: Site) -> Iterator[Found]:
    """What pages and papers need besides the program."""
    if assets.are_missing():
        yield problem(gettext("The pages' files are missing."), gettext("python deploy/assets.py"))
    if not ctypes.util.find_library("harfbuzz-subset"):
        yield warning(gettext("Papers are made slowly."), gettext("apt install libharfbuzz-subset0"))
    if not any(Path("/usr/share/fonts").rglob("*CJK*")):
        yield problem(gettext("No Chinese fonts for papers."), gettext("apt install fonts-noto-cjk"))
