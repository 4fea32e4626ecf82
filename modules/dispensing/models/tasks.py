"""The pharmacy's work on prescriptions, and the stock promised to their lines."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import Model, TenantScoped, choice_column, id_column, quantity_column
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.dispensing.rules.batches import BatchPick


class TaskStatus(Choice):
    """The pharmacy's work on one prescription."""

    UNPAID = "unpaid", N_("Not paid")
    WAITING = "waiting", N_("To review")
    REVIEWED = "reviewed", N_("To prepare")
    PREPARED = "prepared", N_("To hand out")
    PARTLY_DISPENSED = "partly_dispensed", N_("Rest owed")
    DISPENSED = "dispensed", N_("Handed out")
    PARTLY_RETURNED = "partly_returned", N_("Partly returned")
    RETURNED = "returned", N_("Returned")
    CANCELLED = "cancelled", N_("Cancelled")


OPEN_STATUSES = (TaskStatus.WAITING, TaskStatus.REVIEWED, TaskStatus.PREPARED)


class Task(TenantScoped, Model):
    """A prescription at the pharmacy, from its signing on (配药任务)."""

    __tablename__ = "dispensing_task"
    __table_args__ = (
        Index(
            "ux_dispensing_task_prescription",
            "tenant_id",
            "prescription_id",
            unique=True,
            **only_where("status <> 'cancelled'"),
        ),
        Index("ix_dispensing_task_number", "tenant_id", "prescription_number"),
        Index("ix_dispensing_task_status", "tenant_id", "location_id", "status", "id"),
        CheckConstraint(
            "status <> 'dispensed' OR paid_at IS NOT NULL OR on_account_at IS NOT NULL", name="paid"
        ),
        CheckConstraint(
            "status NOT IN ('prepared', 'dispensed') OR reviewed_at IS NOT NULL", name="reviewed"
        ),
    )

    id: Mapped[int] = id_column()
    prescription_id: Mapped[int]
    prescription_number: Mapped[str] = mapped_column(Unicode(30))
    kind: Mapped[str] = mapped_column(Unicode(20))
    visit_id: Mapped[int]
    patient_id: Mapped[int]
    location_id: Mapped[int] = mapped_column(ForeignKey("dispensing_location.id"))
    status: Mapped[TaskStatus] = choice_column(TaskStatus)
    signed_at: Mapped[datetime]
    valid_until: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    on_account_at: Mapped[datetime | None]  # let through before payment: its bill is settled at the end
    is_insured: Mapped[bool] = mapped_column(default=False)  # an insurer paid part of it
    is_scanned: Mapped[bool] = mapped_column(
        default=False
    )  # packs were scanned for it, or passed without a code
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[int | None]
    reviewed_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    checks: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the ten matches as they were ticked
    prepared_at: Mapped[datetime | None]
    prepared_by_id: Mapped[int | None]
    prepared_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    dispensed_at: Mapped[datetime | None]
    dispensed_by_id: Mapped[int | None]
    dispensed_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    second_by_name: Mapped[str] = mapped_column(
        Unicode(100), default=""
    )  # who signed for special drugs with them

    @property
    def is_on_account(self) -> bool:
        """Whether the pharmacy works on it before it is paid."""
        return self.on_account_at is not None and self.paid_at is None

    @property
    def is_past_validity(self) -> bool:
        """Whether the prescription no longer holds."""
        return clock.now() >= self.valid_until


class Hold(TenantScoped, Model):
    """Stock of one batch promised to one prescription line, in the order of issue (预占)."""

    __tablename__ = "dispensing_hold"
    __table_args__ = (
        Index("ix_dispensing_hold_prescription", "tenant_id", "prescription_id", "id"),
        Index("ix_dispensing_hold_item", "tenant_id", "item_id"),
        Index("ix_dispensing_hold_balance", "tenant_id", "balance_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("released >= 0 AND dispensed >= 0 AND returned >= 0", name="parts"),
        CheckConstraint("released + dispensed <= quantity", name="whole"),
        CheckConstraint("returned <= dispensed", name="back"),
    )

    id: Mapped[int] = id_column()
    prescription_id: Mapped[int]
    item_id: Mapped[int]
    line_no: Mapped[int] = mapped_column(Integer)
    drug_id: Mapped[int]
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    balance_id: Mapped[int] = mapped_column(ForeignKey("dispensing_balance.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("dispensing_batch.id"))
    quantity: Mapped[Decimal] = quantity_column()
    released: Mapped[Decimal] = quantity_column(default=Decimal(0))
    dispensed: Mapped[Decimal] = quantity_column(default=Decimal(0))
    returned: Mapped[Decimal] = quantity_column(default=Decimal(0))

    @property
    def waiting(self) -> Decimal:
        """What is still held."""
        return self.quantity - self.released - self.dispensed

    @property
    def with_patient(self) -> Decimal:
        """What the patient has."""
        return self.dispensed - self.returned

    def pick_with_patient(self, unit_cost: Decimal) -> BatchPick:
        """What may come back to this batch."""
        return BatchPick(self.batch_id, self.with_patient, unit_cost)
