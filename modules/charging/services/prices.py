"""The centre's price list (价目表): a history without gaps or overlaps for each item."""

from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from app import audit, clock, pinyin
from app.actor import Actor
from app.db import db
from app.money import UnitPrice
from app.use_cases import use_case
from modules.catalogue import queries as catalogue
from modules.catalogue import services as catalogue_services
from modules.charging import queries
from modules.charging.errors import PriceInPast, PriceOverlaps
from modules.charging.models import ItemKind, Price
from modules.charging.rules.fee_classes import FeeClass

_DEMO_BEGINS = date(2020, 1, 1)


@use_case("charging.price.change")
def set_price(
    *,
    item_kind: ItemKind,
    item_id: int,
    amount: UnitPrice,
    valid_from: date | None = None,
    reason: Annotated[str, Field(max_length=200)] = "",
    by: Actor,
) -> Price:
    """Set the price of a drug (a pack, a kilogram of a herb) or a service item, from now or from a later day.

    The price before it ends where the new one begins. Charges keep the price they were born with.

    Raises:
        NotFound: no such drug or item.
        PriceInPast: the day is before today.
        PriceOverlaps: a price already begins on or after that moment.
    """
    price = _price_of_drug(item_id) if item_kind == ItemKind.DRUG else _price_of_service(item_id)
    begins = clock.now()
    if valid_from is not None and valid_from != clock.today():
        if valid_from < clock.today():
            raise PriceInPast(field="valid_from")
        begins = clock.moment_of(valid_from, time(0))
    if latest := queries.lock_open_price(item_kind, item_id):
        if latest.valid_from >= begins:
            raise PriceOverlaps(field="valid_from", begins=f"{clock.local(latest.valid_from):%Y-%m-%d %H:%M}")
        latest.valid_to = begins
        db.session.flush()  # the old price must end before the new one begins, for the index of open prices
    price.amount, price.valid_from, price.reason, price.set_by = amount, begins, reason, by.name
    db.session.add(price)
    db.session.flush()
    audit.record("price.set", price, by=by, item=price.item_code, amount=amount)
    return price


@use_case("charging.price.change")
def load_demo_prices(*, by: Actor) -> None:
    """Take over the demonstration price list for every drug and item that has no price yet."""
    _add_missing(catalogue_services.demo_prices(), by)


@use_case("charging.price.change", is_step=True)
def take_over_prices(
    *, rows: Annotated[list[tuple[str, str, str]], Field(max_length=20_000)], by: Actor
) -> None:
    """Take over a price list (kind, code, amount) for every drug and item that has no price yet: a new centre's."""
    _add_missing(((kind, code, Decimal(amount)) for kind, code, amount in rows), by)


def _add_missing(listed: Iterable[tuple[str, str, Decimal]], by: Actor) -> None:
    drugs = {drug.code: drug.id for drug in catalogue.all_drugs()}
    items = {item.code: item.id for item in catalogue.all_services()}
    known = {(row[0], row[1]) for row in db.session.execute(select(Price.item_kind, Price.item_code))}
    begins = clock.moment_of(_DEMO_BEGINS, time(0))  # before the first simulated day
    count = 0
    for kind, code, amount in listed:
        ids = drugs if kind == "drug" else items
        if code not in ids or (ItemKind(kind), code) in known:
            continue
        price = _price_of_drug(ids[code]) if kind == "drug" else _price_of_service(ids[code])
        price.amount, price.valid_from, price.set_by = amount, begins, by.name
        db.session.add(price)
        count += 1
    audit.record("price_list.loaded", None, by=by, count=count)


def _price_of_drug(drug_id: int) -> Price:
    drug = catalogue.get_drug(drug_id)
    return Price(
        item_kind=ItemKind.DRUG,
        item_id=drug.id,
        item_code=drug.code,
        item_name=f"{drug.name} {drug.strength}"[:160],
        initials=drug.initials,
        fee_class=FeeClass(drug.fee_class.value),
        unit=drug.min_unit,
        price_unit=drug.pack_unit,
        per=drug.pack_factor,
        amount=Decimal(0),
    )


def _price_of_service(item_id: int) -> Price:
    item = catalogue.get_service(item_id)
    return Price(
        item_kind=ItemKind.SERVICE,
        item_id=item.id,
        item_code=item.code,
        item_name=item.name,
        initials=pinyin.initials(item.name)[:60],
        fee_class=FeeClass(item.fee_class.value),
        unit=item.unit,
        price_unit=item.unit,
        per=1,
        amount=Decimal(0),
    )
