"""What the doctor's desk asks the pharmacy: drugs with price and stock."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.actor import Actor
from app.i18n import gettext
from app.money import format_amount, format_quantity
from modules.charging import queries as charging
from modules.dispensing import queries
from modules.prescriptions import queries as prescriptions


def find_prescribable_drugs(q: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of the prescriptions' own lookup, with price and free stock; what is not there is blocked."""
    given = context.get("patient_id", "")
    rows = prescriptions.find_drugs(
        q, practitioner_id=by.practitioner_id, patient_id=int(given) if given.isdecimal() else None
    )
    ids = [int(row["id"]) for row in rows]
    if not ids:
        return rows
    prices = charging.drug_prices(ids)
    stock = queries.available_stock(ids, station_id=by.station_id)
    for row in rows:
        price, free = prices.get(int(row["id"])), stock.get(int(row["id"]), Decimal(0))
        price_text = f"¥ {format_amount(price.amount)}/{price.price_unit}" if price else gettext("no price")
        unit = price.unit if price else ""
        row["columns"] = [*row["columns"], price_text, f"{format_quantity(free)} {unit}".strip()]
        row["extra"] = row["extra"] | _facts(price, free)
        if not row["blocked"] and (free <= 0 or price is None):
            row["blocked"] = gettext("Out of stock") if free <= 0 else gettext("There is no price in force.")
            row["mark"] = "缺"
    return rows


def _facts(price: Any, free: Decimal) -> dict[str, Any]:
    if price is None:
        return {"available": format_quantity(free)}
    return {
        "available": format_quantity(free),
        "min_unit": price.unit,
        "pack_unit": price.price_unit,
        "factor": price.per,
        "price": str(price.amount),
    }
