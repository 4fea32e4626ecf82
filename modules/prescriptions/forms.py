"""The sheet as typed: lines that are complete enough to be judged, and lines to start a sheet with."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from werkzeug.datastructures import MultiDict

from app.money import format_quantity
from modules.prescriptions.models import Item, Kind, Prescription
from modules.prescriptions.queries import Order
from modules.prescriptions.rules.lines import DrugLine, HerbalHeading, HerbLine

Typed = MultiDict[str, str]
_CELL = re.compile(r"^(lines|herbs)-(\d+)-(\w+)$")
ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class TypedOrder:
    """What can be judged of a half-written sheet, and in which rows of the page its lines stand."""

    order: Order
    places: list[int]


def typed_order(typed: Typed, kind: Kind) -> TypedOrder:
    """The complete lines of the page as an order; incomplete ones are left out."""
    places: list[int] = []
    if kind is Kind.HERBAL:
        herbs = _complete(HerbLine, _rows(typed, "herbs"), places)
        heading = _one(HerbalHeading, nested(typed, "heading")) or HerbalHeading(doses=1)
        order = Order.of_herbs(herbs, heading, long_reason=typed.get("long_reason", ""))
    else:
        lines = _complete(DrugLine, _rows(typed, "lines"), places)
        order = Order.western(
            lines,
            is_emergency=bool(typed.get("is_emergency")),
            long_reason=typed.get("long_reason", "").strip(),
        )
    return TypedOrder(order, places)


def nested(typed: Typed, prefix: str) -> dict[str, str]:
    """The filled fields named ``prefix-…``."""
    start = f"{prefix}-"
    found = {name.removeprefix(start): value for name, value in typed.items() if name.startswith(start)}
    return {name: value for name, value in found.items() if value.strip() != ""}


def lines_of_items(items: Iterable[Item], kind: Kind) -> list[dict[str, str]]:
    """Rows of a new sheet from the lines of an earlier one."""
    if kind is Kind.HERBAL:
        return [
            {
                "drug_id": str(item.drug_id),
                "text": item.drug_name,
                "grams": format_quantity(item.dose),
                "footnote": item.footnote,
            }
            for item in items
        ]
    return [
        {
            "drug_id": str(item.drug_id),
            "text": item.drug_name,
            "spec": item.strength,
            "dose": format_quantity(item.dose),
            "dose_unit": item.dose_unit,
            "route": item.route,
            "frequency": item.frequency,
            "days": str(item.days),
            "group_no": str(item.group_no or ""),
            "remark": item.remark,
        }
        for item in items
    ]


def lines_of_draft(prescription: Prescription, drugs: Mapping[int, Any]) -> list[dict[str, str]]:
    """Rows of the desk from a stored draft, with the drugs' names."""
    rows = []
    for line in prescription.draft.get("herbs" if prescription.kind is Kind.HERBAL else "lines", []):
        drug = drugs.get(int(line["drug_id"]))
        row = {name: "" if value is None else str(value) for name, value in line.items()}
        rows.append(
            row
            | {
                "text": drug.name if drug else "",
                "spec": drug.strength if drug else "",
                "dose_unit": drug.dose_unit if drug else "",
            }
        )
    return rows


def _rows(typed: Typed, name: str) -> dict[int, dict[str, str]]:
    rows: dict[int, dict[str, str]] = {}
    for key, value in typed.items():
        if (cell := _CELL.match(key)) and cell[1] == name and value.strip() != "":
            rows.setdefault(int(cell[2]), {})[cell[3]] = value.strip()
    return dict(sorted(rows.items()))


def _complete(kind: type[ValueT], rows: dict[int, dict[str, str]], places: list[int]) -> list[ValueT]:
    found = []
    for place, row in rows.items():
        if line := _one(kind, row):
            found.append(line)
            places.append(place)
    return found


def _one(kind: type[ValueT], values: dict[str, str]) -> ValueT | None:
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError:
        return None
