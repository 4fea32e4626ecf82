"""Amounts that pages of other rooms show."""

from decimal import Decimal
from typing import Any

from flask import g, render_template

from app.money import format_amount
from modules.charging import queries


def visit_amounts(visit: Any = None, fee_codes: Any = (), **_: Any) -> str:
    """What the chosen place costs, or what is due and paid for the visit, at the registration window."""
    if visit is None:
        prices = queries.service_prices(fee_codes)
        due = sum((price.amount_for(Decimal(1)) for price in prices.values()), Decimal("0.00"))
        return render_template("charging/visit_amounts.html", due=due, paid=Decimal(0), bill=None)
    due, paid = queries.amounts_of_visits([visit.id])[visit.id]
    return render_template(
        "charging/visit_amounts.html", due=due, paid=paid, bill=queries.find_bill(visit.id)
    )


def listed_amounts(visit: Any, visits: Any = (), **_: Any) -> str:
    """One visit's amount in a list: what is due, else what was paid. The whole list is asked once a page."""
    known: dict[int, tuple[Decimal, Decimal]] = g.setdefault("charging_listed", {})
    if visit.id not in known:
        known |= queries.amounts_of_visits([visit.id, *(row.id for row in visits)])
    due, paid = known[visit.id]
    return render_template("charging/listed_amounts.html", due=due, paid=paid)


def prescription_amounts(prescription: Any, **_: Any) -> str:
    """What a signed prescription costs, on its sheet and paper."""
    charges = queries.charges_of_prescription(prescription.id)
    total = sum((charge.amount for charge in charges), Decimal("0.00"))
    return render_template("charging/prescription_amounts.html", total=total)


def preview_amounts(found: Any = None, prescription: Any = None, **_: Any) -> str:
    """What the sheet on the doctor's desk would cost; of a signed one, what it costs."""
    if found is None:
        return prescription_amounts(prescription) if prescription is not None else ""
    amounts = _amounts_on_the_desk(found).values()
    return render_template("charging/prescription_amounts.html", total=sum(amounts, Decimal("0.00")))


def preview_line_amount(row: Any, found: Any, **_: Any) -> str:
    """What one line of the sheet on the doctor's desk would cost."""
    amount = _amounts_on_the_desk(found).get(id(row))
    return "" if amount is None else format_amount(amount)


def _amounts_on_the_desk(found: Any) -> dict[int, Decimal]:
    """Amounts by line; prices are asked once for the whole sheet."""
    if (known := g.get("charging_on_the_desk")) is None or known[0] is not found:
        lines = [row for row in found.lines if row.quantity]
        prices = queries.drug_prices(row.drug.id for row in lines)
        known = (
            found,
            {
                id(row): prices[row.drug.id].amount_for(row.quantity.min_units)
                for row in lines
                if row.drug.id in prices
            },
        )
        g.charging_on_the_desk = known
    amounts: dict[int, Decimal] = known[1]
    return amounts
