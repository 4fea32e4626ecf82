"""Traceability codes of packs (药品追溯码): where each came from, whom it served, what is still to be told."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AppendOnly, Model, TenantScoped, choice_column, id_column, quantity_column, text_column
from app.db.indexes import only_where
from app.i18n import N_, Choice


class CodePrefix(TenantScoped, Model):
    """Which drug and pack the first digits of codes stand for (药品标识码), as first seen by a person."""

    __tablename__ = "dispensing_code_prefix"
    __table_args__ = (
        UniqueConstraint("tenant_id", "prefix"),
        CheckConstraint("pack_factor >= 1", name="factor"),
    )

    id: Mapped[int] = id_column()
    prefix: Mapped[str] = mapped_column(Unicode(14))
    drug_id: Mapped[int]
    pack_factor: Mapped[int] = mapped_column(Integer)
    noted_at: Mapped[datetime]
    noted_by_name: Mapped[str] = mapped_column(Unicode(100))


class Code(TenantScoped, Model):
    """One pack by its code. ``used`` of its minimum units are with patients or picked for them.

    It lies at ``location_id``, or left with the document ``away_id`` (on its way, or for good); neither: not known.
    """

    __tablename__ = "dispensing_code"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        Index("ix_dispensing_code_parent", "tenant_id", "parent_code"),
        Index("ix_dispensing_code_away", "tenant_id", "away_id"),
        Index("ix_dispensing_code_document", "tenant_id", "document_id", "batch_id"),
        CheckConstraint("pack_factor > 0", name="factor"),
        CheckConstraint("used >= 0", name="used"),
        CheckConstraint("used <= pack_factor", name="sold_once"),
    )

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(Unicode(40))
    parent_code: Mapped[str] = mapped_column(Unicode(40), default="")  # of the carton it came in
    drug_id: Mapped[int]
    batch_id: Mapped[int] = mapped_column(ForeignKey("dispensing_batch.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_document.id"))  # its receipt
    pack_factor: Mapped[Decimal] = quantity_column()
    used: Mapped[Decimal] = quantity_column(default=Decimal(0))
    location_id: Mapped[int | None]
    away_id: Mapped[int | None]


class NoCodeReason(Choice):
    """Why a pack goes out without a code (无码库)."""

    OLD_STOCK = "old_stock", N_("Old stock without a code")
    IN_HOUSE = "in_house", N_("Made by this institution")
    UNREADABLE = "unreadable", N_("Code cannot be read")


class CodeUse(TenantScoped, Model):
    """What of a pack serves a prescription line; picked until the issue's document, sold from then on."""

    __tablename__ = "dispensing_code_use"
    __table_args__ = (
        Index("ix_dispensing_code_use_prescription", "tenant_id", "prescription_id", "id"),
        Index("ix_dispensing_code_use_code", "tenant_id", "code_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("returned >= 0 AND returned <= quantity", name="returned"),
        CheckConstraint(
            "(code_id IS NULL AND reason IS NOT NULL) OR (code_id IS NOT NULL AND reason IS NULL)",
            name="code_or_reason",
        ),
    )

    id: Mapped[int] = id_column()
    prescription_id: Mapped[int]
    item_id: Mapped[int]
    code_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_code.id"))
    reason: Mapped[NoCodeReason | None] = choice_column(NoCodeReason)
    quantity: Mapped[Decimal] = quantity_column()
    returned: Mapped[Decimal] = quantity_column(default=Decimal(0))
    is_split: Mapped[bool] = mapped_column(default=False)  # the pack was opened for it (trdn_flag)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_document.id"))

    @property
    def with_patient(self) -> Decimal:
        """What the patient has of it."""
        return self.quantity - self.returned


class CodeEventKind(Choice):
    """What happened to a code, alarms included."""

    RECEIVED = "received", N_("Came in")
    SOLD = "sold", N_("Handed out")
    RETURNED = "returned", N_("Came back")
    MOVED = "moved", N_("Changed its place")
    SENT = "sent", N_("Sent on its way")
    LEFT = "left", N_("Left for good")
    SECOND_SALE = "second_sale", N_("Alarm: sold before")
    OVER_SPLIT = "over_split", N_("Alarm: more than the pack holds")
    WRONG_DRUG = "wrong_drug", N_("Alarm: another drug")
    WRONG_BATCH = "wrong_batch", N_("Alarm: another batch")
    WRONG_PLACE = "wrong_place", N_("Alarm: at another place")


ALARMS = (
    CodeEventKind.SECOND_SALE,
    CodeEventKind.OVER_SPLIT,
    CodeEventKind.WRONG_DRUG,
    CodeEventKind.WRONG_BATCH,
    CodeEventKind.WRONG_PLACE,
)


TOLD = {CodeEventKind.SOLD: "3505", CodeEventKind.RETURNED: "3506"}  # trades of the insurer's interface


class UploadState(Choice):
    """Whether the insurer has the record of a sale or a return."""

    NONE = "none", N_("Not told")
    PENDING = "pending", N_("To be sent")
    SENT = "sent", N_("Sent to the insurer")
    REFUSED = "refused", N_("Refused by the insurer")


class CodeEvent(AppendOnly, TenantScoped, Model):
    """One row of a code's life; refused scans stand here too.

    Of a sale and a return ``content`` is the record for the insurer, complete but for the sender's envelope.
    """

    __tablename__ = "dispensing_code_event"
    __table_args__ = (
        Index("ix_dispensing_code_event_code", "tenant_id", "code", "id"),
        Index("ix_dispensing_code_event_document", "tenant_id", "document_id"),
        Index(
            "ix_dispensing_code_event_alarms",
            "tenant_id",
            "id",
            **only_where("kind IN ('second_sale', 'over_split', 'wrong_drug', 'wrong_batch', 'wrong_place')"),
        ),
        Index("ix_dispensing_code_event_upload", "tenant_id", "upload", "id"),
    )

    written_later = frozenset({"upload", "tries", "next_try_at", "sent_at", "answer"})

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(Unicode(40))
    kind: Mapped[CodeEventKind] = choice_column(CodeEventKind)
    quantity: Mapped[Decimal | None] = quantity_column()
    document_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_document.id"))
    prescription_id: Mapped[int | None]
    prescription_number: Mapped[str] = mapped_column(Unicode(30), default="")
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(Unicode(100))
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    upload: Mapped[UploadState] = choice_column(UploadState)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    answer: Mapped[str] = text_column(400, default="")


class StockTrade(Choice):
    """Which trade of the insurer's interface a movement of stock is told by."""

    COUNT = "3501", N_("Stocktake (3501)")
    CHANGE = "3502", N_("Change of stock (3502)")
    PURCHASE = "3503", N_("Purchase (3503)")
    PURCHASE_RETURN = "3504", N_("Return to the supplier (3504)")


class StockReport(AppendOnly, TenantScoped, Model):
    """A row of a stock document that the insurer is to be told of, with all its content but codes and sender."""

    __tablename__ = "dispensing_stock_report"
    __table_args__ = (
        UniqueConstraint("tenant_id", "document_id", "line_no"),
        Index("ix_dispensing_stock_report_upload", "tenant_id", "upload", "id"),
    )

    written_later = frozenset({"upload", "tries", "next_try_at", "sent_at", "answer"})

    id: Mapped[int] = id_column()
    document_id: Mapped[int] = mapped_column(ForeignKey("dispensing_document.id"))
    line_no: Mapped[int] = mapped_column(Integer)
    batch_id: Mapped[int] = mapped_column(ForeignKey("dispensing_batch.id"))
    trade: Mapped[StockTrade] = choice_column(StockTrade)
    at: Mapped[datetime]
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    upload: Mapped[UploadState] = choice_column(UploadState)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    answer: Mapped[str] = text_column(400, default="")
