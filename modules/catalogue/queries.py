"""Reading the shared catalogue: drugs, service items, the usage dictionaries."""

from collections.abc import Iterable

from sqlalchemy import case, or_, select

from app.db import contains_text, db, starts_with
from app.errors import NotFound
from modules.catalogue.models import Drug, DrugKind, ServiceItem


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


def search_services(text: str, *, limit: int = 8) -> list[ServiceItem]:
    """Service items in use that match code, initials or name."""
    typed, lower = text.strip(), text.strip().lower()
    statement = select(ServiceItem).where(ServiceItem.is_active)
    if typed:
        statement = statement.where(
            or_(
                ServiceItem.code == typed.upper(),
                starts_with(ServiceItem.initials, lower),
                contains_text(ServiceItem.name, typed),
            )
        )
    return list(db.session.scalars(statement.order_by(ServiceItem.code).limit(limit)))


def services_by_code(codes: Iterable[str]) -> dict[str, ServiceItem]:
    """Code → service item."""
    rows = db.session.scalars(select(ServiceItem).where(ServiceItem.code.in_(sorted(set(codes)))))
    return {row.code: row for row in rows}


def all_drugs() -> list[Drug]:
    """Every drug in use, ordered by code (catalogue page, provisioning)."""
    return list(db.session.scalars(select(Drug).where(Drug.is_active).order_by(Drug.code)))


def all_services() -> list[ServiceItem]:
    """Every service item in use, ordered by code."""
    return list(
        db.session.scalars(select(ServiceItem).where(ServiceItem.is_active).order_by(ServiceItem.code))
    )
