"""Packages of the price list: made, changed and ended by whoever keeps prices; past versions stay as they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit, clock, pinyin
from app.actor import Actor
from app.db import db
from app.errors import NotFound
from app.money import Quantity
from app.use_cases import use_case
from modules.catalogue import queries as catalogue
from modules.charging import queries
from modules.charging.errors import (
    PackageCodeTaken,
    PackageEmpty,
    PackageInPackage,
    PackageItemTwice,
    PackageItemUnusable,
    PackageNotWhole,
    PackageOverlaps,
    PriceInPast,
    PriceMissing,
)
from modules.charging.models import ChargeSource, Package, PackageMember, PackageVersion
from modules.charging.queries import PackageView
from modules.charging.services.lines import NewLine

MOST_MEMBERS = 60
Name = Annotated[str, Field(min_length=2, max_length=100)]
Reason = Annotated[str, Field(max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInput:
    """An item of a package, and how many of it one package holds."""

    item_id: int
    quantity: Quantity = Decimal(1)


Members = Annotated[list[MemberInput], Field(max_length=MOST_MEMBERS)]


@use_case("charging.price.change")
def add_package(
    *,
    code: Annotated[str, Field(min_length=2, max_length=30)],
    name: Name,
    members: Members,
    valid_from: date | None = None,
    reason: Reason = "",
    by: Actor,
) -> Package:
    """Put a package on the price list, from now or from a later day.

    Raises:
        PackageCodeTaken: an item or a package has this code.
        PackageEmpty, PackageInPackage, PackageItemTwice, PackageItemUnusable: its items are wrong.
        NotFound, PriceMissing: an item is unknown or has no price.
        PriceInPast: the day is before today.
    """
    code = code.upper()
    if queries.is_code_taken(code):
        raise PackageCodeTaken(field="code")
    package = Package(code=code, name=name, initials=pinyin.initials(name)[:60])
    db.session.add(package)
    db.session.flush()
    _begin_version(package, members, _beginning(valid_from), reason, by)
    return package


@use_case("charging.price.change")
def change_package(
    *,
    package_id: int,
    name: Name,
    members: Members,
    valid_from: date | None = None,
    reason: Reason = "",
    by: Actor,
) -> Package:
    """Give a package other items or another name, from now or from a later day; bills keep what they were made of.

    Raises:
        NotFound: no such package here.
        PackageEmpty, PackageInPackage, PackageItemTwice, PackageItemUnusable, PriceMissing: its items are wrong.
        PriceInPast, PackageOverlaps: the day is before today, or a version begins then or later.
    """
    package = queries.lock_package(package_id)
    begins = _beginning(valid_from)
    for known in queries.versions_of(package.id):
        if known.valid_from == begins or (known.valid_to is None and known.valid_from > begins):
            raise PackageOverlaps(
                field="valid_from", begins=f"{clock.local(known.valid_from):%Y-%m-%d %H:%M}"
            )
        known.valid_to = begins if known.valid_to is None else known.valid_to
    db.session.flush()  # the old version must end before the new one begins, for the index of open versions
    package.name, package.initials = name, pinyin.initials(name)[:60]
    _begin_version(package, members, begins, reason, by)
    return package


@use_case("charging.price.change")
def end_package(*, package_id: int, by: Actor) -> Package:
    """Take a package off the price list from now on; one that has not begun never begins.

    Raises:
        NotFound: no such package here.
    """
    package = queries.lock_package(package_id)
    now = clock.now()
    versions = queries.versions_of(package.id)
    live = [known for known in versions if known.valid_to is None or known.valid_to > now]
    for version in live:
        version.valid_to = max(now, version.valid_from)
    if live:
        db.session.flush()
        audit.record("package.ended", package, by=by, package=package.code)
    return package


def package_lines(view: PackageView, quantity: Decimal, field: str) -> list[NewLine]:
    """The lines of a package that is chosen.

    Raises:
        PackageEmpty: it is not in force.
        PackageItemUnusable: an item was withdrawn or has no price.
        PackageNotWhole: a part of a package is wanted.
    """
    name = view.name
    if quantity != quantity.to_integral_value():
        raise PackageNotWhole(field="quantity")
    if view.version is None or not view.lines:
        raise PackageEmpty(field=field, package=name)
    items = catalogue.services_by_id(line.member.item_id for line in view.lines)
    lines: list[NewLine] = []
    unusable: list[str] = []
    for line in view.lines:
        item = items.get(line.member.item_id)
        if line.priced is None or item is None or not item.is_active:
            unusable.append(line.member.item_name)
            continue
        lines.append(
            NewLine(
                priced=line.priced,
                quantity=line.member.quantity * quantity,
                source_kind=ChargeSource.MANUAL,
                package=view.version,
                field=field,
            )
        )
    if unusable:
        raise PackageItemUnusable(field=field, package=name, items="、".join(unusable))
    return lines


def _beginning(valid_from: date | None) -> datetime:
    if valid_from is None or valid_from == clock.today():
        return clock.now()
    if valid_from < clock.today():
        raise PriceInPast(field="valid_from")
    return clock.moment_of(valid_from, time(0))


def _begin_version(
    package: Package, members: Sequence[MemberInput], begins: datetime, reason: str, by: Actor
) -> None:
    checked = _checked(package, members, begins)
    version = PackageVersion(
        package_id=package.id, name=package.name, valid_from=begins, reason=reason, set_by=by.name
    )
    db.session.add(version)
    db.session.flush()
    for place, (code, name, member) in enumerate(checked, start=1):
        db.session.add(
            PackageMember(
                version_id=version.id,
                place=place,
                item_id=member.item_id,
                item_code=code,
                item_name=name,
                quantity=member.quantity,
            )
        )
    db.session.flush()
    audit.record(
        "package.set",
        package,
        by=by,
        package=package.code,
        members=[f"{code} ×{member.quantity}" for code, _, member in checked],
    )


def _checked(
    package: Package, members: Sequence[MemberInput], begins: datetime
) -> list[tuple[str, str, MemberInput]]:
    """Code, name and input of each member, once they are what a package may hold."""
    if not members:
        raise PackageEmpty(field="members-0-item_id", package=package.name)
    items = catalogue.services_by_id(member.item_id for member in members)
    priced = queries.priced_ids((member.item_id for member in members), at=begins)
    found: list[tuple[str, str, MemberInput]] = []
    for place, member in enumerate(members):
        field, item = f"members-{place}-item_id", items.get(member.item_id)
        if item is None:
            raise (PackageInPackage if queries.is_package(member.item_id) else NotFound)(field=field)
        if any(member.item_id == known.item_id for _, _, known in found):
            raise PackageItemTwice(field=field, item=item.name)
        if not item.is_active:
            raise PackageItemUnusable(field=field, package=package.name, items=item.name)
        if item.id not in priced:
            raise PriceMissing(field=field, item=item.name)
        found.append((item.code, item.name, member))
    return found
