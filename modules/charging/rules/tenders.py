"""Paying and refunding: how the parts of a payment (支付方式) fit the bill."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from app.i18n import N_, Choice

ZERO = Decimal("0.00")


class TenderMethod(Choice):
    """Ways to pay. Source: house rule; the insurer's two parts are named after its interface."""

    CASH = "cash", N_("Cash")
    WECHAT = "wechat", N_("WeChat Pay")
    ALIPAY = "alipay", N_("Alipay")
    BANK_CARD = "bank_card", N_("Bank card")
    DIGITAL_YUAN = "digital_yuan", N_("Digital yuan")
    PREPAID = "prepaid", N_("Prepaid")
    POOLED_FUND = "pooled_fund", N_("Pooled insurance fund")
    PERSONAL_ACCOUNT = "personal_account", N_("Personal insurance account")
    HOSPITAL_PART = "hospital_part", N_("Borne by the institution")
    OWED = "owed", N_("Owed")
    REDUCED = "reduced", N_("Reduced")
    ROUNDING = "rounding", N_("Rounding")


CHANNELS = (
    TenderMethod.WECHAT,
    TenderMethod.ALIPAY,
    TenderMethod.BANK_CARD,
    TenderMethod.DIGITAL_YUAN,
    TenderMethod.PREPAID,
)
INSURED = (TenderMethod.POOLED_FUND, TenderMethod.PERSONAL_ACCOUNT, TenderMethod.HOSPITAL_PART)
_JIAO = Decimal("0.1")


def unrounded(parts: Mapping[TenderMethod, Decimal]) -> dict[TenderMethod, Decimal]:
    """The parts with the rounding back in the cash it was taken from."""
    exact: dict[TenderMethod, Decimal] = dict(parts)
    exact.pop(TenderMethod.ROUNDING, None)
    if TenderMethod.ROUNDING in parts:
        exact[TenderMethod.CASH] = exact.get(TenderMethod.CASH, ZERO) + parts[TenderMethod.ROUNDING]
    return exact


def round_cash(parts: Mapping[TenderMethod, Decimal]) -> dict[TenderMethod, Decimal]:
    """Cash to the jiao, half up, and what that leaves as a line of its own; other ways are never rounded.

    The sum of the parts stays what it was. Source: clinic charging rules, 舍入.
    """
    rounded = unrounded(parts)
    exact = rounded.get(TenderMethod.CASH, ZERO)
    rounded[TenderMethod.CASH] = exact.quantize(_JIAO, ROUND_HALF_UP).quantize(ZERO)
    rounded[TenderMethod.ROUNDING] = exact - rounded[TenderMethod.CASH]
    return {method: amount for method, amount in rounded.items() if amount}


class TenderFault(StrEnum):
    """Why tenders do not settle a bill."""

    NOT_POSITIVE = "not_positive"
    TOO_LITTLE = "too_little"
    CHANGE_WITHOUT_CASH = "change_without_cash"


@dataclass(frozen=True, slots=True)
class TenderCheck:
    """The tenders as they are booked (cash without its change), the change to hand back, and the fault."""

    booked: Mapping[TenderMethod, Decimal]
    change: Decimal = ZERO
    fault: TenderFault | None = None

    @property
    def settles(self) -> bool:
        """Tell whether Σ booked tenders = due."""
        return self.fault is None


def check_tenders(
    due: Decimal, tenders: Mapping[TenderMethod, Decimal], *, rounds_cash: bool = False
) -> TenderCheck:
    """Check what was handed over against what is due, in yuan. Source: house rule.

    Change is given from cash only and is less than the cash handed over. Zero tenders are ignored.
    Where cash is rounded, it is what the other ways leave that is rounded to the jiao.
    """
    if rounds_cash and TenderMethod.CASH in tenders:
        others = sum((amount for method, amount in tenders.items() if method != TenderMethod.CASH), ZERO)
        rounding = round_cash({TenderMethod.CASH: max(due - others, ZERO)}).get(TenderMethod.ROUNDING, ZERO)
        check = check_tenders(due - rounding, tenders)
        booked = {**check.booked, TenderMethod.ROUNDING: rounding} if rounding else check.booked
        return replace(check, booked=booked)
    handed = {method: amount for method, amount in tenders.items() if amount != 0}
    if due < 0 or any(amount < 0 for amount in handed.values()):
        return TenderCheck(handed, fault=TenderFault.NOT_POSITIVE)
    change = sum(handed.values(), ZERO) - due
    if change < 0:
        return TenderCheck(handed, fault=TenderFault.TOO_LITTLE)
    if change > handed.get(TenderMethod.CASH, ZERO):
        return TenderCheck(handed, change, TenderFault.CHANGE_WITHOUT_CASH)
    if change:
        handed[TenderMethod.CASH] -= change
    return TenderCheck({method: amount for method, amount in handed.items() if amount}, change)


class RefundFault(StrEnum):
    """Why a refund is refused."""

    NOT_POSITIVE = "not_positive"
    NOT_THIS_CHANNEL = "not_this_channel"
    MORE_THAN_PAID = "more_than_paid"


def refundable(
    paid: Mapping[TenderMethod, Decimal], refunded: Mapping[TenderMethod, Decimal]
) -> dict[TenderMethod, Decimal]:
    """Return what may still go back per channel: paid − refunded, zeros left out."""
    left = {method: amount - refunded.get(method, ZERO) for method, amount in paid.items()}
    return {method: amount for method, amount in left.items() if amount > 0}


def refund_faults(
    requested: Mapping[TenderMethod, Decimal],
    *,
    paid: Mapping[TenderMethod, Decimal],
    refunded: Mapping[TenderMethod, Decimal],
) -> dict[TenderMethod, RefundFault]:
    """Return the fault of each channel of a refund; empty when all may go back the way it came (原路退回)."""
    left = refundable(paid, refunded)
    faults: dict[TenderMethod, RefundFault] = {}
    for method, amount in requested.items():
        if amount <= 0:
            faults[method] = RefundFault.NOT_POSITIVE
        elif method not in paid:
            faults[method] = RefundFault.NOT_THIS_CHANNEL
        elif amount > left.get(method, ZERO):
            faults[method] = RefundFault.MORE_THAN_PAID
    return faults
