"""Reading the trail of one centre; the job that proves the chain."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from app import audit, clock, use_cases
from app.actor import Actor
from app.crypto import heads
from app.db import Page, contains_text, db, page_by_key, starts_with
from app.errors import NotFound
from app.i18n import N_, gettext
from app.jobs import Handle, job
from app.records import AuditRow, ControlAuditRow
from app.registry import installed
from app.tenancy import tenant_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a reader of the trail looks for; what is empty does not narrow."""

    in_control: bool = False
    on: date | None = None
    actor: str = ""
    action: str = ""
    subject: str = ""  # kind, or kind:id
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class ChainState:
    """Where the chain of a database stands."""

    sealed: int
    waiting: int


def _row_type(in_control: bool) -> Any:
    return ControlAuditRow if in_control else AuditRow


def page_of_trail(wanted: Wanted, *, by: Actor, before: int | None = None) -> Page[Any]:
    """Rows of the actor's centre, newest first; for the district, what every centre did in the control database."""
    row = _row_type(wanted.in_control)
    statement = _readable(select(row), row, by)
    if wanted.on is not None:
        first, following = clock.day_bounds(wanted.on)
        statement = statement.where(row.at >= first, row.at < following)
    if wanted.actor:
        statement = statement.where(contains_text(row.actor_name, wanted.actor))
    if wanted.action:
        is_said_so = row.action.in_(_codes_like(wanted.action))
        statement = statement.where(or_(is_said_so, starts_with(row.action, wanted.action)))
    if wanted.outcome:
        statement = statement.where(row.outcome == wanted.outcome)
    kind, _, number = wanted.subject.partition(":")
    if kind:
        statement = statement.where(row.subject_kind == kind)
    if number.isascii() and number.isdigit() and len(number) < 19:
        statement = statement.where(row.subject_id == int(number))
    return page_by_key(statement, row.id, before=before, size=50)


def readers_of(
    patient_ids: Iterable[int], *, by: Actor, before: int | None = None, size: int = 50
) -> Page[Any]:
    """What was done with the records of a resident and by whom, newest first; readings, papers and changes alike."""
    statement = select(AuditRow).where(
        AuditRow.tenant_id == by.tenant_id, AuditRow.patient_id.in_(sorted(patient_ids))
    )
    return page_by_key(statement, AuditRow.id, before=before, size=size)


def _readable(statement: Any, row: Any, by: Actor) -> Any:
    """A centre reads its own rows; the district all of the control database, where no residents are."""
    return statement if by.tenant_id is None else statement.where(row.tenant_id == by.tenant_id)


def words_of(row: Any) -> str:
    """What was done, in the reader's words: the act's, else the right that a use case asks for."""
    registry = installed()
    if words := registry.words_of(row.action, row.use_case.split(".", 1)[0]):
        return gettext(words)
    case = use_cases.registry.get(row.action)  # a refusal carries the name of its use case
    return gettext(registry.permissions[case.permission].label) if case else row.action


def _codes_like(text: str) -> list[str]:
    """The acts whose words contain what was typed."""
    wanted = text.casefold()
    return [
        action
        for module in installed().modules.values()
        for action, words in module.acts.items()
        if wanted in gettext(words).casefold()
    ]


def get_row(row_id: int, *, in_control: bool, by: Actor) -> Any:
    """One row that the actor may read, or NotFound."""
    row = _row_type(in_control)
    found = db.session.scalar(_readable(select(row).where(row.id == row_id), row, by))
    if found is None:
        raise NotFound
    return found


def chain_state(*, in_control: bool, by: Actor) -> ChainState:
    """How many rows the actor may read are chained, and how many wait for the sealer."""
    row = _row_type(in_control)
    total = _readable(select(func.count(row.id), func.count(row.sealed_no)), row, by)
    rows, sealed = db.session.execute(total).one()
    return ChainState(sealed, rows - sealed)


@job("accounts.trail.verify", "accounts.audit.view", N_("Verify the audit trail"))
def verify_trail(*, handle: Handle, by: Actor) -> None:
    """Walk the chains that hold rows of this centre: its partition's and the district's."""
    chains = [tenant_of(by.tenant_id).partition, ""]
    said = []
    for number, partition in enumerate(chains):
        if handle.is_cancelled:
            return
        rows, bad, _waiting = audit.verify(partition)
        name = partition or gettext("district")
        if bad is None:
            said.append(gettext("%(name)s: %(rows)s rows, unbroken.", name=name, rows=rows))
        else:
            said.append(gettext("%(name)s: BROKEN at row %(row)s.", name=name, row=bad))
        if against := heads.complaints(partition):
            said.append(
                gettext("%(name)s: signed heads that do NOT agree: %(count)s.", name=name, count=len(against))
            )
        handle.step(number + 1, len(chains), " ".join(said))
