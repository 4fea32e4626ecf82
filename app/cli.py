"""Commands for operators: ``flask db``, ``flask relay``, ``flask daily``, ``flask audit``, ``flask check``."""

import signal
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import Engine

from app import audit, audit_copy, daily, promotion, relay
from app.checks import findings_of
from app.crypto import heads
from app.crypto.cli import keys
from app.db import isolation, kinship, migrate
from app.doctor.cli import doctor
from app.registry import Finding
from app.tenancy import directory

database = AppGroup("db", help="Bring databases to the present schema.")
trail = AppGroup("audit", help="The audit trail's chain.")


@database.command("upgrade")
def upgrade() -> None:
    """Upgrade control and every partition."""
    changed = migrate.upgrade_all()
    click.echo(f"upgraded: {', '.join(changed)}" if changed else "nothing to upgrade")


@database.command("script")
@click.argument("kind", type=click.Choice(["control", "partition"]))
@click.argument("dialect", type=click.Choice(["mssql", "postgresql", "sqlite"]))
def script(kind: str, dialect: str) -> None:
    """Print the whole history as SQL."""
    click.echo(migrate.script(kind, dialect))


@database.command("status")
def status() -> None:
    """Show where each database stands."""
    with migrate.owned() as engines:
        for name, engine in engines.items():
            click.echo(f"{name}: {migrate.present(engine)} (newest {migrate.newest(migrate.kind_of(name))})")


@trail.command("seal")
def seal() -> None:
    """Chain the rows that are not sealed yet."""
    for partition in audit.partitions():
        click.echo(f"{partition or 'control'}: {audit.seal(partition)} rows sealed")


@trail.command("sign")
def sign() -> None:
    """Sign the head of every partition now (the relay does every hour)."""
    for partition in audit.partitions():
        head = heads.sign(partition)
        click.echo(
            f"{partition or 'control'}: {f'signed at row no. {head.number}' if head else 'nothing new'}"
        )


@trail.command("verify")
def verify() -> None:
    """Walk the chain of every partition and name the first bad row; then ask the signed heads."""
    broken = False
    for partition in audit.partitions():
        rows, bad, waiting = audit.verify(partition)
        against = heads.complaints(partition)
        broken |= bad is not None or bool(against)
        state = "unbroken" if bad is None else f"BROKEN at row {bad}"
        click.echo(f"{partition or 'control'}: {rows} rows, {state}, {waiting} not sealed yet")
        for why in against:
            click.echo(f"  {why}")
    if broken:
        raise SystemExit(1)


@trail.command("verify-copy")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def verify_copy(folder: Path) -> None:
    """Walk the copies of the trail in FOLDER, on whatever machine they lie; needs no database."""
    names = sorted({path.name.rpartition("-")[0] for path in folder.glob("*-*.jsonl")})
    against = {name: audit_copy.complaints(folder, "" if name == "control" else name) for name in names}
    for name, why in against.items():
        click.echo(f"{name}: {why[0] if why else 'unbroken'}")
    if not names or any(against.values()):
        raise SystemExit(1)


@click.command("relay")
@with_appcontext
def run_relay() -> None:
    """Deliver the outbox, seal the trail, do the daily work until stopped (a process of its own)."""
    worker = relay.Worker(current_app._get_current_object())  # type: ignore[attr-defined]
    signal.signal(signal.SIGTERM, lambda *_: worker.stopping.set())
    worker.start()
    while worker.is_alive():
        worker.join(1)


@click.command("daily")
@with_appcontext
def do_daily() -> None:
    """Do today's daily work of every centre now; what was done today stays done."""
    failed = 0
    for tenant in directory().all_active():
        for outcome in daily.do_now(tenant):
            failed += outcome.state == "failed"
            state = {"done": "done", "known": "already done", "failed": f"FAILED: {outcome.error}"}[
                outcome.state
            ]
            click.echo(f"{tenant.code}: {outcome.work} {outcome.on}: {state}")
    if failed:
        raise SystemExit(f"{failed} pieces of daily work failed; the log and the trail say more")


@click.command("check")
@with_appcontext
def check() -> None:
    """Prove the identities of every centre and print the sums; fails when one does not hold."""
    failed = 0
    for tenant in directory().all_active():
        click.echo(tenant.name)
        for finding in findings_of(tenant.id):
            failed += not finding.holds
            state, mark = ("ok  ", "=") if finding.holds else ("FAIL", "≠")
            about = f" ({finding.about})" if finding.about else ""
            click.echo(f"  {state} {finding.name}{about}: {finding.left} {mark} {finding.right}")
    for name, why in roles_that_pass_by().items():
        click.echo(f"warn the role of {name} could pass row-level security by: {', '.join(why)}")
    for finding in kernel_findings():
        failed += not finding.holds
        click.echo(f"{'ok  ' if finding.holds else 'FAIL'} {finding.name}: {finding.left} / {finding.right}")
    if failed:
        raise SystemExit(f"{failed} identities do not hold")


def kernel_findings() -> list[Finding]:
    """Outbox empty, trail unbroken, in control and every partition."""
    found = []
    for partition in audit.partitions():
        name = partition or "control"
        audit.seal(partition)
        left = relay.unfinished(partition)
        found.append(Finding(f"outbox of {name} empty", "0", str(sum(left.values()))))
        rows, bad, waiting = audit.verify(partition)
        found.append(Finding(f"audit chain of {name} verifies ({rows} rows)", "None/0", f"{bad}/{waiting}"))
        against = heads.complaints(partition)
        found.append(Finding(f"signed heads of {name} agree", "0", "; ".join(against[:3]) or "0"))
    for name, engine in partition_engines().items():
        open_tables = ", ".join(isolation.unguarded(engine))
        found.append(Finding(f"tables of {name} without a policy", "none", open_tables or "none"))
        strangers = ", ".join(kinship.strangers(name))
        found.append(Finding(f"rows of {name} that point into another centre", "none", strangers or "none"))
    return found


def roles_that_pass_by() -> dict[str, list[str]]:
    """Partition → why its role could read every centre; production does not start with such a role."""
    return {
        name: why for name, engine in partition_engines().items() if (why := isolation.ways_around(engine))
    }


def partition_engines() -> dict[str, Engine]:
    """The writing engine of every partition."""
    engines = current_app.extensions["his_engines"]
    return {name: engines[name] for name in audit.partitions() if name}


@click.group("partition")
def partition_group() -> None:
    """What operators do with the servers of control and of partitions."""


@partition_group.command("promoted")
@click.argument("name")
@with_appcontext
def note_promoted(name: str) -> None:
    """Say after a failover that NAME has a new primary; the old one is refused from then on."""
    if name not in current_app.extensions["his_settings"].urls():
        raise SystemExit(f"no such database: {name}")
    click.echo(f"{name}: epoch {promotion.note_promotion(name)}")


COMMANDS = (partition_group, database, trail, keys, run_relay, do_daily, check, doctor)
