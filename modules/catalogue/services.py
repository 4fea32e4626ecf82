"""Everything that changes the shared catalogue: loading the shipped reference data, correcting a drug."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select

from app import audit, dictionaries, pinyin
from app.actor import Actor
from app.db import db, lock_row
from app.errors import ChangedMeanwhile, NotFound
from app.money import Quantity
from app.use_cases import use_case
from modules.catalogue.models import Drug, DrugKind, FeeClass, ServiceItem

REFERENCE = Path(__file__).parent / "reference_data"
CHANGEABLE = (
    "version",
    "single_max",
    "daily_max",
    "block_below_years",
    "warn_below_years",
    "is_splittable",
    "is_active",
)
_NOT_KEPT_AFTER_OPENING = ("注射", "粉针")


def load_dictionaries(*, small: bool = False) -> dict[str, int]:
    """Load the shipped dictionaries into the control database; returns new entries by dictionary.

    ``small`` leaves out the 33,000 diagnoses and the divisions (tests load the common ones only).
    """
    start = date(2020, 1, 1)
    common = {row["code"]: row for row in _rows("common_diagnoses")}
    loaded = {
        "frequency": dictionaries.load("frequency", "2026", _frequencies(), valid_from=start),
        "route": dictionaries.load("route", "2026", _routes(), valid_from=start),
        "ethnicity": dictionaries.load(
            "ethnicity", "GB/T 3304", _plain("gb3304_ethnicity"), valid_from=start
        ),
    }
    diagnoses = common.values() if small else _rows("icd10_insurance")
    loaded["diagnosis"] = dictionaries.load(
        "diagnosis", "insurance-2.0", (_diagnosis(row, common) for row in diagnoses), valid_from=start
    )
    if not small:
        loaded["division"] = dictionaries.load(
            "division", "2025", _plain("admin_divisions_county"), valid_from=start
        )
        for domain, rows in _value_domains().items():
            loaded[domain] = dictionaries.load(domain, "WS 364", rows, valid_from=start)
    return loaded


@use_case("catalogue.catalogue.load", database="control")
def load_demo_catalogue(*, by: Actor) -> None:
    """Load the demonstration formulary with its safety table, and the demonstration services."""
    safety = {row["code"]: row for row in _rows("drug_safety_demo")}
    known = set(db.session.scalars(select(Drug.code)))
    for row in _rows("formulary_demo"):
        if row["demo_code"] not in known:
            db.session.add(_drug(row, safety[row["demo_code"]]))
    known = set(db.session.scalars(select(ServiceItem.code)))
    for row in _rows("charge_items_demo"):
        if row["demo_code"] not in known:
            db.session.add(
                ServiceItem(
                    code=row["demo_code"],
                    name=row["name_zh"],
                    initials=pinyin.initials(row["name_zh"])[:60],
                    unit=row["unit"],
                    fee_class=FeeClass(row["insurance_fee_class"]),
                    insurance_class=row["insurance_class"],
                    department_hint=row["executing_dept_zh"],
                )
            )
    audit.record("catalogue.loaded", None, by=by)


def demo_prices() -> Iterator[tuple[str, str, Decimal]]:
    """Kind (drug | service), code and price of the demonstration list: drugs a pack, herbs a kilogram."""
    for row in _rows("formulary_demo"):
        yield "drug", row["demo_code"], Decimal(row["demo_pack_price"])
    for row in _rows("charge_items_demo"):
        yield "service", row["demo_code"], Decimal(row["demo_price"])


@use_case("catalogue.drug.change", database="control")
def change_drug_limits(
    *,
    drug_id: int,
    version: int,
    single_max: Quantity | None = None,
    daily_max: Quantity | None = None,
    block_below_years: Annotated[int, Field(ge=0, le=120)] | None = None,
    warn_below_years: Annotated[int, Field(ge=0, le=120)] | None = None,
    is_splittable: bool = True,
    is_active: bool = True,
    by: Actor,
) -> Drug:
    """Change a drug's limits and whether it is in use.

    Raises:
        NotFound: no such drug.
        ChangedMeanwhile: somebody changed it after the page was opened.
    """
    drug = lock_row(Drug, drug_id)
    if drug is None:
        raise NotFound(field="drug_id")
    if drug.version != version:
        raise ChangedMeanwhile
    drug.single_max, drug.daily_max = single_max, daily_max
    drug.block_below_years, drug.warn_below_years = block_below_years, warn_below_years
    drug.is_splittable, drug.is_active = is_splittable, is_active
    audit.record("drug.limits_changed", drug, by=by)
    return drug


def _rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _plain(name: str) -> list[dict[str, Any]]:
    return [{"code": row["code"], "name": row["name"]} for row in _rows(name)]


def _frequencies() -> list[dict[str, Any]]:
    return [
        {
            "code": row["code"],
            "name": row["name_zh"],
            "rank": 100 - index,
            "facts": {"times": int(row["times"]), "per_days": int(row["per_days"]), "clock": row["clock"]},
        }
        for index, row in enumerate(_rows("usage_frequency"))
    ]


def _routes() -> list[dict[str, Any]]:
    return [
        {
            "code": row["code"],
            "name": row["name_zh"],
            "rank": 100 - index,
            "facts": {"execution": row["execution_order"], "fee": row["default_fee_zh"]},
        }
        for index, row in enumerate(_rows("usage_route"))
    ]


def _diagnosis(row: dict[str, str], common: dict[str, dict[str, str]]) -> dict[str, Any]:
    favourite = common.get(row["code"])
    facts: dict[str, Any] = {}
    if favourite:
        facts = {"chronic": favourite["chronic"] == "1", "notifiable": favourite["notifiable_class_zh"]}
    return {"code": row["code"], "name": row["name_zh"], "rank": 10 if favourite else 0, "facts": facts}


def _value_domains() -> dict[str, list[dict[str, Any]]]:
    domains: dict[str, list[dict[str, Any]]] = {}
    for row in _rows("value_domains"):
        rows = domains.setdefault(row["domain_id"][:40], [])
        if row["code"] not in {known["code"] for known in rows}:
            rows.append({"code": row["code"][:40], "name": row["name"]})
    return domains


def _drug(row: dict[str, str], safety: dict[str, str]) -> Drug:
    key = pinyin.drug_pinyin(row["name_zh"])
    return Drug(
        code=row["demo_code"],
        name=row["name_zh"],
        inn=row["inn"],
        initials=key.initials[:60],
        pinyin=key.full[:200],
        kind=DrugKind(row["type"]),
        form=row["form_zh"],
        strength=row["strength"],
        min_unit=row["min_unit"],
        pack_unit=row["pack_unit"],
        pack_factor=int(row["pack_factor"]),
        dose_unit=row["dose_unit"],
        dose_per_min_unit=Decimal(row["dose_per_min_unit"]),
        rounds_up_each_dose=any(word in row["form_zh"] for word in _NOT_KEPT_AFTER_OPENING),
        is_essential=row["essential"] == "1",
        insurance_class=row["insurance_class"],
        antimicrobial_level=int(row["antimicrobial_level"] or 0),
        needs_skin_test=row["skin_test"] == "1",
        special_control=row["special"],
        prescription_class=row["rx_otc"],
        default_route=row["default_route"],
        default_frequency=row["default_freq"],
        ingredients=_list(safety["ingredients"]),
        herbs=_list(safety["herbs"]),
        classes=_list(safety["pharm_classes"]),
        allergy_classes=_list(safety["allergy_classes"]),
        single_max=_decimal(safety["single_max"]),
        daily_max=_decimal(safety["daily_max"]),
        block_below_years=_integer(safety["block_under_years"]),
        warn_below_years=_integer(safety["warn_under_years"]),
        pregnancy=safety["pregnancy"] or "unknown",
        lactation=safety["lactation"] or "unknown",
        safety_note=safety["note"][:300],
    )


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _integer(text: str) -> int | None:
    return int(text) if text else None
