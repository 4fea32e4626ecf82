"""Reading re-packed lots."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.db import Page, db, page_by_key
from app.errors import NotFound
from modules.dispensing.models import Balance, Batch, Repacking


@dataclass(frozen=True, slots=True)
class Repacked:
    """Bags with the lot they are and the batch they came from."""

    row: Repacking
    lot: Batch


def place_and_drug_of(balance_id: int) -> tuple[int, int] | None:
    """Where a balance lies and of which drug it is, if there is such a one."""
    statement = select(Balance.location_id, Balance.drug_id).where(Balance.id == balance_id)
    found = db.session.execute(statement).first()
    return (found[0], found[1]) if found else None


def find_lot(origin_id: int, number: str, expires_on: date) -> Batch | None:
    """A lot of bags of a batch."""
    return db.session.scalar(
        select(Batch).where(
            Batch.origin_id == origin_id, Batch.batch_no == number, Batch.expires_on == expires_on
        )
    )


def lots_of(batch_id: int) -> list[Batch]:
    """The bags of a batch, by lot."""
    return list(db.session.scalars(select(Batch).where(Batch.origin_id == batch_id).order_by(Batch.id)))


def list_repackings(*, before: int | None = None) -> Page[Repacking]:
    """Re-packings, the latest first."""
    return page_by_key(select(Repacking), Repacking.id, before=before, size=40)


def get_repacked(repacking_id: int) -> Repacked:
    """Bags with their lot, or NotFound."""
    found = db.session.execute(
        select(Repacking, Batch).join(Batch, Batch.id == Repacking.lot_id).where(Repacking.id == repacking_id)
    ).first()
    if found is None:
        raise NotFound(field="repacking_id")
    return Repacked(found[0], found[1])
