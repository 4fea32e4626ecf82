"""The insurer's arithmetic: how a fee line and a visit's total are shared out."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

ZERO = Decimal("0.00")
LAYERS = ("cvlserv_pay", "hifob_pay", "hifmi_pay", "hifes_pay", "oth_pay")  # nobody here has any of these


def fen(value: Decimal) -> Decimal:
    """To the fen, half up."""
    return value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@dataclass(slots=True)
class Benefit:
    """What one kind of insurance pays for outpatients in a year."""

    deductible: Decimal
    ratio: Decimal
    cap: Decimal
    fund_includes_account: bool = False


@dataclass(slots=True)
class Standing:
    """How far a person has come this year, and what stands on the personal account."""

    deductible: Decimal = ZERO
    pool: Decimal = ZERO
    balance: Decimal = ZERO
    aid_ratio: Decimal = ZERO


@dataclass(slots=True)
class Terms:
    """How an item of the catalogue is paid."""

    level: str = "03"  # 01 whole in scope | 02 a part is paid first | 03 own expense
    self_pay: Decimal = ZERO
    ceiling: Decimal | None = None
    fee_class: str = "14"
    texts: dict[str, str] = field(default_factory=dict)


def split_line(amount: Decimal, price: Decimal, count: Decimal, terms: Terms) -> dict[str, Decimal]:
    """One fee line by the four parts of its amount."""
    if terms.level == "03":
        return _parts(amount, amount, ZERO, ZERO)
    over = ZERO
    if terms.ceiling is not None and price > terms.ceiling:
        over = min(amount, fen((price - terms.ceiling) * count))
    first = fen((amount - over) * terms.self_pay) if terms.level == "02" else ZERO
    return _parts(amount, ZERO, over, first)


def _parts(amount: Decimal, own: Decimal, over: Decimal, first: Decimal) -> dict[str, Decimal]:
    return {
        "fulamt_ownpay_amt": own,
        "overlmt_amt": over,
        "preselfpay_amt": first,
        "inscp_scp_amt": amount - own - over - first,
    }


def split_total(
    lines: list[dict[str, Any]], benefit: Benefit, standing: Standing, *, uses_account: bool
) -> dict[str, Decimal]:
    """All lines of a settlement by who pays: fund, aid, account, cash."""
    total = sum((line["det_item_fee_sumamt"] for line in lines), ZERO)
    scope = sum((line["inscp_scp_amt"] for line in lines), ZERO)
    deductible = min(scope, max(ZERO, benefit.deductible - standing.deductible))
    pool = min(fen((scope - deductible) * benefit.ratio), max(ZERO, benefit.cap - standing.pool))
    aid = fen((scope - pool) * standing.aid_ratio)
    personal = total - pool - aid
    account = min(standing.balance, personal) if uses_account else ZERO
    shown = pool + aid + (account if benefit.fund_includes_account else ZERO)
    return {
        "medfee_sumamt": total,
        "fulamt_ownpay_amt": sum((line["fulamt_ownpay_amt"] for line in lines), ZERO),
        "overlmt_selfpay": sum((line["overlmt_amt"] for line in lines), ZERO),
        "preselfpay_amt": sum((line["preselfpay_amt"] for line in lines), ZERO),
        "inscp_scp_amt": scope,
        "act_pay_dedc": deductible,
        "hifp_pay": pool,
        **dict.fromkeys(LAYERS, ZERO),
        "maf_pay": aid,
        "fund_pay_sumamt": shown,
        "hosp_part_amt": ZERO,
        "psn_part_amt": personal,
        "acct_pay": account,
        "acct_mulaid_pay": ZERO,
        "psn_cash_pay": personal - account,
        "balc": standing.balance - account,
    }
