"""Stocktakes (盘点). Quantities count minimum units."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model, TenantScoped, choice_column, id_column, quantity_column, text_column
from app.db.indexes import only_where
from app.i18n import N_, Choice


class CountMode(Choice):
    """Whether the place goes on working while it is counted."""

    LIVE = "live", N_("Work goes on while counting")
    FREEZE = "freeze", N_("Nothing moves while counting")


class CountStatus(Choice):
    """A stocktake."""

    COUNTING = "counting", N_("Being counted")
    CHECKING = "checking", N_("Differences are counted again")
    TO_APPROVE = "to_approve", N_("Waits for approval")
    POSTED = "posted", N_("Posted")
    CANCELLED = "cancelled", N_("Cancelled")


OPEN_COUNTS = (CountStatus.COUNTING, CountStatus.CHECKING, CountStatus.TO_APPROVE)


class Stocktake(TenantScoped, Model):
    """The counting of a place; one at a time for each."""

    __tablename__ = "storeroom_stocktake"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index(
            "ux_storeroom_stocktake_open",
            "tenant_id",
            "location_id",
            unique=True,
            **only_where("status IN ('counting', 'checking', 'to_approve')"),
        ),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    status: Mapped[CountStatus] = choice_column(CountStatus)
    mode: Mapped[CountMode] = choice_column(CountMode)
    location_id: Mapped[int] = mapped_column(ForeignKey("dispensing_location.id"))
    begun_at: Mapped[datetime]
    begun_by_name: Mapped[str] = mapped_column(Unicode(100))
    approved_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    posted_at: Mapped[datetime | None]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_document.id"))
    reason: Mapped[str] = text_column(200, default="")


class CountLine(TenantScoped, Model):
    """A batch at the counted place: the books at the snapshot, and what was counted against the books then."""

    __tablename__ = "storeroom_count_line"
    __table_args__ = (
        UniqueConstraint("tenant_id", "stocktake_id", "balance_id"),
        CheckConstraint("counted IS NULL OR counted >= 0", name="counted"),
        CheckConstraint("counted IS NULL OR book_at_count IS NOT NULL", name="book"),
    )

    id: Mapped[int] = id_column()
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("storeroom_stocktake.id"))
    balance_id: Mapped[int] = mapped_column(ForeignKey("dispensing_balance.id"))
    drug_code: Mapped[str] = mapped_column(Unicode(30))
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    batch_no: Mapped[str] = mapped_column(Unicode(40))
    expires_on: Mapped[date]
    min_unit: Mapped[str] = mapped_column(Unicode(10))
    snapshot: Mapped[Decimal] = quantity_column()
    counted: Mapped[Decimal | None] = quantity_column()
    counted_at: Mapped[datetime | None]
    book_at_count: Mapped[Decimal | None] = quantity_column()  # so moves since the snapshot are in
    counted_by_id: Mapped[int | None]
    counted_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    is_second: Mapped[bool] = mapped_column(default=False)  # counted a second time

    @property
    def difference(self) -> Decimal:
        """Counted less what the books said at that moment; nothing while it is not counted."""
        if self.counted is None or self.book_at_count is None:
            return Decimal(0)
        return self.counted - self.book_at_count
