"""The foot of an electronic invoice (其他信息): who paid what. Identity: total = pool + other + account + cash (C3)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

ZERO = Decimal("0.00")
POOL, ACCOUNT, HOSPITAL, REDUCED = "pooled_fund", "personal_account", "hospital_part", "reduced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foot:
    """Amounts in yuan as the platform names them; negative on a red invoice."""

    total: Decimal
    pool: Decimal = ZERO  # 医保统筹基金支付
    other: Decimal = (
        ZERO  # 其他支付: the other funds, what the institution bears, and what its rules take off
    )
    account: Decimal = ZERO  # 个人账户支付
    cash: Decimal = ZERO  # 个人现金支付: whatever the patient pays out of pocket, in any way
    self_pay: Decimal = ZERO  # 个人自付, within the insurance's scope
    full_own: Decimal = ZERO  # 个人自费, outside of it

    @property
    def holds(self) -> bool:
        """Whether the parts make up the total, and the patient's shares what account and cash have paid."""
        paid = self.account + self.cash
        return self.total == self.pool + self.other + paid and paid == self.self_pay + self.full_own

    def __neg__(self) -> "Foot":
        return Foot(**{field.name: -getattr(self, field.name) for field in fields(self)})


def foot_of(
    total: Decimal,
    tenders: Mapping[str, Decimal],
    *,
    pool: Decimal | None = None,
    full_own: Decimal | None = None,
) -> Foot:
    """The foot of a settlement by its tenders.

    `pool` is the pooled fund alone where several funds have paid, `full_own` what lies outside the insurance: without
    an insurer all of it is the patient's own (自费). A rounding of cash belongs to what the patient pays.
    """
    fund = tenders.get(POOL, ZERO)
    pooled = fund if pool is None else pool
    other = fund - pooled + tenders.get(HOSPITAL, ZERO) + tenders.get(REDUCED, ZERO)
    account = tenders.get(ACCOUNT, ZERO)
    cash = total - pooled - other - account
    own = account + cash if full_own is None else min(full_own, account + cash)
    return Foot(
        total=total,
        pool=pooled,
        other=other,
        account=account,
        cash=cash,
        self_pay=account + cash - own,
        full_own=own,
    )
