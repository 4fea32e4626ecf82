"""Electronic invoices and their exchange for paper."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model, TenantScoped, amount_column, choice_column, id_column, text_column
from app.db.indexes import only_where
from modules.invoices.rules.foot import Foot
from modules.invoices.rules.messages import Issued
from modules.invoices.rules.states import OWED, ElectronicKind, ExchangeState, SendingState

_OWED = ", ".join(f"'{state.value}'" for state in OWED)


class ElectronicInvoice(TenantScoped, Model):
    """An electronic invoice (医疗收费电子票据): blue for a settlement, red for its mirror, one for each."""

    __tablename__ = "invoices_electronic"
    __table_args__ = (
        UniqueConstraint("tenant_id", "settlement_id"),
        UniqueConstraint("tenant_id", "business_no"),
        Index(
            "ux_invoices_electronic_number",
            "tenant_id",
            "code",
            "number",
            unique=True,
            **only_where("number <> ''"),
        ),
        Index(
            "ux_invoices_electronic_blue", "tenant_id", "blue_id", unique=True, **only_where("kind = 'red'")
        ),
        Index(
            "ix_invoices_electronic_owed", "tenant_id", "try_at", "id", **only_where(f"state IN ({_OWED})")
        ),
        Index("ix_invoices_electronic_state", "tenant_id", "state", "id"),
        Index("ix_invoices_electronic_bill", "tenant_id", "bill_id"),
        Index("ix_invoices_electronic_on", "tenant_id", "on", "id"),
        CheckConstraint(
            "total_amount = pool_amount + other_amount + account_amount + cash_amount", name="payers"
        ),
        CheckConstraint("account_amount + cash_amount = self_pay_amount + full_own_amount", name="personal"),
        CheckConstraint(
            "(kind = 'red' AND total_amount < 0) OR (kind = 'blue' AND total_amount > 0)", name="sign"
        ),
        CheckConstraint("kind <> 'red' OR blue_id IS NOT NULL", name="blue"),
        CheckConstraint("state NOT IN ('issued', 'reversed') OR number <> ''", name="number"),
    )

    id: Mapped[int] = id_column()
    settlement_id: Mapped[int] = mapped_column(ForeignKey("charging_settlement.id"))
    bill_id: Mapped[int]
    kind: Mapped[ElectronicKind] = choice_column(ElectronicKind)
    state: Mapped[SendingState] = choice_column(SendingState, default=SendingState.WAITING)
    business_no: Mapped[str] = mapped_column(Unicode(30))  # ours; the platform issues one invoice for it
    blue_id: Mapped[int | None] = mapped_column(ForeignKey("invoices_electronic.id"))
    reason: Mapped[str] = text_column(200, default="")
    on: Mapped[date]
    total_amount: Mapped[Decimal] = amount_column()
    pool_amount: Mapped[Decimal] = amount_column(default=Decimal(0))
    other_amount: Mapped[Decimal] = amount_column(default=Decimal(0))
    account_amount: Mapped[Decimal] = amount_column(default=Decimal(0))
    cash_amount: Mapped[Decimal] = amount_column(default=Decimal(0))
    self_pay_amount: Mapped[Decimal] = amount_column(default=Decimal(0))
    full_own_amount: Mapped[Decimal] = amount_column(default=Decimal(0))
    code: Mapped[str] = mapped_column(Unicode(8), default="")
    number: Mapped[str] = mapped_column(Unicode(10), default="")
    check_code: Mapped[str] = mapped_column(Unicode(6), default="")
    url: Mapped[str] = mapped_column(Unicode(200), default="")
    issued_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    try_at: Mapped[datetime]
    fault: Mapped[str] = text_column(200, default="")  # why the last try came to nothing
    version: Mapped[int] = mapped_column(Integer, default=1)
    __mapper_args__ = {"version_id_col": version}
    asks_first = False  # on the row in hand: sent before and not answered

    @property
    def foot(self) -> Foot:
        """The amounts by who pays."""
        return Foot(**{name: getattr(self, f"{name}_amount") for name in Foot.__dataclass_fields__})

    @foot.setter
    def foot(self, found: Foot) -> None:
        for name in Foot.__dataclass_fields__:
            setattr(self, f"{name}_amount", getattr(found, name))

    @property
    def issued(self) -> Issued:
        """What the platform gave it."""
        return Issued(
            code=self.code,
            number=self.number,
            check_code=self.check_code,
            url=self.url,
            total=self.total_amount,
        )


class Exchange(TenantScoped, Model):
    """An electronic invoice that was exchanged for paper (换开纸质), once; after a jam it stands on the next sheet."""

    __tablename__ = "invoices_exchange"
    __table_args__ = (
        UniqueConstraint("tenant_id", "electronic_id"),
        Index("ix_invoices_exchange_owed", "tenant_id", "try_at", "id", **only_where(f"state IN ({_OWED})")),
        Index("ix_invoices_exchange_paper", "tenant_id", "paper_id"),
    )

    id: Mapped[int] = id_column()
    electronic_id: Mapped[int] = mapped_column(ForeignKey("invoices_electronic.id"))
    paper_id: Mapped[int] = mapped_column(ForeignKey("invoices_paper.id"))
    told_number: Mapped[str] = mapped_column(Unicode(30), default="")  # of the paper the platform knows of
    state: Mapped[ExchangeState] = choice_column(ExchangeState, default=ExchangeState.WAITING)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    try_at: Mapped[datetime]
    fault: Mapped[str] = text_column(200, default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    __mapper_args__ = {"version_id_col": version}
