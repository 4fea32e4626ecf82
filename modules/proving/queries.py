"""What is read about proofs. Everything here belongs to the centre of the unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select

from app.db import Page, db, lock_row, locking, page_by_key
from app.errors import NotFound
from app.i18n import gettext
from app.registry import FIRST_ROWS, Heap, WaitingRow
from modules.proving.models import Fault, FaultState, Night, NightState

__all__ = ["FaultState", "NightState"]
LIVE = (FaultState.OPEN, FaultState.EXPLAINED)
NIGHTS, GONE = 31, 30


@dataclass(frozen=True, slots=True)
class Proofs:
    """The newest nights, the faults that stand, and a page of those that are gone."""

    nights: Sequence[Night]
    live: Sequence[Fault]
    gone: Page[Fault]


def proofs(before: int | None = None) -> Proofs:
    """What the page shows. Three statements."""
    nights = db.session.scalars(select(Night).order_by(Night.on.desc()).limit(NIGHTS)).all()
    live = db.session.scalars(select(Fault).where(Fault.state.in_(LIVE)).order_by(Fault.id)).all()
    gone = select(Fault).where(Fault.state == FaultState.GONE)
    return Proofs(nights, live, page_by_key(gone, Fault.id, before=before, size=GONE))


def live_faults() -> dict[str, Fault]:
    """Identity → its fault that stands."""
    return {row.identity: row for row in db.session.scalars(select(Fault).where(Fault.state.in_(LIVE)))}


def lock_live_faults() -> dict[str, Fault]:
    """Identity → its fault that stands, all held until commit: nobody explains what a proof is about to change."""
    statement = select(Fault).where(Fault.state.in_(LIVE)).order_by(Fault.id)
    return {row.identity: row for row in db.session.scalars(locking(statement, Fault))}


def find_night(on: date) -> Night | None:
    """The proof of a day, held until commit."""
    found = db.session.scalar(select(Night.id).where(Night.on == on))
    return lock_row(Night, found) if found else None


def lock_night(night_id: int) -> Night:
    """A night, held until commit.

    Raises:
        NotFound: no such night here.
    """
    found = lock_row(Night, night_id)
    if found is None:
        raise NotFound(field="night_id")
    return found


def lock_fault(fault_id: int) -> Fault:
    """A fault, held until commit.

    Raises:
        NotFound: no such fault here.
    """
    found = lock_row(Fault, fault_id)
    if found is None:
        raise NotFound(field="fault_id")
    return found


def nights_due(now: datetime) -> list[int]:
    """Nights to be proven in this centre."""
    return list(db.session.scalars(select(Night.id).where(Night.ask_at <= now)))


def centres_due(now: datetime) -> list[Select[Any]]:
    """A statement for the centres that are to be proven, see ``app.pursuit``."""
    return [select(Night.tenant_id).where(Night.ask_at <= now).distinct()]


def waiting_faults() -> Heap:
    """How many identities wait for an explanation, and the first of them. One statement."""
    statement = (
        select(Fault.identity, Fault.first_on, func.count().over())
        .where(Fault.state == FaultState.OPEN)
        .order_by(Fault.id)
        .limit(FIRST_ROWS)
    )
    rows = db.session.execute(statement).all()
    shown = [WaitingRow(row[1], label_of(row[0]), "", "/proofs/", "d") for row in rows]
    return Heap(int(rows[0][2]) if rows else 0, shown)


def label_of(identity: str) -> str:
    """An identity in the reader's language; its name comes from a room's check."""
    return gettext(identity)
