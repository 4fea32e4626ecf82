"""What doctors ask to be refunded, and how each request went on (退费申请)."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AppendOnly, Model, TenantScoped, choice_column, id_column, quantity_column, text_column
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.charging.rules.refund_requests import may_move


class RequestState(Choice):
    """The life of a request; the moves are in ``rules.refund_requests``."""

    ASKED = "asked", N_("Waits for confirmation")
    CONFIRMED = "confirmed", N_("To refund")
    REFUSED = "refused", N_("Refused")
    WITHDRAWN = "withdrawn", N_("Withdrawn")
    REFUNDED = "refunded", N_("Refunded")


OPEN_REQUESTS = (RequestState.ASKED, RequestState.CONFIRMED)


class RefundRequest(TenantScoped, Model):
    """A doctor asks that lines of one prescription, or services of one visit, be refunded.

    While it is open its lines are neither prepared nor handed out; see ``Charge.asked_quantity``.
    """

    __tablename__ = "charging_refund_request"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_charging_refund_request_state", "tenant_id", "state", "id"),
        Index("ix_charging_refund_request_visit", "tenant_id", "visit_id", "id"),
        Index(
            "ix_charging_refund_request_refused",
            "tenant_id",
            "asked_by_id",
            **only_where("state = 'refused' AND seen_at IS NULL"),
        ),
        CheckConstraint(
            "(state = 'asked' OR state = 'confirmed') AND ended_at IS NULL"
            " OR state <> 'asked' AND state <> 'confirmed' AND ended_at IS NOT NULL",
            name="end",
        ),
        CheckConstraint("state <> 'refunded' OR mirror_id IS NOT NULL", name="mirror"),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    state: Mapped[RequestState] = choice_column(RequestState)
    bill_id: Mapped[int] = mapped_column(ForeignKey("charging_bill.id"))
    visit_id: Mapped[int]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    prescription_id: Mapped[int | None]  # None: services; their department confirms instead of the pharmacy
    prescription_number: Mapped[str] = mapped_column(Unicode(30), default="")
    department_id: Mapped[int]
    is_whole: Mapped[bool] = mapped_column(default=False)  # the prescription is made void once it is refunded
    reason: Mapped[str] = text_column(200)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int]
    asked_by_name: Mapped[str] = mapped_column(Unicode(100))
    confirmed_by_id: Mapped[int | None]  # None while nobody had to
    answer: Mapped[str] = text_column(200, default="")  # why it was refused, or less of it confirmed
    ended_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]  # the doctor has read the refusal
    mirror_id: Mapped[int | None] = mapped_column(ForeignKey("charging_settlement.id"))

    @property
    def is_open(self) -> bool:
        """Whether it still holds its lines."""
        return self.state in OPEN_REQUESTS

    @property
    def may_be_withdrawn(self) -> bool:
        """Whether nothing has come back for it yet."""
        return self.may_become(RequestState.WITHDRAWN)

    def may_become(self, target: RequestState) -> bool:
        """Whether the table of moves allows it."""
        return may_move(self.state.value, target.value, by_somebody=self.confirmed_by_id is not None)


class RefundRequestLine(TenantScoped, Model):
    """How much of a charge is asked back, and how much of that was confirmed. A charge has one open line."""

    __tablename__ = "charging_refund_request_line"
    __table_args__ = (
        Index("ux_charging_refund_request_line_request", "tenant_id", "request_id", "charge_id", unique=True),
        Index(
            "ux_charging_refund_request_line_open",
            "tenant_id",
            "charge_id",
            unique=True,
            **only_where("closed_at IS NULL"),
        ),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("confirmed_quantity >= 0 AND confirmed_quantity <= quantity", name="confirmed"),
    )

    id: Mapped[int] = id_column()
    request_id: Mapped[int] = mapped_column(ForeignKey("charging_refund_request.id"))
    charge_id: Mapped[int] = mapped_column(ForeignKey("charging_charge.id"))
    quantity: Mapped[Decimal] = quantity_column()
    confirmed_quantity: Mapped[Decimal | None] = quantity_column()
    closed_at: Mapped[datetime | None]


class RefundRequestStep(AppendOnly, TenantScoped, Model):
    """How a request went on: to which state, when, by whom and why."""

    __tablename__ = "charging_refund_request_step"
    __table_args__ = (Index("ix_charging_refund_request_step_request", "tenant_id", "request_id", "id"),)

    id: Mapped[int] = id_column()
    request_id: Mapped[int] = mapped_column(ForeignKey("charging_refund_request.id"))
    state: Mapped[RequestState] = choice_column(RequestState)
    at: Mapped[datetime]
    by_id: Mapped[int]
    by_name: Mapped[str] = mapped_column(Unicode(100))
    reason: Mapped[str] = text_column(200, default="")
