"""Reading packages: what is in them on a day, at which prices, and what was in them before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from app import clock
from app.db import Page, contains_text, db, lock_row, page_by_key, starts_with
from app.errors import NotFound
from modules.charging.models import ItemKind, ItemLimit, Package, PackageMember, PackageVersion, Price
from modules.charging.queries.prices import Priced, in_force_at


@dataclass(frozen=True, slots=True)
class PackageLine:
    """A member with its price and limit as they stand; no price where there is none in force."""

    member: PackageMember
    priced: Priced | None

    @property
    def amount(self) -> Decimal:
        """Yuan in one package."""
        return self.priced.price.amount_for(self.member.quantity) if self.priced else Decimal("0.00")


@dataclass(frozen=True, slots=True)
class PackageView:
    """A package and one of its versions; without one it is not in force."""

    package: Package
    version: PackageVersion | None
    lines: list[PackageLine]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.version.name if self.version else self.package.name

    @property
    def amount(self) -> Decimal:
        """Yuan for one package: the sum of its rounded lines."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))


def _is_in_force(moment: datetime) -> ColumnElement[bool]:
    return and_(
        PackageVersion.valid_from <= moment,
        or_(PackageVersion.valid_to.is_(None), PackageVersion.valid_to > moment),
    )


def _views(package_ids: Iterable[int]) -> list[PackageView]:
    """Packages with what is in them now, by code. One statement."""
    moment = clock.now()
    statement = (
        select(Package, PackageVersion, PackageMember, Price, ItemLimit)
        .outerjoin(PackageVersion, and_(PackageVersion.package_id == Package.id, _is_in_force(moment)))
        .outerjoin(PackageMember, PackageMember.version_id == PackageVersion.id)
        .outerjoin(
            Price,
            and_(
                Price.item_kind == ItemKind.SERVICE,
                Price.item_id == PackageMember.item_id,
                *in_force_at(moment),
            ),
        )
        .outerjoin(
            ItemLimit,
            and_(
                ItemLimit.item_kind == ItemKind.SERVICE,
                ItemLimit.item_id == PackageMember.item_id,
                ItemLimit.valid_to.is_(None),
            ),
        )
        .where(Package.id.in_(sorted(set(package_ids))))
        .order_by(Package.code, PackageMember.place)
    )
    found: dict[int, PackageView] = {}
    rows: Sequence[Any] = db.session.execute(statement).all()  # all but the package may be missing
    for package, version, member, price, limit in rows:
        view = found.setdefault(package.id, PackageView(package, version, []))
        if member is not None:
            view.lines.append(PackageLine(member, Priced(price, limit) if price else None))
    return list(found.values())


def package_in_force(package_id: int) -> PackageView | None:
    """A package with what is in it now, or None where there is no such package here. One statement."""
    return next(iter(_views([package_id])), None)


def list_packages(text: str = "", *, before: int | None = None, size: int = 40) -> Page[PackageView]:
    """Packages whose code or name matches, the newest first; those that have ended too. Two statements."""
    statement = select(Package)
    if typed := text.strip():
        statement = statement.where(_matches(typed))
    page = page_by_key(statement, Package.id, before=before, size=size)
    views = {view.package.id: view for view in _views([row.id for row in page.rows])} if page.rows else {}
    return replace(page, rows=[views[row.id] for row in page.rows])


def _matches(typed: str) -> ColumnElement[bool]:
    return or_(
        Package.code == typed.upper(),
        starts_with(Package.initials, typed.lower()),
        contains_text(Package.name, typed),
    )


def packages_to_charge(text: str, *, size: int) -> list[PackageView]:
    """Packages in force that match, by code, for a typeahead. Two statements."""
    statement = (
        select(Package.id)
        .join(PackageVersion, and_(PackageVersion.package_id == Package.id, _is_in_force(clock.now())))
        .order_by(Package.code)
        .limit(size)
    )
    if typed := text.strip():
        # a package that is to be called otherwise from a later day on is still found by its name of today
        statement = statement.where(or_(_matches(typed), contains_text(PackageVersion.name, typed)))
    found = list(db.session.scalars(statement))
    return _views(found) if found else []


def get_package(package_id: int) -> Package:
    """The package, or NotFound."""
    found = db.session.get(Package, package_id)
    if found is None:
        raise NotFound(field="package_id")
    return found


def lock_package(package_id: int) -> Package:
    """The package, held until commit, or NotFound."""
    found = lock_row(Package, package_id)
    if found is None:
        raise NotFound(field="package_id")
    return found


def versions_of(package_id: int) -> list[PackageVersion]:
    """Every version of a package, in their order. One statement."""
    statement = (
        select(PackageVersion)
        .where(PackageVersion.package_id == package_id)
        .order_by(PackageVersion.valid_from, PackageVersion.id)
    )
    return list(db.session.scalars(statement))


def package_history(package_id: int) -> list[tuple[PackageVersion, list[PackageMember]]]:
    """Every version of a package with its members, the latest first. One statement."""
    statement = (
        select(PackageVersion, PackageMember)
        .outerjoin(PackageMember, PackageMember.version_id == PackageVersion.id)
        .where(PackageVersion.package_id == package_id)
        .order_by(PackageVersion.valid_from.desc(), PackageMember.place)
        .limit(2000)
    )
    found: dict[int, tuple[PackageVersion, list[PackageMember]]] = {}
    for version, member in db.session.execute(statement):
        members = found.setdefault(version.id, (version, []))[1]
        if member is not None:
            members.append(member)
    return list(found.values())


def is_package(item_id: int) -> bool:
    """Whether a key is a package's, and not an item's."""
    return db.session.get(Package, item_id) is not None


def is_code_taken(code: str) -> bool:
    """Whether a package or an item of the price list has this code. One statement."""
    packages = select(Package.code).where(Package.code == code)
    return (
        db.session.scalar(packages.union_all(select(Price.item_code).where(Price.item_code == code)).limit(1))
        is not None
    )
