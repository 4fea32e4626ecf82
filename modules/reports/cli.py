"""``flask reports-rebuild``: all sums of the reports anew from the ledgers."""

import click
from flask.cli import with_appcontext

from app.tenancy import directory
from modules.reports import services


@click.command("reports-rebuild")
@click.argument("centres", nargs=-1)
@with_appcontext
def rebuild(centres: tuple[str, ...]) -> None:
    """Add the ledgers up anew, of all centres or of those with these codes."""
    for tenant in directory().all_active():
        if "reports" not in tenant.modules or (centres and tenant.code not in centres):
            continue
        done = 0
        for done, total in services.rebuild(tenant.id):
            click.echo(f"{tenant.code}: {done} / {total}")
        click.echo(f"{tenant.code}: {done} days added up")


COMMANDS = (rebuild,)
