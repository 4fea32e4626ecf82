"""``flask simulate`` builds the demo district and plays its days; ``flask demo-accounts`` says who may sign in."""

import math
import random
import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from flask import current_app
from flask.cli import with_appcontext
from tqdm import tqdm

from app import audit, clock, relay
from modules.demo import services
from modules.demo.rules.district import CENTRES, DISTRICT_PEOPLE, IN_TWO_CENTRES, staff_of

DESKS = (
    "registrar",
    "nurse",
    "doctor",
    "tcm",
    "cashier",
    "pharmacist",
    "storekeeper",
    "admin",
    "security",
    "auditor",
    "accountant",
)


@click.command("simulate")
@click.option("--centres", default=3, show_default=True, type=click.IntRange(1, len(CENTRES)))
@click.option(
    "--days", default=1, show_default=True, type=click.IntRange(1, 60), help="The last is yesterday."
)
@click.option("--visits-per-day", default=40, show_default=True, type=click.IntRange(1, 5000))
@click.option("--seed", default=2026, show_default=True, help="The same seed plays the same days.")
@click.option("--until-now", is_flag=True, help="The last day is today, and it stops at this moment.")
@click.option(
    "--outside",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the played channels and the insurer keep their books; a folder that goes again otherwise.",
)
@click.option(
    "--fault-rate",
    default=0.02,
    show_default=True,
    type=click.FloatRange(0, 0.5),
    help="Share of what is asked of the outside that goes wrong.",
)
@with_appcontext
def simulate(
    centres: int,
    days: int,
    visits_per_day: int,
    seed: int,
    until_now: bool,
    outside: Path | None,
    fault_rate: float,
) -> None:
    """Play residents, registrars, doctors, cashiers, pharmacists and storekeepers through the product's own use cases.

    Payment channels and an insurer are played beside it; the insured settle with it, and both misbehave.
    """
    if current_app.extensions["his_settings"].environment == "production":
        raise click.ClickException("A production installation is no place for made-up residents.")
    began = time.perf_counter()
    with ExitStack() as stack:
        folder = outside or Path(stack.enter_context(TemporaryDirectory(prefix="outside-")))
        played = stack.enter_context(services.playing(folder, seed=seed, rate=fault_rate))
        towns, report = _live(played, centres, days, visits_per_day, seed, until_now)
        played.tell_time(clock.now())
        compared = services.reconcile_days()
    delivered = relay.run_until_empty()
    services.add_up()
    sealed = sum(audit.seal(partition) for partition in audit.partitions())
    seconds = time.perf_counter() - began
    click.echo(f"{report.visits} visits in {seconds:.0f} s ({report.visits / seconds:.1f} a second);")
    click.echo(f"{delivered} deliveries, {sealed} rows of the trail sealed, {compared} days compared.")
    for code, count in report.refusals.most_common():
        click.echo(f"  refused {count} ×  {code}")
    for code, count in sum((town.hitches for town in towns), Counter[str]()).most_common():
        click.echo(f"  outside {count} ×  {code}")
    for text in report.unexpected:
        click.echo(f"  unexpected: {text}", err=True)
    if report.unexpected:
        raise SystemExit(1)


def _live(
    outside: services.Outside, centres: int, days: int, visits_per_day: int, seed: int, until_now: bool
) -> tuple[list[services.Town], services.Report]:
    """Build the centres and play their days."""
    until = clock.now() if until_now else None
    first = clock.today() - timedelta(days=days - 1 if until_now else days)
    with clock.at(clock.moment_of(first - timedelta(days=1), clock.local(clock.now()).time())):
        click.echo("Dictionaries, catalogue, centres …")
        services.load_shared_data()
        capacity = max(30, math.ceil(visits_per_day / 4))
        opened = services.centres_of_district(centres, capacity=capacity)
        outside.connect()
    # a seed has to give the same days again: chance, not secrecy
    towns = [
        services.Town.of(centre, random.Random(f"{seed}.{centre.plan.code}"), outside)  # noqa: S311
        for centre in opened
    ]
    report = services.Report()
    for number in range(days):
        on = first + timedelta(days=number)
        stop = until if number == days - 1 else None
        with tqdm(total=visits_per_day * len(towns), desc=f"{on}", unit="visit", mininterval=1) as bar:
            services.play_day(
                towns, on, visits_per_day=visits_per_day, until=stop, report=report, advance=bar.update
            )
    return towns, report


@click.command("demo-accounts")
def demo_accounts() -> None:
    """Print one account for each desk of the demo district."""
    click.echo(f"\n  Password of every demo account: {services.PASSWORD}\n")
    for plan in CENTRES:
        names = {person.account: person.name for person in staff_of(plan)}
        listed = "  ".join(f"{plan.code}.{account} ({names[account]})" for account in DESKS)
        click.echo(f"  {plan.name}\n    {listed}")
    listed = "  ".join(f"{account} ({name})" for account, name, _role in DISTRICT_PEOPLE)
    home, account, other = IN_TWO_CENTRES
    click.echo(f"  The district\n    {listed}\n  {home}.{account} works in {home} and in {other}.")


@click.command("demo-outside")
@click.option("--channels", required=True, help="Where the played payment channels answer.")
@click.option("--insurer", required=True, help="Where the simulated insurer answers.")
@click.option("--einvoice", required=True, help="Where the played platform of electronic invoices answers.")
@click.option("--here", required=True, help="Where this installation answers.")
@with_appcontext
def demo_outside(channels: str, insurer: str, einvoice: str, here: str) -> None:
    """Let the demo centres take played payments, settle with the simulated insurer, issue electronic invoices."""
    if current_app.extensions["his_settings"].environment == "production":
        raise click.ClickException("A production installation takes no played money.")
    merchants, insured = services.connect_centres(channels, here), services.connect_insurers(insurer)
    click.echo(f"{merchants} merchants with the payment channels on {channels}")
    click.echo(f"{insured} centres with the insurer on {insurer}")
    click.echo(f"{services.connect_platforms(einvoice)} centres with the invoice platform on {einvoice}")


COMMANDS = (simulate, demo_accounts, demo_outside)
