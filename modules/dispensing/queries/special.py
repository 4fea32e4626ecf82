"""Reading the register of special drugs, the ampoules that came back, and the counts at the change of shifts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select

from app import clock
from app.db import Page, db, page_by_key
from modules.catalogue import queries as catalogue
from modules.dispensing.models import (
    AmpouleReturn,
    Balance,
    Batch,
    Handover,
    HandoverLine,
    RegisterEntry,
)
from modules.dispensing.queries.stock import StockLine
from modules.dispensing.rules.special import TWO_SIGNATURES


@dataclass(frozen=True, slots=True)
class Counted:
    """A line of a hand-over with its batch."""

    line: HandoverLine
    batch: Batch


def list_register(
    *, on: date | None = None, before: int | None = None, size: int = 40
) -> Page[RegisterEntry]:
    """Rows of the register, the latest first; ``on`` keeps one day."""
    statement = select(RegisterEntry)
    if on is not None:
        begin, end = clock.day_bounds(on)
        statement = statement.where(RegisterEntry.at >= begin, RegisterEntry.at < end)
    return page_by_key(statement, RegisterEntry.id, before=before, size=size)


def ampoules_of(entry_ids: Sequence[int]) -> dict[int, Decimal]:
    """Register row → ampoules that came back, in one statement."""
    rows = db.session.execute(
        select(AmpouleReturn.entry_id, func.sum(AmpouleReturn.quantity))
        .where(AmpouleReturn.entry_id.in_(sorted(entry_ids)))
        .group_by(AmpouleReturn.entry_id)
    )
    return {row[0]: row[1] for row in rows}


def special_stock(location_id: int) -> list[StockLine]:
    """What lies in the cupboard of special drugs at a place, by drug and batch."""
    drugs = catalogue.drugs_under_control(TWO_SIGNATURES)
    statement = (
        select(Balance, Batch)
        .join(Batch, Batch.id == Balance.batch_id)
        .where(
            Balance.location_id == location_id,
            Balance.drug_id.in_(drugs),
            Balance.on_hand > 0,
        )
        .order_by(Batch.drug_code, Batch.expires_on, Balance.id)
    )
    return [StockLine(row[0], row[1]) for row in db.session.execute(statement)]


def list_handovers(location_id: int, *, before: int | None = None, size: int = 20) -> Page[Handover]:
    """Hand-overs of a place, the latest first."""
    statement = select(Handover).where(Handover.location_id == location_id)
    return page_by_key(statement, Handover.id, before=before, size=size)


def lines_of_handovers(handover_ids: Sequence[int]) -> dict[int, list[Counted]]:
    """Hand-over → its lines with their batches, in one statement."""
    rows = db.session.execute(
        select(HandoverLine, Batch)
        .join(Batch, Batch.id == HandoverLine.batch_id)
        .where(HandoverLine.handover_id.in_(sorted(handover_ids)))
        .order_by(HandoverLine.id)
    )
    found: dict[int, list[Counted]] = {}
    for line, batch in rows:
        found.setdefault(line.handover_id, []).append(Counted(line, batch))
    return found
