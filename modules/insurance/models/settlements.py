"""Settlements with the insurer and their lines."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import (
    Model,
    TenantScoped,
    amount_column,
    choice_column,
    id_column,
    quantity_column,
    text_column,
    unit_price_column,
)
from app.db.indexes import only_where
from modules.insurance.rules.split import Split
from modules.insurance.rules.states import LIVE, PENDING, TAGS, SettlementState

_ZERO = Decimal("0.00")
_LIVE = ", ".join(f"'{state.value}'" for state in LIVE)
_PENDING = ", ".join(f"'{state.value}'" for state in PENDING)
PARTS = "full_own_amount + over_limit_amount + first_pay_amount + in_scope_amount"
LAYERS = (
    "pool_amount + civil_servant_amount + large_amount + serious_illness_amount"
    " + enterprise_amount + medical_aid_amount + other_amount"
)
PAID = "account_amount + mutual_aid_amount + cash_amount"


class InsuranceSettlement(TenantScoped, Model):
    """One settlement with the insurer (医保结算), from the first reckoning to its end."""

    __tablename__ = "insurance_settlement"
    __table_args__ = (
        Index(
            "ux_insurance_settlement_live",
            "tenant_id",
            "subject_kind",
            "subject_id",
            unique=True,
            **only_where(f"state IN ({_LIVE})"),
        ),
        Index(
            "ux_insurance_settlement_msgid",
            "tenant_id",
            "msgid",
            unique=True,
            **only_where("msgid IS NOT NULL"),
        ),
        Index(
            "ix_insurance_settlement_pending", "tenant_id", "ask_at", **only_where(f"state IN ({_PENDING})")
        ),
        Index("ix_insurance_settlement_on", "tenant_id", "on", "id"),
        Index("ix_insurance_settlement_visit", "tenant_id", "visit_row_id"),
        CheckConstraint(f"total_amount = {PARTS}", name="parts"),
        CheckConstraint(f"fund_amount = {LAYERS}", name="layers"),
        CheckConstraint(f"total_amount = fund_amount + hospital_amount + {PAID}", name="payers"),
        CheckConstraint(f"personal_amount = {PAID}", name="personal"),
        CheckConstraint("state <> 'settled' OR setl_id <> ''", name="setl_id"),
    )

    id: Mapped[int] = id_column()
    subject_kind: Mapped[str] = mapped_column(Unicode(40))
    subject_id: Mapped[int]
    visit_row_id: Mapped[int] = mapped_column(ForeignKey("insurance_visit.id"))
    visit_id: Mapped[int]  # ours, as events name it
    insutype: Mapped[str] = mapped_column(Unicode(6))
    person_id: Mapped[int] = mapped_column(ForeignKey("insurance_person.id"))
    med_type: Mapped[str] = mapped_column(Unicode(6))
    state: Mapped[SettlementState] = choice_column(SettlementState)
    reason: Mapped[str] = text_column(500, default="")
    batch_no: Mapped[str] = mapped_column(Unicode(30))
    drops_batch: Mapped[str] = mapped_column(
        Unicode(30), default=""
    )  # of the attempt this one takes the place of
    uses_account: Mapped[bool] = mapped_column(default=True)
    on: Mapped[date]
    asked_at: Mapped[datetime]
    asked_by: Mapped[int]
    asked_name: Mapped[str] = mapped_column(Unicode(100))
    settled_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    msgid: Mapped[str | None] = mapped_column(Unicode(30))  # of the settling message, known before it is sent
    setl_id: Mapped[str] = mapped_column(Unicode(40), default="")
    cancel_id: Mapped[str] = mapped_column(Unicode(40), default="")  # the insurer's mirror
    is_adopted: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    ask_at: Mapped[datetime | None]  # when the unknown is asked about next
    asked_amount: Mapped[Decimal] = amount_column()  # what our lines add up to
    shown_cash_amount: Mapped[Decimal] = amount_column(default=_ZERO)  # as it was reckoned beforehand
    total_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    full_own_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    over_limit_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    first_pay_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    in_scope_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    deductible_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    pool_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    civil_servant_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    large_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    serious_illness_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    enterprise_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    medical_aid_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    other_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    fund_amount: Mapped[Decimal] = amount_column(default=_ZERO)  # never with the account
    hospital_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    personal_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    account_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    mutual_aid_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    cash_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    version: Mapped[int] = mapped_column(Integer, default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def split(self) -> Split:
        """The amounts by who pays."""
        return Split(**{name: getattr(self, f"{name}_amount") for name in Split.__dataclass_fields__})

    @split.setter
    def split(self, found: Split) -> None:
        for name in Split.__dataclass_fields__:
            setattr(self, f"{name}_amount", getattr(found, name))

    @property
    def tag(self) -> str:
        """Colour of the state."""
        return TAGS.get(self.state, "")


class InsuranceSettlementLine(TenantScoped, Model):
    """A fee line of ours as it was told to the insurer, and how the insurer shared it out (2204)."""

    __tablename__ = "insurance_settlement_line"
    __table_args__ = (
        UniqueConstraint("tenant_id", "settlement_id", "line_id"),
        CheckConstraint(f"level = '' OR amount = {PARTS}", name="parts"),
    )

    id: Mapped[int] = id_column()
    settlement_id: Mapped[int] = mapped_column(ForeignKey("insurance_settlement.id"))
    line_id: Mapped[int]
    item_kind: Mapped[str] = mapped_column(Unicode(20))
    item_code: Mapped[str] = mapped_column(Unicode(30))
    national_code: Mapped[str] = mapped_column(Unicode(30))
    name: Mapped[str] = mapped_column(Unicode(160))
    fee_class: Mapped[str] = mapped_column(Unicode(4))
    quantity: Mapped[Decimal] = quantity_column()
    price: Mapped[Decimal] = unit_price_column()
    amount: Mapped[Decimal] = amount_column()
    level: Mapped[str] = mapped_column(Unicode(4), default="")  # 01 甲, 02 乙, 03 丙; empty: not answered yet
    full_own_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    over_limit_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    first_pay_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    in_scope_amount: Mapped[Decimal] = amount_column(default=_ZERO)
