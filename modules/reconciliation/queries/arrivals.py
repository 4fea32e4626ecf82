"""Reading what arrived at the bank."""

from sqlalchemy import select

from app.db import db
from app.errors import NotFound
from modules.reconciliation.models import Arrival


def get_arrival(arrival_id: int) -> Arrival:
    """The arrival, or NotFound."""
    found = db.session.get(Arrival, arrival_id)
    if found is None:
        raise NotFound(field="arrival_id")
    return found


def knows_arrival(day_id: int, reference: str) -> bool:
    """Whether the bank's number was noted for a day."""
    statement = select(Arrival.id).where(Arrival.day_id == day_id, Arrival.reference == reference)
    return db.session.scalar(statement) is not None


def is_taken_back(arrival_id: int) -> bool:
    """Whether a later line takes an arrival back."""
    return db.session.scalar(select(Arrival.id).where(Arrival.reverses_id == arrival_id)) is not None
