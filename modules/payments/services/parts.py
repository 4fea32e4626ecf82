"""Shapes of arguments that several use cases of payments share."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

PaidAmount = Annotated[
    Decimal, Field(gt=Decimal(0), le=Decimal("99999999.99"), max_digits=10, decimal_places=2)
]
Reason = Annotated[str, Field(min_length=2, max_length=200)]
