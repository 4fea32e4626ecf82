"""Asking for the proof of a centre's books, keeping what it says, and explaining what fails."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.registry import Finding
from app.use_cases import use_case
from modules.proving import queries
from modules.proving.errors import FaultChanged, NothingToExplain
from modules.proving.models import Fault, FaultState, Night, NightState
from modules.proving.rules import MOST, Known, changes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInput:
    """An identity that was looked at, both sides as they are kept."""

    name: Annotated[str, Field(max_length=200)]
    left: Annotated[str, Field(max_length=MOST)]
    right: Annotated[str, Field(max_length=MOST)]


def found_of(finding: Finding) -> FoundInput:
    """A finding, as much of it as is kept."""
    return FoundInput(name=finding.name[:200], left=finding.left[:MOST], right=finding.right[:MOST])


@use_case("proving.night.prove")
def begin_night(*, by: Actor) -> Night:
    """Have the books proven as they stand today; asked twice it is done once more, in the same row."""
    today = clock.today()
    night = queries.find_night(today)
    if night is None:
        night = Night(on=today, asked_by=by.name)
        db.session.add(night)
    night.state, night.ask_at, night.asked_by = NightState.WAITING, clock.now(), by.name
    db.session.flush()
    audit.record("proof.begun", night, by=by, on=today)
    return night


@use_case("proving.night.prove", is_step=True)
def note_night(
    *,
    night_id: int,
    begun_at: datetime,
    findings: Annotated[list[FoundInput], Field(max_length=1000)],
    by: Actor,
) -> Night:
    """Keep what a proof found: a fault for each identity that fails, an end for those that hold again.

    Of two processes that prove a night the first one notes it. The night stays to be proven where that was asked for
    after the proof had begun: it may not have seen why.

    Raises:
        NotFound: no such night here.
    """
    night = queries.lock_night(night_id)
    if night.ask_at is None:
        return night
    known = queries.lock_live_faults()
    looked_at = [Finding(one.name, one.left, one.right) for one in findings]
    changes = changes_of(looked_at, {name: _known(fault) for name, fault in known.items()})
    for name, finding in changes.new.items():
        db.session.add(_new_fault(name, finding, night.on))
    for name, finding in changes.standing.items():
        _stand(known[name], finding, night.on, is_again=name in changes.again)
    for name in changes.gone:
        known[name].state = FaultState.GONE
    night.identities = len(findings)
    night.failing = len(changes.new) + len(changes.standing)
    night.begun_at, night.ended_at = begun_at, clock.now()
    if night.ask_at <= begun_at:
        night.state, night.ask_at = NightState.FAILS if night.failing else NightState.HOLDS, None
    db.session.flush()
    audit.record("proof.noted", night, by=by, identities=night.identities, failing=night.failing)
    return night


@use_case("proving.fault.explain")
def explain_fault(
    *,
    fault_id: int,
    reason: Annotated[str, Field(min_length=4, max_length=300)],
    expected_found: Annotated[str, Field(max_length=MOST)] | None = None,
    expected_wanted: Annotated[str, Field(max_length=MOST)] | None = None,
    by: Actor,
) -> Fault:
    """Say why an identity fails and what is done about it; it stays in the list until it holds again.

    ``expected_found`` and ``expected_wanted`` are the numbers that the page showed.

    Raises:
        NotFound: no such fault here.
        NothingToExplain: somebody else has explained it, or it holds again.
        FaultChanged: it shows other numbers now.
    """
    fault = queries.lock_fault(fault_id)
    if fault.state is not FaultState.OPEN:
        raise NothingToExplain
    if expected_found not in (None, fault.found) or expected_wanted not in (None, fault.wanted):
        raise FaultChanged
    fault.state, fault.reason, fault.explained_at = FaultState.EXPLAINED, reason, clock.now()
    fault.explained_by_id, fault.explained_by_name = by.account_id, by.name
    db.session.flush()
    audit.record("fault.explained", fault, by=by, identity=fault.identity, reason=reason)
    return fault


def _known(fault: Fault) -> Known:
    return Known(fault.found, fault.wanted, fault.state is FaultState.EXPLAINED)


def _new_fault(name: str, finding: Finding, on: date) -> Fault:
    return Fault(identity=name, found=finding.left, wanted=finding.right, first_on=on, last_on=on)


def _stand(fault: Fault, finding: Finding, on: date, *, is_again: bool) -> None:
    fault.found, fault.wanted, fault.last_on = finding.left, finding.right, on
    if is_again:
        fault.state = FaultState.OPEN
