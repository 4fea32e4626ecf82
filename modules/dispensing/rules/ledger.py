"""The stock ledger (进销存): what every period must satisfy, and what a price change is worth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

_ZERO = Decimal(0)
_CENT = Decimal("0.01")


class Movement(StrEnum):
    """Kinds of ledger rows. Quantities are positive; the kind tells the direction."""

    PURCHASE = "purchase"
    TRANSFER_IN = "transfer_in"
    PATIENT_RETURN = "patient_return"
    STOCKTAKE_GAIN = "stocktake_gain"
    SURPLUS = "surplus"
    DISPENSE = "dispense"
    TRANSFER_OUT = "transfer_out"
    SUPPLIER_RETURN = "supplier_return"
    LOSS = "loss"
    STOCKTAKE_LOSS = "stocktake_loss"
    DEPARTMENT_USE = "department_use"


INCOMING = frozenset(
    {
        Movement.PURCHASE,
        Movement.TRANSFER_IN,
        Movement.PATIENT_RETURN,
        Movement.STOCKTAKE_GAIN,
        Movement.SURPLUS,
    }
)


def signed_quantity(movement: Movement, quantity: Decimal) -> Decimal:
    """Return the change of stock: positive for what comes in, negative for what goes out."""
    return quantity if movement in INCOMING else -quantity


def closing_quantity(opening: Decimal, movements: Mapping[Movement, Decimal]) -> Decimal:
    """Return opening + in − out, in quantity or in money at cost. Source: house rule."""
    return opening + sum((signed_quantity(*movement) for movement in movements.items()), _ZERO)


def ledger_holds(*, opening: Decimal, movements: Mapping[Movement, Decimal], closing: Decimal) -> bool:
    """Tell whether a period adds up: opening + in − out = closing."""
    return closing_quantity(opening, movements) == closing


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One immutable row: stock before, signed change, stock after."""

    before: Decimal
    change: Decimal
    after: Decimal


def first_break(rows: Iterable[LedgerRow]) -> int | None:
    """Return the place (from 0) of the first row that does not follow from the one before it, or None."""
    balance: Decimal | None = None
    for place, row in enumerate(rows):
        follows = balance is None or row.before == balance
        if not follows or row.before + row.change != row.after or row.after < 0:
            return place
        balance = row.after
    return None


@dataclass(frozen=True, slots=True)
class PriceAdjustment:
    """Sum of price changes in yuan: gains (调盈) and losses (调亏), both positive."""

    gain: Decimal
    loss: Decimal

    @property
    def net(self) -> Decimal:
        """Gains − losses."""
        return self.gain - self.loss


def price_change_amount(
    *, min_units: Decimal, pack_factor: int, old_pack_price: Decimal, new_pack_price: Decimal
) -> Decimal:
    """Return (new − old) × stock in packages, rounded once, half up, to 0.01 yuan. Source: house rule."""
    change = min_units * (new_pack_price - old_pack_price) / pack_factor
    return change.quantize(_CENT, ROUND_HALF_UP)


def sum_price_changes(amounts: Iterable[Decimal]) -> PriceAdjustment:
    """Add gains and losses apart; each amount is one location's and batch's rounded change."""
    changes = list(amounts)
    gain = sum((amount for amount in changes if amount > 0), Decimal("0.00"))
    return PriceAdjustment(gain, -sum((amount for amount in changes if amount < 0), Decimal("0.00")))
