"""Reading the price list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select

from app import clock
from app.db import contains_text, db, locking, starts_with
from app.db.units import current_unit
from modules.charging.models import Bill, ItemKind, ItemLimit, Price

DECOCTION_CODE = "X0045"


@dataclass(frozen=True, slots=True)
class Priced:
    """A price in force, with the limit of its item."""

    price: Price
    limit: ItemLimit | None


def in_force_at(moment: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The condition for prices in force at a moment."""
    return Price.valid_from <= moment, or_(Price.valid_to.is_(None), Price.valid_to > moment)


def _in_force(moment: datetime) -> Select[Price]:
    return select(Price).where(*in_force_at(moment))


def _with_limits() -> Select[Price, ItemLimit]:
    """Prices in force now, each with the limit of its item."""
    return (
        select(Price, ItemLimit)
        .outerjoin(
            ItemLimit,
            and_(
                ItemLimit.item_kind == Price.item_kind,
                ItemLimit.item_id == Price.item_id,
                ItemLimit.valid_to.is_(None),
            ),
        )
        .where(*in_force_at(clock.now()))
    )


def price_of(item_kind: ItemKind, item_id: int, *, at: datetime | None = None) -> Price | None:
    """The price in force, or None."""
    statement = _in_force(at or clock.now()).where(Price.item_kind == item_kind, Price.item_id == item_id)
    return db.session.scalar(statement)


def priced_item(item_id: int) -> Priced | None:
    """A service item's price in force with its limit, or None. One statement."""
    statement = _with_limits().where(Price.item_kind == ItemKind.SERVICE, Price.item_id == item_id)
    row = db.session.execute(statement).first()
    return Priced(row[0], row[1]) if row else None


def priced_services(codes: Iterable[str]) -> dict[str, Priced]:
    """Service code → price in force with its limit, in one statement."""
    statement = _with_limits().where(
        Price.item_kind == ItemKind.SERVICE, Price.item_code.in_(sorted(set(codes)))
    )
    return {row[0].item_code: Priced(row[0], row[1]) for row in db.session.execute(statement)}


def priced_ids(item_ids: Iterable[int], *, at: datetime) -> set[int]:
    """Those service items that have a price in force at a moment. One statement."""
    statement = select(Price.item_id).where(
        Price.item_kind == ItemKind.SERVICE, Price.item_id.in_(sorted(set(item_ids))), *in_force_at(at)
    )
    return set(db.session.scalars(statement))


def unknown_codes(codes: Iterable[str]) -> list[str]:
    """Those codes that no item of the price list has. One statement."""
    wanted = sorted(set(codes))
    known = set(db.session.scalars(select(Price.item_code).where(Price.item_code.in_(wanted))))
    return [code for code in wanted if code not in known]


def drug_prices(drug_ids: Iterable[int]) -> dict[int, Price]:
    """Drug id → price in force, in one statement; drugs without a price are absent."""
    statement = _in_force(clock.now()).where(
        Price.item_kind == ItemKind.DRUG, Price.item_id.in_(sorted(set(drug_ids)))
    )
    return {price.item_id: price for price in db.session.scalars(statement)}


def service_prices(codes: Iterable[str]) -> dict[str, Price]:
    """Service code → price in force, in one statement."""
    statement = _in_force(clock.now()).where(
        Price.item_kind == ItemKind.SERVICE, Price.item_code.in_(sorted(set(codes)))
    )
    return {price.item_code: price for price in db.session.scalars(statement)}


def prices_for_prescription(
    visit_id: int, drug_ids: Iterable[int], *, decoction: bool
) -> tuple[int | None, list[Priced]]:
    """The bill of the visit and the prices and limits its new lines need, in one statement."""
    wanted = (Price.item_kind == ItemKind.DRUG) & Price.item_id.in_(sorted(set(drug_ids)))
    if decoction:
        wanted |= (Price.item_kind == ItemKind.SERVICE) & (Price.item_code == DECOCTION_CODE)
    statement = (
        _with_limits()
        .where(wanted)
        .outerjoin(Bill, Bill.visit_id == visit_id)
        .add_columns(Bill.id, Bill.pays_at_end)
    )
    rows = db.session.execute(statement).all()
    if rows:
        note_mode(visit_id, pays_at_end=bool(rows[0][3]))
    return next((row[2] for row in rows), None), [Priced(row[0], row[1]) for row in rows]


def note_mode(visit_id: int, *, pays_at_end: bool) -> None:
    """Keep, until the transaction ends, how a visit is paid: the rooms above ask in the same act."""
    if unit := current_unit():
        unit.notes[f"charging.at_end.{visit_id}"] = pays_at_end


def pays_at_end(visit_id: int) -> bool:
    """Whether the bill of a visit is settled once at its end: nothing waits for payment. At most one statement."""
    unit = current_unit()
    if unit and (known := unit.notes.get(f"charging.at_end.{visit_id}")) is not None:
        return bool(known)
    return bool(db.session.scalar(select(Bill.pays_at_end).where(Bill.visit_id == visit_id)))


def search_prices(
    text: str = "", *, kind: ItemKind | None = None, after: str = "", size: int = 50
) -> list[Price]:
    """Prices in force whose item matches, ordered by code; `after` is the last code of the page before."""
    statement = _in_force(clock.now())
    if kind is not None:
        statement = statement.where(Price.item_kind == kind)
    if typed := text.strip():
        statement = statement.where(
            or_(
                Price.item_code == typed.upper(),
                starts_with(Price.initials, typed.lower()),
                contains_text(Price.item_name, typed),
            )
        )
    if after:
        statement = statement.where(Price.item_code > after)
    return list(db.session.scalars(statement.order_by(Price.item_code, Price.id).limit(size + 1)))


def price_history(item_kind: ItemKind, item_id: int) -> list[Price]:
    """Every price an item ever had here, the latest first."""
    return list(
        db.session.scalars(
            select(Price)
            .where(Price.item_kind == item_kind, Price.item_id == item_id)
            .order_by(Price.valid_from.desc())
            .limit(200)
        )
    )


def lock_open_price(item_kind: ItemKind, item_id: int) -> Price | None:
    """The item's latest price, held until commit."""
    statement = select(Price).where(
        Price.item_kind == item_kind, Price.item_id == item_id, Price.valid_to.is_(None)
    )
    return db.session.scalar(locking(statement, Price))


def list_prices_in_force() -> list[tuple[str, str, str]]:
    """The whole price list as it stands: kind, code and amount as text, by kind and code. One statement."""
    statement = _in_force(clock.now()).order_by(Price.item_kind, Price.item_code)
    return [
        (price.item_kind.value, price.item_code, f"{price.amount}") for price in db.session.scalars(statement)
    ]
