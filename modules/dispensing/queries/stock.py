"""Reading and holding balances."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import ScalarSelect, Select, case, func, or_, select

from app import clock
from app.db import Page, contains_text, db, locking, page_by_key, starts_with
from app.errors import NotFound
from app.i18n import gettext
from modules.dispensing.models import Balance, Batch, Location, LocationKind
from modules.dispensing.rules.batches import STOP_DAYS


@dataclass(frozen=True, slots=True)
class StockLine:
    """A balance with its batch."""

    balance: Balance
    batch: Batch

    @property
    def id(self) -> int:
        """The key by which lists of stock are paged."""
        return self.balance.id


def list_locations(kind: LocationKind | None = None) -> list[Location]:
    """Pharmacies and storerooms, in the order they were set up."""
    statement = select(Location).order_by(Location.id)
    if kind is not None:
        statement = statement.where(Location.kind == kind)
    return list(db.session.scalars(statement))


def name_of_place(location_id: int | None) -> str:
    """The name of a place; without one it is on the way."""
    found = db.session.get(Location, location_id) if location_id else None
    return found.name if found else gettext("On the way")


def pharmacy_of(station_id: int | None) -> Select[int]:
    """The id of a station's pharmacy, else of the centre's first; for a condition."""
    own = case((Location.station_id == station_id, 0), else_=1)
    return (
        select(Location.id).where(Location.kind == LocationKind.PHARMACY).order_by(own, Location.id).limit(1)
    )


def find_pharmacy(station_id: int | None) -> int | None:
    """The pharmacy of a station, else the centre's first; None when there is none."""
    return db.session.scalar(pharmacy_of(station_id))


def _last_stopped_day(stop_days: int) -> date:
    return clock.today() + timedelta(days=stop_days)


def available_stock(
    drug_ids: Iterable[int], *, station_id: int | None, stop_days: int = STOP_DAYS
) -> dict[int, Decimal]:
    """Drug id → minimum units that may be prescribed at a station now, in one statement."""
    statement = (
        select(Balance.drug_id, func.sum(Balance.on_hand - Balance.held - Balance.frozen))
        .join(Batch, Batch.id == Balance.batch_id)
        .where(
            Balance.drug_id.in_(sorted(set(drug_ids))),
            Balance.location_id == pharmacy_of(station_id).scalar_subquery(),
            Batch.recalled_at.is_(None),
            Batch.expires_on > _last_stopped_day(stop_days),
        )
        .group_by(Balance.drug_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def _free_stock(drug_ids: Iterable[int], location: int | ScalarSelect[int]) -> Select[Balance, Batch]:
    return (
        select(Balance, Batch)
        .join(Batch, Batch.id == Balance.batch_id)
        .where(
            Balance.drug_id.in_(sorted(set(drug_ids))),
            Balance.location_id == location,
            Balance.on_hand > Balance.held + Balance.frozen,
            Batch.recalled_at.is_(None),
        )
        .order_by(Balance.id)
    )


def lock_pharmacy_stock(drug_ids: Iterable[int], *, station_id: int | None) -> list[StockLine]:
    """Free stock of some drugs at a station's pharmacy, held until commit, in one statement."""
    statement = _free_stock(drug_ids, pharmacy_of(station_id).scalar_subquery())
    return _lines(locking(statement, Balance))


def lock_drug_stock(drug_ids: Iterable[int], *, location_id: int) -> list[StockLine]:
    """Free stock of some drugs at a location, held until commit."""
    return _lines(locking(_free_stock(drug_ids, location_id), Balance))


def lock_balances(balance_ids: Iterable[int]) -> list[StockLine]:
    """Balances with their batches, held until commit, in the order of their keys."""
    statement = (
        select(Balance, Batch)
        .join(Batch, Batch.id == Balance.batch_id)
        .where(Balance.id.in_(sorted(set(balance_ids))))
        .order_by(Balance.id)
    )
    return _lines(locking(statement, Balance))


def lock_batches_at(location_id: int, drug_ids: Iterable[int]) -> dict[int, Balance]:
    """Batch id → balance of some drugs at a location, empty ones too, held until commit."""
    statement = (
        select(Balance)
        .where(Balance.location_id == location_id, Balance.drug_id.in_(sorted(set(drug_ids))))
        .order_by(Balance.id)
    )
    return {balance.batch_id: balance for balance in db.session.scalars(locking(statement, Balance))}


def _lines(statement: Select[Balance, Batch]) -> list[StockLine]:
    return [StockLine(row[0], row[1]) for row in db.session.execute(statement)]


def _matching(statement: Select[Balance, Batch], text: str) -> Select[Balance, Batch]:
    typed = text.strip()
    if not typed:
        return statement
    return statement.where(
        or_(
            Batch.drug_code == typed.upper(),
            starts_with(Batch.initials, typed.lower()),
            contains_text(Batch.drug_name, typed),
            Batch.batch_no == typed.upper(),
        )
    )


def list_balances(
    location_id: int, *, text: str = "", before: int | None = None, size: int = 50
) -> Page[StockLine]:
    """What lies at a location, by key; batches that are used up are left out."""
    statement = (
        select(Balance, Batch)
        .join(Batch, Batch.id == Balance.batch_id)
        .where(Balance.location_id == location_id, Balance.on_hand > 0)
    )
    keyed = _matching(statement, text).add_columns(Balance.id)
    page = page_by_key(keyed, Balance.id, before=before, size=size, scalars=False)
    return Page([StockLine(row[0], row[1]) for row in page.rows], page.next_before, page.is_first)


def batches_of(drug_ids: Iterable[int]) -> list[Batch]:
    """Every batch of some drugs that the centre ever had and that is not long gone."""
    statement = select(Batch).where(
        Batch.drug_id.in_(sorted(set(drug_ids))), Batch.expires_on > clock.today()
    )
    return list(db.session.scalars(statement))


def stock_at(location_id: int, drug_ids: Iterable[int]) -> dict[int, Decimal]:
    """Drug id → minimum units that lie free at a place, in one statement."""
    statement = (
        select(Balance.drug_id, func.sum(Balance.on_hand - Balance.held - Balance.frozen))
        .where(Balance.location_id == location_id, Balance.drug_id.in_(sorted(set(drug_ids))))
        .group_by(Balance.drug_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def batches_by_id(batch_ids: Iterable[int]) -> dict[int, Batch]:
    """Id → batch, in one statement; unknown ids are absent."""
    rows = db.session.scalars(select(Batch).where(Batch.id.in_(sorted(set(batch_ids)))))
    return {batch.id: batch for batch in rows}


def lock_batch_everywhere(batch_id: int) -> list[Balance]:
    """The balances of a batch at all places, held until commit."""
    statement = select(Balance).where(Balance.batch_id == batch_id).order_by(Balance.id)
    return list(db.session.scalars(locking(statement, Balance)))


def recalled_among(batch_ids: Iterable[int]) -> Batch | None:
    """A batch of these that was called back, as it stands now; ask it behind the lock of the balances."""
    statement = (
        select(Batch)
        .where(Batch.id.in_(sorted(set(batch_ids))), Batch.recalled_at.is_not(None))
        .order_by(Batch.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return db.session.scalar(statement)


def centre_stock(drug_ids: Iterable[int] | None = None) -> dict[int, Decimal]:
    """Drug id → minimum units on hand at all places of the centre that may be used. One statement."""
    statement = (
        select(Balance.drug_id, func.sum(Balance.on_hand - Balance.frozen))
        .join(Batch, Batch.id == Balance.batch_id)
        .where(Batch.recalled_at.is_(None), Batch.expires_on > clock.today())
        .group_by(Balance.drug_id)
    )
    if drug_ids is not None:
        statement = statement.where(Balance.drug_id.in_(sorted(set(drug_ids))))
    return {row[0]: row[1] for row in db.session.execute(statement)}


def balances_at(location_id: int) -> list[StockLine]:
    """Everything that lies at a place, by drug and expiry."""
    statement = (
        select(Balance, Batch)
        .join(Batch, Batch.id == Balance.batch_id)
        .where(Balance.location_id == location_id, Balance.on_hand > 0)
        .order_by(Batch.drug_code, Batch.expires_on, Balance.id)
    )
    return _lines(statement)


def balances_of_batch(batch_id: int) -> list[StockLine]:
    """Where a batch lies, all places of the centre."""
    statement = (
        select(Balance, Batch)
        .join(Batch, Batch.id == Balance.batch_id)
        .where(Balance.batch_id == batch_id)
        .order_by(Balance.id)
    )
    return _lines(statement)


def balances_by_id(balance_ids: Iterable[int]) -> dict[int, StockLine]:
    """Id → balance with its batch, in one statement."""
    statement = (
        select(Balance, Batch)
        .join(Batch, Batch.id == Balance.batch_id)
        .where(Balance.id.in_(sorted(set(balance_ids))))
    )
    return {line.balance.id: line for line in _lines(statement)}


def get_balance(balance_id: int) -> StockLine:
    """The balance with its batch, or NotFound."""
    found = balances_by_id([balance_id]).get(balance_id)
    if found is None:
        raise NotFound(field="balance_id")
    return found


def latest_batches(drug_ids: Iterable[int]) -> dict[int, Batch]:
    """Drug id → the batch that came in last, for its cost. One statement."""
    newest = (
        select(func.max(Batch.id)).where(Batch.drug_id.in_(sorted(set(drug_ids)))).group_by(Batch.drug_id)
    )
    return {batch.drug_id: batch for batch in db.session.scalars(select(Batch).where(Batch.id.in_(newest)))}


def frozen_total() -> Decimal:
    """Minimum units that are set apart at all places (for the check)."""
    return db.session.scalar(select(func.sum(Balance.frozen))) or Decimal(0)


@dataclass(frozen=True, slots=True)
class Stopped:
    """Stock that may not move as usual: a recalled batch, a place that is counted, a place with closed books."""

    drug_name: str
    batch_no: str
    is_recalled: bool
    place: str
    is_counted: bool
    closed_until: date | None  # given when the day asked about is closed


def stopped_balances(balance_ids: Iterable[int], on: date) -> list[Stopped]:
    """What of these balances is stopped for a document of a day; ask it behind their lock. One statement."""
    statement = (
        select(
            Batch.drug_name,
            Batch.batch_no,
            Batch.recalled_at,
            Location.name,
            Location.counting_since,
            Location.closed_until,
        )
        .join(Balance, Balance.batch_id == Batch.id)
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.id.in_(sorted(set(balance_ids))),
            or_(
                Batch.recalled_at.is_not(None),
                Location.counting_since.is_not(None),
                Location.closed_until >= on,
            ),
        )
        .order_by(Balance.id)
    )
    return [
        Stopped(
            row[0],
            row[1],
            row[2] is not None,
            row[3],
            row[4] is not None,
            row[5] if row[5] is not None and row[5] >= on else None,
        )
        for row in db.session.execute(statement)
    ]


def closed_until() -> date | None:
    """The last day of the books that are closed; None before the first month's end."""
    return db.session.scalar(select(func.max(Location.closed_until)))


def find_batch(drug_id: int, batch_no: str) -> Batch | None:
    """The batch of a drug with this number, the latest where there are several; None when there never was one."""
    statement = select(Batch).where(Batch.drug_id == drug_id, Batch.batch_no == batch_no.strip().upper())
    return db.session.scalar(statement.order_by(Batch.id.desc()).limit(1))


def lock_place(location_id: int) -> list[StockLine]:
    """All that lies at a place, held until commit, in the order of the keys."""
    statement = (
        select(Balance, Batch)
        .join(Batch, Batch.id == Balance.batch_id)
        .where(Balance.location_id == location_id)
        .order_by(Balance.id)
    )
    return _lines(locking(statement, Balance))


def lock_drugs_everywhere(drug_ids: Iterable[int]) -> dict[int, list[Balance]]:
    """Drug id → what lies of it at all places, held until commit; empty balances are left out."""
    statement = (
        select(Balance)
        .where(Balance.drug_id.in_(sorted(set(drug_ids))), Balance.on_hand > 0)
        .order_by(Balance.id)
    )
    found: dict[int, list[Balance]] = {}
    for balance in db.session.scalars(locking(statement, Balance)):
        found.setdefault(balance.drug_id, []).append(balance)
    return found
