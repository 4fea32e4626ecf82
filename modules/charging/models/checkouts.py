"""The saga of one settlement in which an insurer or a payment channel takes part (ADR-0019)."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import (
    AppendOnly,
    Model,
    TenantScoped,
    amount_column,
    choice_column,
    id_column,
    quantity_column,
    text_column,
)
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.charging.models.bills import Bill
from modules.charging.rules.tenders import TenderMethod


class CheckoutKind(Choice):
    """What a checkout is for."""

    CHARGE = "charge", N_("Payment")
    REFUND = "refund", N_("Refund")


class CheckoutState(Choice):
    """Where a checkout stands. Only the last two are final."""

    SHOWN = "shown", N_("To confirm")
    INSURING = "insuring", N_("At the insurer")
    COLLECTING = "collecting", N_("Being paid")
    SETTLED = "settled", N_("Settled")
    CLOSED = "closed", N_("Given up")


OPEN = (CheckoutState.SHOWN, CheckoutState.INSURING, CheckoutState.COLLECTING)


class Checkout(TenantScoped, Model):
    """A settlement on its way (结算过程); a bill has one at a time. `amount` is what its lines come to."""

    __tablename__ = "charging_checkout"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index(
            "ux_charging_checkout_open",
            "tenant_id",
            "bill_id",
            unique=True,
            **only_where("state <> 'settled' AND state <> 'closed'"),
        ),
        Index("ix_charging_checkout_state", "tenant_id", "state", "id"),
        Index("ix_charging_checkout_settlement", "tenant_id", "settlement_id"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("fund_amount >= 0 AND account_amount >= 0 AND hospital_amount >= 0", name="insured"),
        CheckConstraint("fund_amount + account_amount + hospital_amount <= amount", name="personal"),
        CheckConstraint(
            "state <> 'settled' OR settlement_id IS NOT NULL OR mirror_id IS NOT NULL", name="end"
        ),
        CheckConstraint("kind <> 'refund' OR original_id IS NOT NULL", name="original"),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    kind: Mapped[CheckoutKind] = choice_column(CheckoutKind)
    state: Mapped[CheckoutState] = choice_column(CheckoutState, default=CheckoutState.SHOWN)
    bill_id: Mapped[int] = mapped_column(ForeignKey("charging_bill.id"))
    bill: Mapped[Bill] = relationship(viewonly=True)
    original_id: Mapped[int | None] = mapped_column(ForeignKey("charging_settlement.id"))
    amount: Mapped[Decimal] = amount_column()
    fund_amount: Mapped[Decimal] = amount_column(default=Decimal(0))  # what the insurer's funds pay
    account_amount: Mapped[Decimal] = amount_column(default=Decimal(0))  # out of accounts of the insured
    hospital_amount: Mapped[Decimal] = amount_column(
        default=Decimal(0)
    )  # what the insurer lets the centre bear
    reduced_amount: Mapped[Decimal] = amount_column(default=Decimal(0))  # what rules and waivers take off
    is_insured: Mapped[bool] = mapped_column(default=False)
    insurance_id: Mapped[int | None]  # the insured settlement of these lines
    insurance_reference: Mapped[str] = mapped_column(Unicode(60), default="")  # its number at the insurer
    reason: Mapped[str] = text_column(200, default="")
    on: Mapped[date]
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int]
    opened_by_name: Mapped[str] = mapped_column(Unicode(100))
    ended_at: Mapped[datetime | None]
    settlement_id: Mapped[int | None] = mapped_column(ForeignKey("charging_settlement.id"))
    mirror_id: Mapped[int | None] = mapped_column(ForeignKey("charging_settlement.id"))

    @property
    def personal_amount(self) -> Decimal:
        """What the patient pays by cash, card or channel."""
        return self.own_amount - self.taken_off

    @property
    def own_amount(self) -> Decimal:
        """The patient's part before anything is taken off."""
        return self.amount - self.fund_amount - self.account_amount - self.hospital_amount

    @property
    def taken_off(self) -> Decimal:
        """What is taken off the patient's part; the insurer has seen full prices, and is paid nothing back."""
        return min(self.reduced_amount, self.own_amount)

    @property
    def is_open(self) -> bool:
        """Whether it still holds its lines."""
        return self.state in OPEN


class CheckoutLine(AppendOnly, TenantScoped, Model):
    """What of a charge is settled when the checkout ends; nothing, where all of it goes back."""

    __tablename__ = "charging_checkout_line"
    __table_args__ = (
        UniqueConstraint("tenant_id", "checkout_id", "charge_id"),
        CheckConstraint("quantity >= 0 AND amount >= 0 AND returned >= 0", name="parts"),
    )

    id: Mapped[int] = id_column()
    checkout_id: Mapped[int] = mapped_column(ForeignKey("charging_checkout.id"))
    charge_id: Mapped[int] = mapped_column(ForeignKey("charging_charge.id"))
    quantity: Mapped[Decimal] = quantity_column()
    amount: Mapped[Decimal] = amount_column()
    returned: Mapped[Decimal] = quantity_column(default=Decimal(0))


class PartState(Choice):
    """Whether a part of the money has moved."""

    WAITING = "waiting", N_("Not yet")
    HANDED = "handed", N_("At the window")
    MOVED = "moved", N_("Paid")
    FAILED = "failed", N_("Payment failed")
    GIVEN_BACK = "given_back", N_("Given back")


class CheckoutPart(TenantScoped, Model):
    """One way the patient's part is paid; with the payment order and its way where a channel is asked."""

    __tablename__ = "charging_checkout_part"
    __table_args__ = (
        Index("ix_charging_checkout_part_checkout", "tenant_id", "checkout_id"),
        Index("ix_charging_checkout_part_order", "tenant_id", "order_id"),
        CheckConstraint("amount > 0 OR method = 'rounding'", name="amount"),
    )

    id: Mapped[int] = id_column()
    checkout_id: Mapped[int] = mapped_column(ForeignKey("charging_checkout.id"))
    method: Mapped[TenderMethod] = choice_column(TenderMethod)
    amount: Mapped[Decimal] = amount_column()
    handed: Mapped[Decimal] = amount_column()  # cash as handed over, the change included
    state: Mapped[PartState] = choice_column(PartState, default=PartState.WAITING)
    order_id: Mapped[int | None]
    way: Mapped[str] = mapped_column(Unicode(20), default="")
    reference: Mapped[str] = mapped_column(Unicode(60), default="")
