"""Reading the shared catalogue: drugs, service items, the usage dictionaries."""

import csv
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from sqlalchemy import case, or_, select

from app.db import contains_text, db, starts_with
from app.errors import NotFound
from modules.catalogue.models import Drug as Drug
from modules.catalogue.models import DrugKind as DrugKind
from modules.catalogue.models import ServiceItem
from modules.catalogue.rules import class_of


def get_drug(drug_id: int) -> Drug:
    """The drug, or NotFound."""
    found = db.session.get(Drug, drug_id)
    if found is None:
        raise NotFound(field="drug_id")
    return found


def drugs_by_id(drug_ids: Iterable[int]) -> dict[int, Drug]:
    """Id → drug, in one statement; unknown ids are absent."""
    rows = db.session.scalars(select(Drug).where(Drug.id.in_(sorted(set(drug_ids)))))
    return {row.id: row for row in rows}


def search_drugs(
    text: str, *, kinds: Iterable[DrugKind] = tuple(DrugKind), limit: int = 24, active_only: bool = True
) -> list[Drug]:
    """Drugs in use, best match first: exact code, initials, prefixes, then names that contain the text."""
    typed, lower = text.strip(), text.strip().lower()
    statement = select(Drug).where(Drug.kind.in_(list(kinds)))
    if active_only:
        statement = statement.where(Drug.is_active)
    if typed:
        statement = statement.where(
            or_(
                Drug.code == typed.upper(),
                starts_with(Drug.initials, lower),
                contains_text(Drug.name, typed),
                starts_with(Drug.pinyin, lower),
                contains_text(Drug.initials, lower),
            )
        ).order_by(
            case(
                (Drug.code == typed.upper(), 0),
                (Drug.initials == lower, 1),
                (starts_with(Drug.initials, lower), 2),
                (contains_text(Drug.name, typed), 3),
                (starts_with(Drug.pinyin, lower), 4),
                else_=5,
            )
        )
    return list(db.session.scalars(statement.order_by(Drug.code, Drug.id).limit(limit)))


def allergy_keys(substance: str) -> list[str]:
    """Keys under which a written allergy is checked: the class it names, else a drug's ingredient and first class.

    Empty when the text names nothing the catalogue knows; such an allergy is shown but cannot be checked.
    """
    if key := class_of(substance):
        return [key]
    if len(substance.strip()) < 2:
        return []
    named = contains_text(Drug.name, substance.strip())
    drug = db.session.scalars(select(Drug).where(named).order_by(Drug.code).limit(1)).first()
    return [] if drug is None else [*drug.ingredients[:1], *drug.allergy_classes[:1]]


def all_drugs() -> list[Drug]:
    """Every drug in use, ordered by code (catalogue page, provisioning)."""
    return list(db.session.scalars(select(Drug).where(Drug.is_active).order_by(Drug.code)))


def drugs_under_control(marks: Iterable[str]) -> list[int]:
    """Ids of drugs under one of these special controls, in one statement."""
    statement = select(Drug.id).where(Drug.special_control.in_(sorted(marks)))
    return sorted(db.session.scalars(statement))


def all_services() -> list[ServiceItem]:
    """Every service item in use, ordered by code."""
    return list(
        db.session.scalars(select(ServiceItem).where(ServiceItem.is_active).order_by(ServiceItem.code))
    )


def get_service(item_id: int) -> ServiceItem:
    """The service item, or NotFound."""
    found = db.session.get(ServiceItem, item_id)
    if found is None:
        raise NotFound(field="item_id")
    return found


def services_by_id(item_ids: Iterable[int]) -> dict[int, ServiceItem]:
    """Id → service item, withdrawn ones too, in one statement; unknown ids are absent."""
    rows = db.session.scalars(select(ServiceItem).where(ServiceItem.id.in_(sorted(set(item_ids)))))
    return {row.id: row for row in rows}


@lru_cache(maxsize=1)
def incompatible_herbs() -> frozenset[frozenset[str]]:
    """Pairs of herb keys that must not meet (十八反, 十九畏); shipped with the product."""
    return frozenset(
        frozenset({row["herb_a"], row["herb_b"]}) for row in _reference("herb_incompatibilities")
    )


@lru_cache(maxsize=1)
def herb_daily_grams() -> dict[str, Decimal]:
    """Drug code of a herbal slice → most grams a day; shipped with the demonstration formulary."""
    return {row["code"]: Decimal(row["daily_max_g"]) for row in _reference("herb_limits_demo")}


def _reference(name: str) -> list[dict[str, str]]:
    file = Path(__file__).parent / "reference_data" / f"{name}.csv"
    return list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
