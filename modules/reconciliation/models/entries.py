"""What a comparison found: one row for each movement of money of a day."""

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
    search_key_column,
    text_column,
)
from app.db.indexes import only_where
from modules.reconciliation.rules.comparing import Facts
from modules.reconciliation.rules.states import EntryClass, EntryState, Step

_ZERO = Decimal("0.00")
_FACTS = (
    "out_trade_no",
    "out_refund_no",
    "at",
    "his_amount",
    "order_amount",
    "line_amount",
    "fee_amount",
    "trade_no",
    "settlement_id",
    "order_id",
    "refund_id",
)


class Entry(TenantScoped, Model):
    """One movement of money as the three sides tell it; without a class of its own it would not be here."""

    __tablename__ = "reconciliation_entry"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id", "day_id", "out_trade_no", "out_refund_no", name="uq_reconciliation_entry_key"
        ),
        Index("ix_reconciliation_entry_day", "tenant_id", "day_id", "kind", "id"),
        Index(
            "ix_reconciliation_entry_open",
            "tenant_id",
            "source",
            "on",
            **only_where("state IN ('open', 'working')"),
        ),
        CheckConstraint(
            "(kind = 'matched' AND state = 'even') OR (kind <> 'matched' AND state <> 'even')", name="even"
        ),
        CheckConstraint("kind <> 'matched' OR difference = 0", name="matched"),
        CheckConstraint(
            "state <> 'handled' OR step = 'by_itself'"
            " OR (handled_by_id IS NOT NULL AND reviewed_by_id IS NOT NULL AND reviewed_by_id <> handled_by_id)",
            name="two_people",
        ),
    )

    id: Mapped[int] = id_column()
    day_id: Mapped[int] = mapped_column(ForeignKey("reconciliation_day.id"))
    source: Mapped[str] = search_key_column(30)
    on: Mapped[date]
    out_trade_no: Mapped[str] = search_key_column(64)
    out_refund_no: Mapped[str] = search_key_column(64, default="")
    at: Mapped[datetime]
    his_amount: Mapped[Decimal | None] = amount_column()
    order_amount: Mapped[Decimal | None] = amount_column()
    line_amount: Mapped[Decimal | None] = amount_column()
    difference: Mapped[Decimal] = amount_column(default=_ZERO)  # theirs less ours
    fee_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    trade_no: Mapped[str] = mapped_column(Unicode(64), default="")
    settlement_id: Mapped[int | None]  # of charging, or of insurance on a day of the insurer
    order_id: Mapped[int | None]
    refund_id: Mapped[int | None]
    kind: Mapped[EntryClass] = choice_column(EntryClass)
    state: Mapped[EntryState] = choice_column(EntryState)
    step: Mapped[Step] = choice_column(Step, default=Step.NONE)
    was_carried: Mapped[bool] = mapped_column(default=False)
    done_refund_id: Mapped[int | None]  # the refund order that the step has opened
    reason: Mapped[str] = text_column(300, default="")
    handled_at: Mapped[datetime | None]
    handled_by_id: Mapped[int | None]
    handled_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[int | None]
    reviewed_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def is_difference(self) -> bool:
        """Whether the three sides disagree."""
        return self.kind is not EntryClass.MATCHED

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.state in {EntryState.OPEN, EntryState.WORKING}

    @property
    def facts(self) -> Facts:
        """What the three sides said when it was compared."""
        return Facts(**{name: getattr(self, name) for name in _FACTS})

    @facts.setter
    def facts(self, found: Facts) -> None:
        for name in _FACTS:
            setattr(self, name, getattr(found, name))
        self.difference = found.difference
