"""What a channel keeps, and what arrives at the bank."""

from collections.abc import Iterable
from decimal import Decimal

from app.money import round_amount

ZERO = Decimal("0.00")
USUAL_FEE = Decimal("0.006")  # house rule, for as long as nobody has noted the terms with a channel


def fee_of(amount: Decimal, rate: Decimal) -> Decimal:
    """The channel's fee of an amount, half up to the fen; of a refund it is negative."""
    return round_amount(amount * rate)


def expected_fee(amounts: Iterable[Decimal], rate: Decimal, *, returns_fee: bool) -> Decimal:
    """The fee of a day, rounded line by line; what was kept of refunds comes back where the channel returns it."""
    counted = (amount for amount in amounts if amount > 0 or returns_fee)
    return sum((fee_of(amount, rate) for amount in counted), ZERO)


def arrival_of(gross: Decimal, back: Decimal, fee: Decimal) -> Decimal:
    """What arrives at the bank: gross − refunds − fee. Source: clinic.md C5."""
    return gross - back - fee
