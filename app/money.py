"""Money and quantities: Decimal, rounded half up, once, where a line is born."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import Field

FEN = Decimal("0.01")

# Shapes of arguments. The bounds are part of a use case's schema.
Amount = Annotated[Decimal, Field(ge=Decimal(0), le=Decimal("99999999.99"), max_digits=10, decimal_places=2)]
UnitPrice = Annotated[Decimal, Field(ge=Decimal(0), le=Decimal("999999"), max_digits=12, decimal_places=6)]
Quantity = Annotated[Decimal, Field(gt=Decimal(0), le=Decimal("1000000"), max_digits=11, decimal_places=4)]


def round_amount(value: Decimal) -> Decimal:
    """Yuan to the fen, half up. Source: clinic charging rules, one rounding for each line."""
    return value.quantize(FEN, rounding=ROUND_HALF_UP)


def format_amount(value: Decimal) -> str:
    """Two decimals with thousands separators: 1,284.30."""
    return f"{round_amount(value):,.2f}"


def format_quantity(value: Decimal) -> str:
    """Without trailing zeros and never as an exponent: 42, 0.5."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
