"""The cashier's shift (班结): what was taken, what went back, and the identity it must satisfy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from modules.charging.rules.fee_classes import FeeClass
from modules.charging.rules.tenders import TenderMethod

_ZERO = Decimal("0.00")
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftEntry:
    """One settlement of a shift, or its reversal: all amounts of a reversal are negative."""

    by_tender: Mapping[TenderMethod, Decimal]
    by_fee_class: Mapping[FeeClass, Decimal]

    @property
    def amount(self) -> Decimal:
        """The settlement's total, by its fee classes."""
        return sum(self.by_fee_class.values(), _ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftReport:
    """Sums of a shift in yuan. Charges and refunds are both positive; the two maps are net."""

    charges: Decimal
    refunds: Decimal
    receipts_by_tender: Mapping[TenderMethod, Decimal]
    refunds_by_tender: Mapping[TenderMethod, Decimal]
    by_tender: Mapping[TenderMethod, Decimal]
    by_fee_class: Mapping[FeeClass, Decimal]

    @property
    def net(self) -> Decimal:
        """Charges − refunds."""
        return self.charges - self.refunds

    @property
    def is_balanced(self) -> bool:
        """Tell whether charges − refunds = Σ by tender = Σ by fee class. Source: house rule."""
        return self.net == sum(self.by_tender.values(), _ZERO) == sum(self.by_fee_class.values(), _ZERO)

    def cash_to_hand_in(
        self, *, opening_float: Decimal = _ZERO, kept_float: Decimal = _ZERO, deposits: Decimal = _ZERO
    ) -> Decimal:
        """Return cash taken − cash refunded, plus deposits taken less given back, plus the float found less what stays.

        A deposit is no charge: it is in the drawer, and outside the identity of charges and ways of paying.
        """
        return self.by_tender.get(TenderMethod.CASH, _ZERO) + deposits + opening_float - kept_float


def close_shift(entries: Iterable[ShiftEntry]) -> ShiftReport:
    """Add up a shift. A correct set of entries gives a balanced report; an unbalanced one must not close."""
    settled = list(entries)
    charges = sum((entry.amount for entry in settled if entry.amount > 0), _ZERO)
    refunds = -sum((entry.amount for entry in settled if entry.amount < 0), _ZERO)
    parts = [part for entry in settled for part in entry.by_tender.items()]
    return ShiftReport(
        charges=charges,
        refunds=refunds,
        receipts_by_tender=_add((method, amount) for method, amount in parts if amount > 0),
        refunds_by_tender=_add((method, -amount) for method, amount in parts if amount < 0),
        by_tender=_add(parts),
        by_fee_class=_add(part for entry in settled for part in entry.by_fee_class.items()),
    )


def _add(parts: Iterable[tuple[_Key, Decimal]]) -> dict[_Key, Decimal]:
    sums: dict[_Key, Decimal] = {}
    for key, amount in parts:
        sums[key] = sums.get(key, _ZERO) + amount
    return sums
