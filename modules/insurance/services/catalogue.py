"""The insurer's catalogue, our items in it, the region's rules."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.money import Amount
from app.pinyin import initials
from app.use_cases import use_case
from modules.insurance import queries
from modules.insurance.errors import RuleOverlaps, UnknownCode
from modules.insurance.models import CatalogueItem, InsuranceMapping, InsuranceRule, ItemKind
from modules.insurance.services.facts import CataloguePart

Ratio = Annotated[Decimal, Field(ge=0, le=1, max_digits=5, decimal_places=4)]
TypeCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{2,6}$")]
_PAGES_OF_ITEMS = ("1301", "1302", "1305", "1306")


@use_case("insurance.mapping.change", is_step=True)
def store_catalogue_page(
    *,
    trade: Annotated[str, Field(max_length=6)],
    parts: Annotated[list[CataloguePart], Field(max_length=500)],
    by: Actor,
) -> None:
    """Keep a page of the insurer's catalogues: items, or ceilings and shares of items that are known."""
    known = queries.catalogue_items(part.code for part in parts)
    for part in parts:
        row = known.get(part.code)
        if row is None and trade not in _PAGES_OF_ITEMS:
            continue
        if row is None:
            row = known[part.code] = CatalogueItem(code=part.code, level=part.level)
            db.session.add(row)
        _lay_over(row, trade, part)
    audit.record("catalogue.downloaded", None, by=by, trade=trade, rows=len(parts))


def _lay_over(row: CatalogueItem, trade: str, part: CataloguePart) -> None:
    row.downloaded_on = clock.today()
    if trade in _PAGES_OF_ITEMS:
        row.trade, row.name, row.spec, row.unit = trade, part.name, part.spec, part.unit
        row.level, row.fee_class, row.initials = part.level, part.fee_class, initials(part.name)[:60]
    if part.ceiling is not None:
        row.ceiling = part.ceiling
    if part.self_pay_ratio is not None:
        row.self_pay_ratio = part.self_pay_ratio


@use_case("insurance.mapping.change")
def map_item(
    *,
    item_kind: ItemKind,
    item_code: Annotated[str, Field(min_length=1, max_length=30)],
    national_code: Annotated[str, Field(min_length=1, max_length=30)],
    by: Actor,
) -> InsuranceMapping:
    """Say which item of the insurer's catalogue an item of ours is, from today on; ends the mapping before it.

    Raises:
        UnknownCode: the downloaded catalogue has no such code.
    """
    item = queries.find_catalogue_item(national_code)
    if item is None:
        raise UnknownCode(field="national_code", code=national_code)
    _end_present(item_kind, item_code)
    row = InsuranceMapping(
        item_kind=item_kind,
        item_code=item_code,
        national_code=item.code,
        national_name=item.name,
        level=item.level,
        self_pay_ratio=item.self_pay_ratio,
        ceiling=item.ceiling,
        valid_from=clock.today(),
    )
    db.session.add(row)
    db.session.flush()
    audit.record("item.mapped", row, by=by, item_code=item_code, national_code=national_code)
    return row


def _end_present(item_kind: ItemKind, item_code: str) -> None:
    """A mapping of before ends yesterday; one of today gives way at once."""
    before = queries.find_open_mapping(item_kind, item_code)
    if before is not None:
        before.valid_to = max(before.valid_from, clock.today() - timedelta(days=1))
        db.session.flush()


@use_case("insurance.mapping.change", is_step=True)
def mark_uploaded(*, mapping_ids: Annotated[list[int], Field(max_length=500)], by: Actor) -> None:
    """Note which mappings the insurer has been told of (3301)."""
    for row in queries.mappings_by_id(mapping_ids):
        row.is_uploaded = True
    audit.record("mapping.uploaded", None, by=by, rows=len(mapping_ids))


@use_case("insurance.mapping.change", is_step=True)
def end_mapping(*, mapping_id: int, by: Actor) -> InsuranceMapping:
    """End a mapping with today; what was settled with it stays as it was."""
    row = queries.get_mapping(mapping_id)
    row.valid_to, row.is_uploaded = clock.today(), False
    audit.record("mapping.ended", row, by=by)
    return row


@use_case("insurance.mapping.change")
def load_demo_mappings(*, by: Actor) -> None:
    """Map the demonstration items to the demonstration insurer's catalogue; what is mapped stays as it is."""
    known = {(row.item_kind.value, row.item_code) for row in queries.list_mappings()}
    file = Path(__file__).parent.parent / "reference_data" / "demo_mapping.csv"
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    for told in rows:
        if (told["item_kind"], told["item_code"]) not in known:
            db.session.add(
                InsuranceMapping(
                    item_kind=ItemKind(told["item_kind"]),
                    item_code=told["item_code"],
                    national_code=told["national_code"],
                    national_name=told["name"],
                    level=told["level"],
                    self_pay_ratio=Decimal(told["self_pay"]),
                    ceiling=Decimal(told["ceiling"]) if told["ceiling"] else None,
                    valid_from=date(2026, 1, 1),
                )
            )
    audit.record("mapping.loaded", None, by=by, rows=len(rows))


@use_case("insurance.rule.change")
def set_rule(
    *,
    insutype: TypeCode,
    med_type: TypeCode,
    deductible_amount: Amount,
    ratio: Ratio,
    cap_amount: Amount,
    aid_ratio: Ratio = Decimal(0),
    valid_from: date,
    by: Actor,
) -> InsuranceRule:
    """Set what an insurance pays for a kind of care from a day on; the rule before it ends the day before.

    Raises:
        RuleOverlaps: a rule of the same kind begins on that day or later.
    """
    before = queries.newest_rule(insutype, med_type)
    if before is not None:
        if before.valid_from >= valid_from:
            raise RuleOverlaps(field="valid_from", begins=str(before.valid_from))
        before.valid_to = valid_from - timedelta(days=1)
    row = InsuranceRule(
        insutype=insutype,
        med_type=med_type,
        deductible_amount=deductible_amount,
        ratio=ratio,
        cap_amount=cap_amount,
        aid_ratio=aid_ratio,
        valid_from=valid_from,
        set_by=by.name,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("rule.set", row, by=by)
    return row
