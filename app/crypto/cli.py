"""``flask keys``: the master key, new keys for a centre, the first sealing, and forgetting a centre."""

import base64
import os
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app.config import MASTER_BYTES, read_secret
from app.crypto import rotation
from app.crypto.keyring import keyring
from app.crypto.master import LocalMasterKey
from app.crypto.models import DISTRICT
from app.tenancy import directory

keys = AppGroup("keys", help="Keys that seal residents' numbers, phones and addresses.")


@keys.command("make")
@click.argument("file", type=click.Path(path_type=Path))
def make(file: Path) -> None:
    """Write a new master key to a file that only its owner reads; HIS_MASTER_KEY_FILE names it."""
    line = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(line, "w") as target:
        target.write(base64.b64encode(os.urandom(MASTER_BYTES)).decode() + "\n")
    click.echo(f"{file}: keep a copy in a safe; without it nothing that is sealed can be read")


@keys.command("status")
def status() -> None:
    """Show how many keys of each kind every centre has."""
    click.echo(f"master key {keyring().master.fingerprint}, suite {keyring().suite.name}")
    names = {tenant.id: tenant.code for tenant in directory().all_active()} | {DISTRICT: "(district)"}
    for tenant_id, purpose, state, count in rotation.states_of_all():
        click.echo(f"{names.get(tenant_id, tenant_id)}: {purpose} {state}: {count}")


@keys.command("seal")
def seal() -> None:
    """Seal what still stands in the clear, in every centre; desks go on working."""
    for tenant_id, code in (*_centres(""), (DISTRICT, "(district)")):
        changed = rotation.seal(tenant_id, progress=_say)
        click.echo(f"{code}: {changed} rows changed")


@keys.command("rotate")
@click.option("--centre", default="", help="Code of one centre; without it every centre and the district.")
def rotate(centre: str) -> None:
    """Give new keys and bring every row under them; desks go on working."""
    for tenant_id, code in (*_centres(centre), *(() if centre else ((DISTRICT, "(district)"),))):
        changed = rotation.rotate(tenant_id, progress=_say)
        click.echo(f"{code}: {changed} rows changed")


@keys.command("destroy")
@click.option("--centre", required=True, help="Code of the centre that has left.")
@click.option("--yes", is_flag=True, help="Without it nothing is done.")
def destroy(centre: str, yes: bool) -> None:
    """Destroy the keys of a centre: its sealed fields are gone for good, also in backups."""
    ((tenant_id, code),) = _centres(centre)
    if not yes:
        raise SystemExit(f"{code}: numbers, phones and addresses would be gone for good; say --yes")
    click.echo(f"{code}: {rotation.destroy(tenant_id)} keys destroyed")


@keys.command("rewrap")
@click.option("--old", required=True, type=click.Path(exists=True, path_type=Path))
def rewrap(old: Path) -> None:
    """After a change of the master key: wrap every key by the present one. The servers stand still meanwhile."""
    former = LocalMasterKey(base64.b64decode(read_secret(old)), keyring().suite)
    click.echo(f"{rotation.rewrap(former)} keys wrapped anew")


def _centres(code: str) -> list[tuple[int, str]]:
    if not code:
        return [(tenant.id, tenant.code) for tenant in directory().all_active()]
    found = directory().find_by_code(code)
    if found is None:
        raise SystemExit(f"there is no centre {code}")
    return [(found.id, found.code)]


def _say(table: str, done: int, rows: int) -> None:
    if current_app.extensions["his_settings"].environment != "test":
        click.echo(f"  {table}: {done} of {rows}")
