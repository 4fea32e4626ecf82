"""The operator's commands for centres."""

import click
from flask.cli import AppGroup, with_appcontext

from app.actor import system_actor
from app.db.moving import MoveFailed
from app.errors import DomainError
from tenants import moves, services
from tenants.directory import TenantDirectory

centres = AppGroup("centre", help="Centres as tenants: open them, move them between partitions.")


@centres.command("open")
@click.argument("code")
@click.argument("name")
@click.argument("district")
@click.option("--partition", default="p1", show_default=True)
@with_appcontext
def open_centre(code: str, name: str, district: str, partition: str) -> None:
    """Open the centre CODE; its first administrator is invited with `flask invite`."""
    try:
        services.create_centre(
            code=code, name=name, district=district, partition=partition, by=system_actor(None)
        )
    except DomainError as refusal:
        raise SystemExit(f"not opened: {refusal}") from None
    click.echo(f"{code}: {name}, in {partition}")


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


def _say(table: str, rows: int) -> None:
    click.echo(f"  {table}: {rows}")


def _directory() -> TenantDirectory:
    from flask import current_app

    found: TenantDirectory = current_app.extensions["his_directory"]
    return found
