"""All data of a centre in an open form, for when it leaves: see docs/export.md.

One operator asks and says why, another releases; the relay's process writes the file, which may be fetched for a
day. Fields that are sealed in the database are opened unless the one who asks wants them sealed.
"""

import base64
import hashlib
import json
import tomllib
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

from flask import current_app
from pydantic import Field
from sqlalchemy import select

from app import audit, clock, sheets, tasks
from app.accounts.models import Account, Membership
from app.actor import Actor
from app.config import ROOT
from app.crypto.fields import BEGIN, open_text
from app.db import db, lock_row
from app.db.exporting import tables_of_centre
from app.db.units import control_reading
from app.errors import Conflict, NotFound, PermissionDenied
from app.i18n import N_
from app.jobs.models import JobStatus
from app.tenancy import directory
from app.use_cases import use_case
from tenants.models import Centre, Export, Logo, ModuleSubscription, RoleGrant
from tenants.moves import CentreBusy

KIND = "centre.export"
FORMAT = "community-cloud-his-export/1"
HOURS = 24
SHOWN = 100
Reason = Annotated[str, Field(min_length=4, max_length=300)]


class SamePerson(PermissionDenied):
    """Who asked does not release."""

    code = "tenants.export_same_person"
    message = N_("Another operator than the one who asked releases an export.")


class ReleasedAlready(Conflict):
    """It was released before."""

    code = "tenants.export_released"
    message = N_("This export was released already.")


class NotReady(NotFound):
    """The file is not made yet, or its day is over, or it lies on another machine."""

    code = "tenants.export_not_ready"
    message = N_("The file of this export is not here: it is not ready yet, or its day is over.")


@use_case("tenants.export.make", database="control")
def ask_export(*, tenant_id: int, reason: Reason, is_opened: bool = False, by: Actor) -> Export:
    """Ask for all data of a centre; another operator releases it.

    Raises:
        NotFound: there is no such centre.
    """
    centre = db.session.get(Centre, tenant_id)
    if centre is None:
        raise NotFound(field="tenant_id")
    row = Export(
        tenant_id=tenant_id,
        reason=reason,
        is_opened=is_opened,
        asked_by=by.account_id,
        asked_name=by.name,
        asked_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.record("export.asked", row, by=by, centre=centre.code, reason=reason, sealed_opened=is_opened)
    return row


@use_case("tenants.export.make", database="control")
def release_export(*, export_id: int, by: Actor) -> Export:
    """Release an export that another operator asked for; the relay's process makes the file.

    Raises:
        NotFound: there is no such export.
        SamePerson: the actor asked for it.
        ReleasedAlready: it was released before.
        CentreBusy: other long work about the centre waits or runs.
    """
    row = lock_row(Export, export_id)
    if row is None:
        raise NotFound(field="export_id")
    if row.asked_by == by.account_id:
        raise SamePerson
    if row.released_by is not None:
        raise ReleasedAlready
    if tasks.is_busy(row.tenant_id):
        raise CentreBusy
    centre = db.session.get_one(Centre, row.tenant_id)
    row.released_by, row.released_name, row.released_at = by.account_id, by.name, clock.now()
    about = f"{centre.code} {centre.name}"
    row.task_id = tasks.new_task(KIND, tenant_id=centre.id, about=about, by=by, export_id=row.id).id
    audit.record("export.released", row, by=by, centre=centre.code)
    return row


@use_case("tenants.export.make", database="control", is_step=True)
def note_ready(
    *, export_id: int, size: int, digest: Annotated[str, Field(max_length=64)], by: Actor
) -> Export:
    """The file is written: it may be fetched for a day."""
    row = lock_row(Export, export_id)
    if row is None:
        raise NotFound(field="export_id")
    row.size, row.digest, row.ready_until = size, digest, clock.now() + timedelta(hours=HOURS)
    audit.record("export.made", row, by=by, size=size, digest=digest)
    return row


def list_exports() -> list[tuple[Export, str, bool]]:
    """The latest exports with the name of their centre and whether they failed, newest first. One statement."""
    task = tasks.DistrictTask
    query = (
        select(Export, Centre.name, task.status)
        .join(Centre, Centre.id == Export.tenant_id)
        .outerjoin(task, task.id == Export.task_id)
    )
    with control_reading():
        found = db.session.execute(query.order_by(Export.id.desc()).limit(SHOWN)).all()
    return [(row, name, status is JobStatus.FAILED) for row, name, status in found]


def file_for(export_id: int, *, by: Actor) -> tuple[Path, str]:
    """The file and its name for who fetches it; each fetch stands in the trail.

    Raises:
        NotReady: it is not made yet, its day is over, or it lies on another machine.
    """
    with control_reading():
        row = db.session.get(Export, export_id)
    path = path_of(export_id)
    if row is None or row.ready_until is None or row.ready_until < clock.now() or not path.exists():
        raise NotReady
    centre = directory().get(row.tenant_id)
    audit.note("export.fetched", by=by, subject=row, centre=centre.code)
    return path, sheets.file_name(f"{centre.code}-{row.id}", by, "zip")


def path_of(export_id: int) -> Path:
    """Where the file of an export is written."""
    folder: Path = current_app.extensions["his_settings"].data_folder / "exports"
    return folder / f"{export_id}.zip"


def remove_old() -> int:
    """Take away files whose day is over; returns how many."""
    files, removed = list(path_of(0).parent.glob("*.zip")), 0
    if not files:
        return 0
    with control_reading():
        good = set(db.session.scalars(select(Export.id).where(Export.ready_until >= clock.now())))
        busy = select(Export.id).where(Export.released_by.is_not(None), Export.ready_until.is_(None))
        good |= set(db.session.scalars(busy))
    for file in files:
        if int(file.stem) not in good:
            file.unlink(missing_ok=True)
            removed += 1
    return removed


def carry_out(handle: tasks.Handle) -> tasks.Outcome:
    """The task of an export: progress by table."""
    with control_reading():
        row = db.session.get_one(Export, handle.task.arguments["export_id"])
        centre = db.session.get_one(Centre, row.tenant_id)
    remove_old()
    path = path_of(row.id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    handle.message = N_("The tables are written.")
    try:
        rows = _write(path, row, centre, handle)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    digest, size = _digest(path), path.stat().st_size
    note_ready(export_id=row.id, size=size, digest=digest, by=handle.actor)
    text = N_("%(rows)s rows in %(tables)s tables, %(size)s bytes; SHA-256 %(digest)s")
    return text, {"rows": rows, "tables": len(handle.steps), "size": size, "digest": digest}


def _write(path: Path, row: Export, centre: Centre, handle: tasks.Handle) -> int:
    described: list[dict[str, Any]] = []
    began = clock.now()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for name, rows in _of_control(centre):
            columns = {key: type(value).__name__ for key, value in rows[0].items()} if rows else {}
            described.append(_table(archive, name, columns, iter(rows), handle))
        for table in tables_of_centre(centre.partition, centre.id):
            opened = table.sealed if row.is_opened else frozenset()
            plain = _opened(table.name, opened, table.rows)
            described.append(_table(archive, table.name, table.columns, plain, handle))
        manifest = {
            "format": FORMAT,
            "product_version": _version(),
            "centre": {"id": centre.id, "code": centre.code, "name": centre.name},
            "begun_at": began.isoformat(),
            "sealed_fields": "opened" if row.is_opened else "sealed",
            "watermark": _watermark(row, centre),
            "tables": described,
        }
        archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return sum(table["rows"] for table in described)


def _table(
    archive: zipfile.ZipFile,
    name: str,
    columns: dict[str, str],
    rows: Iterator[dict[str, Any]],
    handle: tasks.Handle,
) -> dict[str, Any]:
    count, digest, file = 0, hashlib.sha256(), f"tables/{name}.jsonl"
    with archive.open(file, "w", force_zip64=True) as output:
        for row in rows:
            line = (json.dumps(row, ensure_ascii=False, default=plain_value) + "\n").encode()
            output.write(line)
            digest.update(line)
            count += 1
            if count % 1000 == 0:
                handle.step(name, count)
    handle.step(name, count)
    return {"name": name, "file": file, "rows": count, "sha256": digest.hexdigest(), "columns": columns}


def _opened(table: str, sealed: frozenset[str], rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        place = SimpleNamespace(tenant_id=row["tenant_id"], id=row.get("id"), __tablename__=table)
        for name in sealed:
            if row[name] and row[name].startswith(BEGIN):
                row[name] = open_text(row[name], place, name)
        yield row


def _of_control(centre: Centre) -> list[tuple[str, list[dict[str, Any]]]]:
    """What the control database holds of the centre; of accounts the names, never a password's hash."""
    with control_reading():
        return [
            ("centre", [_centre_of(centre)]),
            ("logo", [_logo_of(one) for one in _owned(Logo, centre)]),
            (
                "modules",
                [{"module": one.module, "is_on": one.is_on} for one in _owned(ModuleSubscription, centre)],
            ),
            ("grants", [_grant_of(one) for one in _owned(RoleGrant, centre)]),
            ("accounts", _accounts_of(centre)),
        ]


def _owned(model: Any, centre: Centre) -> list[Any]:
    return list(db.session.scalars(select(model).where(model.tenant_id == centre.id).order_by(model.id)))


def _centre_of(centre: Centre) -> dict[str, Any]:
    names = ("id", "code", "name", "district", "zone", "plan", "settings")
    return {name: getattr(centre, name) for name in names}


def _logo_of(logo: Logo) -> dict[str, Any]:
    return {"digest": logo.digest, "png": base64.b64encode(logo.content).decode()}


def _grant_of(grant: RoleGrant) -> dict[str, Any]:
    return {"role": grant.role, "permission": grant.permission, "is_granted": grant.is_granted}


def _accounts_of(centre: Centre) -> list[dict[str, Any]]:
    people = (
        select(Membership, Account)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.tenant_id == centre.id)
        .order_by(Membership.id)
    )
    return [
        {
            "account_id": account.id,
            "sign_in_name": account.sign_in_name,
            "display_name": account.display_name,
            "roles": member.roles,
            "practitioner_id": member.practitioner_id,
            "is_enabled": member.is_enabled,
        }
        for member, account in db.session.execute(people).all()
    ]


def plain_value(value: Any) -> Any:
    """What JSON has no form for: moments in UTC, days and times of day, exact numbers as text, bytes in base64."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _watermark(row: Export, centre: Centre) -> str:
    return (
        f"{centre.code} export {row.id}; asked by {row.asked_name} ({row.asked_by}) at {row.asked_at.isoformat()}, "
        f"released by {row.released_name} ({row.released_by}); reason: {row.reason}"
    )


def _version() -> str:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def complaints_about(path: Path) -> tuple[int, list[str]]:
    """Read an export again: rows counted, and whatever is not as its manifest says."""
    found: list[str] = []
    rows = 0
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        if manifest.get("format") != FORMAT:
            return 0, [f"unknown format: {manifest.get('format')}"]
        names = {table["file"] for table in manifest["tables"]} | {"manifest.json"}
        found += [f"{name}: not in the manifest" for name in archive.namelist() if name not in names]
        for table in manifest["tables"]:
            count, why = _check_table(archive, table)
            rows += count
            found += [f"{table['name']}: {one}" for one in why]
    return rows, found


def _check_table(archive: zipfile.ZipFile, table: dict[str, Any]) -> tuple[int, list[str]]:
    if table["file"] not in archive.namelist():
        return 0, ["the file is missing"]
    count, digest = 0, hashlib.sha256()
    found: list[str] = []
    columns = set(table["columns"])
    with archive.open(table["file"]) as lines:
        for line in lines:
            digest.update(line)
            count += 1
            if set(json.loads(line)) != columns and not found:
                found.append(f"row {count} has other columns than the manifest says")
    if count != table["rows"]:
        found.append(f"{count} rows instead of {table['rows']}")
    if digest.hexdigest() != table["sha256"]:
        found.append("the SHA-256 is another one")
    return count, found
