"""The operator's commands for centres."""

import csv
import os
import secrets
from pathlib import Path
from typing import Any, TextIO

import click
from flask.cli import AppGroup, with_appcontext

from app.actor import Actor, system_actor
from app.db.moving import MoveFailed
from app.errors import DomainError, InvalidInput
from app.use_cases import perform
from tenants import exports, moves, parts, provisioning
from tenants.bulk import COLUMNS, NEEDED
from tenants.directory import TenantDirectory
from tenants.models import Centre

centres = AppGroup("centre", help="Centres as tenants: open them, move them between partitions.")


@centres.command("create")
@click.argument("code")
@click.argument("name")
@click.argument("district")
@click.option("--administrator", required=True, help="Full name; signs in as admin@CODE.")
@click.option("--security-administrator", required=True, help="Full name; signs in as security@CODE.")
@click.option("--partition", default="", help="None: the one with the fewest centres.")
@click.option("--template", default=parts.DEFAULT_TEMPLATE, show_default=True)
@click.option("--plan", default=provisioning.DEFAULT_PLAN, show_default=True)
@with_appcontext
def create(**given: str) -> None:
    """Open the centre CODE and print the one-time codes of its first administrators."""
    try:
        centre = _create(given, _by())
    except DomainError as refusal:
        raise SystemExit(f"not opened: {_text(refusal)}") from None
    for code in centre.codes:
        click.echo(f"{code.sign_in_name}: {code.code} (at /welcome, within three days)")


@centres.command("create-many")
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@click.option("--codes", required=True, type=click.Path(path_type=Path), help="New file for one-time codes.")
@with_appcontext
def create_many(file: TextIO, codes: Path) -> None:
    """Open a centre for each line of FILE (CSV): code, name, district, administrator, security_administrator.

    Columns partition, template and plan may follow. A line that cannot be is reported, the others go on; the file of
    codes is readable by its owner only, and worth nothing after three days. Run again, it opens what is missing.
    """
    rows = list(csv.DictReader(file))
    if missing := [name for name in NEEDED if rows and name not in rows[0]]:
        raise SystemExit(f"columns are missing: {', '.join(missing)}")
    refused: list[str] = []
    by = _by()
    descriptor = os.open(codes, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(("centre", "sign_in_name", "name", "role", "code"))
        with click.progressbar(rows, label="centres") as bar:
            for number, row in enumerate(bar, start=2):
                try:
                    centre = _create(row, by)
                except DomainError as refusal:
                    refused.append(f"line {number}, {row.get('code')}: {_text(refusal)}")
                    continue
                for code in centre.codes:
                    writer.writerow((centre.code, code.sign_in_name, code.display_name, code.role, code.code))
                output.flush()
    for line in refused:
        click.echo(line, err=True)
    click.echo(f"{len(rows) - len(refused)} centres opened, {len(refused)} not; codes in {codes}")
    if refused:
        raise SystemExit(1)


@centres.command("prepare")
@click.argument("code")
@with_appcontext
def prepare(code: str) -> None:
    """Try the preparation of the centre CODE again, now and here."""
    tenant = _directory().find_by_code(code)
    if tenant is None:
        raise SystemExit(f"no such centre: {code}")
    provisioning.prepare_centre(tenant.id)
    click.echo(f"{code}: prepared")


@centres.command("move")
@click.argument("code")
@click.argument("partition")
@with_appcontext
def move(code: str, partition: str) -> None:
    """Move the centre CODE to PARTITION while it works."""
    tenant = _directory().find_by_code(code)
    if tenant is None:
        raise SystemExit(f"no such centre: {code}")
    try:
        moved = moves.move_centre(tenant.id, partition, by=system_actor(None), say=_say)
    except (DomainError, MoveFailed) as refusal:
        raise SystemExit(f"not moved: {refusal}") from None
    rows, seconds = sum(moved.rows.values()), moved.pause
    click.echo(
        f"{code}: {rows} rows, {moved.changes} changed meanwhile, writers waited {seconds:.2f} s at most"
    )


@centres.command("free")
@with_appcontext
def free() -> None:
    """After a move that broke off: let the centres it froze go on where they are."""
    freed = moves.finish_broken_moves()
    click.echo(f"freed: {', '.join(freed)}" if freed else "nothing to free")


@centres.command("check-export")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check_export(file: Path) -> None:
    """Read an exported FILE again and compare its counts and hashes; needs no database."""
    rows, wrong = exports.complaints_about(file)
    for line in wrong:
        click.echo(line, err=True)
    click.echo(f"{rows} rows read, {len(wrong)} complaints")
    if wrong:
        raise SystemExit(1)


def _create(row: dict[str, Any], by: Actor) -> Centre:
    """Both parts, one after the other; the relay then finds nothing left to do."""
    given = {name: str(row[name]).strip() for name in COLUMNS if str(row.get(name) or "").strip()}
    centre: Centre = perform(
        "tenants.provision_centre", given, by=by, command_id=f"centre:{secrets.token_hex(12)}"
    )
    provisioning.prepare_centre(centre.id)
    return centre


def _text(refusal: DomainError) -> str:
    if isinstance(refusal, InvalidInput):
        return "; ".join(f"{name}: {' '.join(texts)}" for name, texts in refusal.complaints.items())
    return refusal.text


def _by() -> Actor:
    return system_actor(None, name="operator")


def _say(table: str, rows: int) -> None:
    click.echo(f"  {table}: {rows}")


def _directory() -> TenantDirectory:
    from flask import current_app

    found: TenantDirectory = current_app.extensions["his_directory"]
    return found
