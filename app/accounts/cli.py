"""``flask invite``: the first administrators of an installation or a centre, by one-time code."""

import click
from flask.cli import with_appcontext

from app.accounts import services
from app.actor import system_actor
from app.errors import DomainError
from app.registry import Role, Scope
from app.tenancy import directory


@click.command("invite")
@click.argument("sign_in_name")
@click.argument("display_name")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--centre", default="", help="Code of the centre; none for a role of the district.")
@with_appcontext
def invite_person(sign_in_name: str, display_name: str, role: str, centre: str) -> None:
    """Open an account without a password and print the code with which its owner sets one at /welcome."""
    tenant_id = next((tenant.id for tenant in directory().all_active() if tenant.code == centre), None)
    if (Role(role).scope is Scope.CENTRE) != (tenant_id is not None):
        raise click.ClickException(
            "A role of a centre needs --centre with its code; one of the district has none."
        )
    by = system_actor(tenant_id, name="installer")
    try:
        row = services.invite(sign_in_name=sign_in_name, display_name=display_name, roles=[role], by=by)
    except DomainError as refusal:
        raise click.ClickException(refusal.text) from None
    click.echo(f"{sign_in_name}: {row.code} (at /welcome, until {row.expires_at:%Y-%m-%d %H:%M} UTC)")
