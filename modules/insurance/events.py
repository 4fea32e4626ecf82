"""What insurance tells the rooms above it."""

from dataclasses import dataclass
from decimal import Decimal

from app.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class InsuranceSettling(Event):
    """The insurer is about to be asked to settle; whose subject it is may refuse."""

    settlement_id: int
    subject_kind: str
    subject_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InsuranceCancelling(Event):
    """The insurer is about to be asked to take a settlement back; whose subject it is may refuse."""

    settlement_id: int
    subject_kind: str
    subject_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InsuranceSettled(Event):
    """The insurer has settled: what it pays, what comes from the account, what is left in cash."""

    settlement_id: int
    subject_kind: str
    subject_id: int
    visit_id: int
    setl_id: str
    total_amount: Decimal
    fund_amount: Decimal
    account_amount: Decimal
    mutual_aid_amount: Decimal
    hospital_amount: Decimal
    cash_amount: Decimal
    insutype: str
    is_adopted: bool  # found by asking, after its answer was lost


@dataclass(frozen=True, slots=True, kw_only=True)
class InsuranceFailed(Event):
    """Nothing is settled with the insurer and nothing will come of this attempt."""

    settlement_id: int
    subject_kind: str
    subject_id: int
    state: str  # failed | reversed | dropped
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InsuranceCancelled(Event):
    """The insurer has taken a settlement back, whole."""

    settlement_id: int
    subject_kind: str
    subject_id: int
    fund_amount: Decimal
    account_amount: Decimal
    mutual_aid_amount: Decimal
    cash_amount: Decimal
