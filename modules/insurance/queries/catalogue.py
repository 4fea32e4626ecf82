"""The insurer's catalogue, our mapping into it, and the region's rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select

from app import clock
from app.db import contains_text, db, starts_with
from app.errors import NotFound
from modules.catalogue import queries as catalogue
from modules.insurance.models import CatalogueItem, InsuranceMapping, InsuranceRule, ItemKind


@dataclass(frozen=True, slots=True)
class OwnItem:
    """An item of ours that a bill may hold."""

    kind: ItemKind
    code: str
    name: str
    spec: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what we charge the insurer knows."""

    items: int
    mapped: int
    uploaded: int
    expired: int

    @property
    def missing(self) -> int:
        """Items without a mapping in force."""
        return self.items - self.mapped


def own_items() -> list[OwnItem]:
    """Everything the catalogue holds, drugs first."""
    drugs = [OwnItem(ItemKind.DRUG, one.code, one.name, one.strength) for one in catalogue.all_drugs()]
    return drugs + [OwnItem(ItemKind.SERVICE, one.code, one.name, "") for one in catalogue.all_services()]


def list_mappings(on: date | None = None) -> list[InsuranceMapping]:
    """Mappings in force on a day."""
    day = on or clock.today()
    return list(
        db.session.scalars(
            select(InsuranceMapping)
            .where(
                InsuranceMapping.valid_from <= day,
                or_(InsuranceMapping.valid_to.is_(None), InsuranceMapping.valid_to >= day),
            )
            .order_by(InsuranceMapping.item_code, InsuranceMapping.id)
        )
    )


def mappings_of(
    items: Iterable[tuple[str, str]], on: date | None = None
) -> dict[tuple[str, str], InsuranceMapping]:
    """Kind and code of an item → its mapping in force; one statement."""
    day, wanted = on or clock.today(), set(items)
    rows = db.session.scalars(
        select(InsuranceMapping)
        .where(
            InsuranceMapping.item_code.in_(sorted({code for _, code in wanted})),
            InsuranceMapping.valid_from <= day,
            or_(InsuranceMapping.valid_to.is_(None), InsuranceMapping.valid_to >= day),
        )
        .order_by(InsuranceMapping.id)  # of two that meet on a day, the later one
    )
    found = {(row.item_kind.value, row.item_code): row for row in rows}
    return {key: row for key, row in found.items() if key in wanted}


def coverage() -> Coverage:
    """How many items are mapped, told to the insurer, or were mapped until some day."""
    ours = {(item.kind.value, item.code) for item in own_items()}
    now = {(row.item_kind.value, row.item_code): row for row in list_mappings()}
    ever = db.session.execute(
        select(InsuranceMapping.item_kind, InsuranceMapping.item_code)
        .where(InsuranceMapping.valid_to < clock.today())
        .distinct()
    )
    ended = {(row.item_kind.value, row.item_code) for row in ever} - set(now)
    mapped = ours & set(now)
    uploaded = sum(now[key].is_uploaded for key in mapped)
    return Coverage(len(ours), len(mapped), uploaded, len(ours & ended))


def unmapped() -> list[OwnItem]:
    """Items of ours without a mapping in force, by code."""
    known = {(row.item_kind, row.item_code) for row in list_mappings()}
    return [item for item in own_items() if (item.kind, item.code) not in known]


def find_catalogue_item(code: str) -> CatalogueItem | None:
    """An item of the insurer's catalogue."""
    return db.session.scalar(select(CatalogueItem).where(CatalogueItem.code == code))


def search_catalogue(text: str, limit: int = 8) -> list[CatalogueItem]:
    """Items of the insurer's catalogue by code, initials or a part of the name."""
    typed = text.strip()
    wanted = or_(
        CatalogueItem.code == typed,
        starts_with(CatalogueItem.initials, typed.lower()),
        contains_text(CatalogueItem.name, typed),
    )
    return list(
        db.session.scalars(
            select(CatalogueItem).where(wanted).order_by(CatalogueItem.name, CatalogueItem.code).limit(limit)
        )
    )


def propose(items: Iterable[OwnItem]) -> dict[tuple[str, str], CatalogueItem]:
    """Unmapped items whose name stands in the insurer's catalogue exactly once."""
    wanted = {item.name: item for item in items}
    rows = db.session.scalars(select(CatalogueItem).where(CatalogueItem.name.in_(sorted(wanted)[:1000])))
    by_name: dict[str, list[CatalogueItem]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    return {
        (wanted[name].kind.value, wanted[name].code): found[0]
        for name, found in by_name.items()
        if len(found) == 1
    }


def catalogue_size() -> int:
    """How many items of the insurer's catalogue are here."""
    return db.session.scalar(select(func.count()).select_from(CatalogueItem)) or 0


def list_rules() -> list[InsuranceRule]:
    """The region's rules, the newest first within each insurance."""
    return list(
        db.session.scalars(
            select(InsuranceRule).order_by(
                InsuranceRule.insutype, InsuranceRule.med_type, InsuranceRule.valid_from.desc()
            )
        )
    )


def rule_on(insutype: str, med_type: str, on: date) -> InsuranceRule | None:
    """The rule of a day."""
    return db.session.scalar(
        select(InsuranceRule)
        .where(
            InsuranceRule.insutype == insutype,
            InsuranceRule.med_type == med_type,
            InsuranceRule.valid_from <= on,
            or_(InsuranceRule.valid_to.is_(None), InsuranceRule.valid_to >= on),
        )
        .order_by(InsuranceRule.valid_from.desc())
        .limit(1)
    )


def newest_rule(insutype: str, med_type: str) -> InsuranceRule | None:
    """The rule that begins last."""
    return db.session.scalar(
        select(InsuranceRule)
        .where(InsuranceRule.insutype == insutype, InsuranceRule.med_type == med_type)
        .order_by(InsuranceRule.valid_from.desc())
        .limit(1)
    )


def catalogue_items(codes: Iterable[str]) -> dict[str, CatalogueItem]:
    """Code → item of the insurer's catalogue."""
    rows = db.session.scalars(select(CatalogueItem).where(CatalogueItem.code.in_(sorted(set(codes)))))
    return {row.code: row for row in rows}


def find_open_mapping(item_kind: ItemKind, item_code: str) -> InsuranceMapping | None:
    """The mapping of an item that has no end."""
    return db.session.scalar(
        select(InsuranceMapping).where(
            InsuranceMapping.item_kind == item_kind,
            InsuranceMapping.item_code == item_code,
            InsuranceMapping.valid_to.is_(None),
        )
    )


def mappings_by_id(mapping_ids: Iterable[int]) -> list[InsuranceMapping]:
    """Mappings by their keys."""
    return list(
        db.session.scalars(select(InsuranceMapping).where(InsuranceMapping.id.in_(sorted(mapping_ids))))
    )


def get_mapping(mapping_id: int) -> InsuranceMapping:
    """The mapping, or NotFound."""
    found = db.session.get(InsuranceMapping, mapping_id)
    if found is None:
        raise NotFound(field="mapping_id")
    return found
