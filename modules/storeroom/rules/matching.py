"""The three-way match: what was ordered, what was accepted, what the supplier invoices."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchLine:
    """One drug: packs ordered, accepted and invoiced (by all invoices of the order), and the money."""

    drug_name: str
    ordered: Decimal
    accepted: Decimal
    invoiced: Decimal
    pack_cost: Decimal  # as ordered
    amount: Decimal  # as invoiced

    @property
    def expected_amount(self) -> Decimal:
        """What the invoiced packs cost by the order, rounded once."""
        return (self.invoiced * self.pack_cost).quantize(_CENT, ROUND_HALF_UP)

    @property
    def excess(self) -> Decimal:
        """Packs invoiced beyond those accepted; what is still to be invoiced is no difference."""
        return max(self.invoiced - self.accepted, Decimal(0))

    @property
    def price_difference(self) -> Decimal:
        """Yuan invoiced more (or less, negative) than the order says."""
        return self.amount - self.expected_amount

    @property
    def matches(self) -> bool:
        """Whether the invoice asks for what came, at the ordered price."""
        return self.excess == 0 and self.price_difference == 0
