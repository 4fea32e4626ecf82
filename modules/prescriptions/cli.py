"""Commands for operators."""

import click
from flask.cli import with_appcontext

from app.actor import system_actor
from app.db import tenant_unit
from app.tenancy import directory
from modules.prescriptions import services


@click.command("expire-prescriptions")
@with_appcontext
def expire() -> None:
    """End prescriptions past their validity in every centre (run it shortly after midnight)."""
    for tenant in directory().all_active():
        with tenant_unit(tenant.id):
            ended = services.expire_prescriptions(by=system_actor(tenant.id, origin="job"))
        click.echo(f"{tenant.code}: {ended}")
