"""``flask doctor [--strict]``. A check that fails to ask is a finding, too."""

import os
from collections.abc import Callable, Iterator

import click
from flask import current_app
from flask.cli import with_appcontext

from app import clock
from app.doctor import databases, machine, running, settings
from app.doctor.findings import Found, Site, State, ok, problem
from app.i18n import DEFAULT_LOCALE, N_, force_locale, gettext

Check = Callable[[Site], Iterator[Found]]
CHECKS: tuple[tuple[str, str, Check], ...] = (
    ("APP-10", N_("Secrets and settings"), settings.settings_hold),
    ("APP-10", N_("Files of keys are private"), settings.files_are_private),
    ("DAT-01", N_("Lines are encrypted and certificates checked"), settings.lines_are_sealed),
    ("IDN-06", N_("Cookies"), settings.cookies_are_closed),
    ("IDN-05", N_("Second factor and password rules"), settings.people_prove_themselves),
    ("IDN-01", N_("Accounts are used"), machine.accounts_are_used),
    ("ACC-06", N_("Roles cannot pass row-level security by"), databases.roles_are_plain),
    ("ACC-06", N_("Every table of a centre has its policy"), databases.tables_have_policies),
    ("OPS-01", N_("Databases stand at this release"), databases.schemas_are_present),
    ("OPS-01", N_("Commits are confirmed by another server"), databases.commits_are_confirmed),
    ("OPS-01", N_("Copies follow closely"), databases.copies_follow),
    ("OPS-01", N_("No primary of the past"), databases.epochs_agree),
    ("OPS-01", N_("Redis answers and keeps its tickets"), running.redis_answers),
    ("OPS-01", N_("Room on the disk"), machine.disks_have_room),
    ("AUD-04", N_("Messages are delivered, the trail is sealed"), running.relay_works),
    ("AUD-02", N_("Heads of the trail are signed and agree"), running.heads_are_signed),
    ("AUD-04", N_("The trail is copied to another machine"), running.trail_is_copied),
    ("AUD-07", N_("Clocks agree"), databases.clocks_agree),
    ("DAT-03", N_("Keys are ready and young"), running.keys_are_ready),
    ("DAT-08", N_("Backups are young"), machine.backups_are_young),
    ("APP-11", N_("Libraries are mended by their makers"), machine.libraries_are_mended),
    ("REC-07", N_("Pages and papers have their files"), machine.papers_can_be_made),
)


def examine(site: Site) -> list[Found]:
    """Every check, in order; one that says nothing is well."""
    return [found for control, title, check in CHECKS for found in _ask(control, gettext(title), check, site)]


def _ask(control: str, title: str, check: Check, site: Site) -> list[Found]:
    try:
        said = list(check(site))
    except Exception as failure:  # whatever keeps a check from asking must be seen to
        said = [
            problem(
                gettext(
                    "%(check)s: could not be asked (%(failure)s).",
                    check=title,
                    failure=type(failure).__name__,
                ),
                str(failure).splitlines()[0][:200],
            )
        ]
    return [Found(one.state, one.text, one.remedy, control) for one in said or [ok(title)]]


def present_site() -> Site:
    """This process's installation."""
    app = current_app
    return Site(
        settings=app.extensions["his_settings"],
        config=app.config,
        engines=app.extensions["his_engines"],
        environment=dict(os.environ),
        now=clock.server_time(),
    )


def terminal_locale(environment: dict[str, str]) -> str:
    """The language that the terminal asks for."""
    said = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    return DEFAULT_LOCALE if said.startswith("zh") else "en"


@click.command("doctor")
@click.option("--strict", is_flag=True, help="Warnings fail, too.")
@with_appcontext
def doctor(strict: bool) -> None:
    """Say what this installation lacks; fails when something must be seen to."""
    with force_locale(terminal_locale(dict(os.environ))):
        found = examine(present_site())
        for one in found:
            click.echo(f"{one.state.label:8} {one.control}  {one.text}")
            if one.remedy:
                click.echo(f"{'':8}         → {one.remedy}")
        states = [one.state for one in found]
        problems, warnings = states.count(State.PROBLEM), states.count(State.WARNING)
        click.echo(
            gettext("%(problems)s problems, %(warnings)s warnings", problems=problems, warnings=warnings)
        )
    if problems or (strict and warnings):
        raise SystemExit(1)
