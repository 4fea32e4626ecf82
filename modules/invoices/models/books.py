"""Books of paper invoices and who has had them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AppendOnly, Model, TenantScoped, choice_column, id_column, text_column
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.invoices.rules.numbers import number_text
from modules.invoices.rules.states import UNUSED, BookState


class Book(TenantScoped, Model):
    """A book of paper (票据领用批次): a prefix with numbers from and to. `next_no` is the first that is open."""

    __tablename__ = "invoices_book"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code", "prefix", "first_no", name="uq_invoices_book_first"),
        Index(
            "ux_invoices_book_in_use",
            "tenant_id",
            "holder_account_id",
            unique=True,
            **only_where("state = 'in_use'"),
        ),
        Index("ix_invoices_book_holder", "tenant_id", "holder_account_id", "state"),
        CheckConstraint("first_no >= 0 AND last_no >= first_no", name="numbers"),
        CheckConstraint("next_no >= first_no AND next_no <= last_no + 1", name="next_no"),
        CheckConstraint("state <> 'used_up' OR next_no = last_no + 1", name="used_up"),
        CheckConstraint("state <> 'in_use' OR holder_account_id IS NOT NULL", name="holder"),
    )

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(Unicode(20))  # printed on every sheet of the batch (票据代码)
    prefix: Mapped[str] = mapped_column(Unicode(10), default="")
    digits: Mapped[int] = mapped_column(Integer)
    first_no: Mapped[int]
    last_no: Mapped[int]
    next_no: Mapped[int]
    state: Mapped[BookState] = choice_column(BookState, default=BookState.WAITING)
    holder_account_id: Mapped[int | None]
    holder_name: Mapped[str] = mapped_column(Unicode(100), default="")
    registered_at: Mapped[datetime]
    registered_by: Mapped[str] = mapped_column(Unicode(100))

    def printed(self, no: int) -> str:
        """A number as it is printed."""
        return number_text(self.prefix, no, self.digits)

    @property
    def range_text(self) -> str:
        """From and to, as they are printed."""
        return f"{self.printed(self.first_no)} – {self.printed(self.last_no)}"

    @property
    def left(self) -> int:
        """How many numbers are open."""
        return self.last_no - self.next_no + 1 if self.state in UNUSED else 0

    @property
    def next_text(self) -> str:
        """The next number as it is printed; nothing where none is left."""
        return self.printed(self.next_no) if self.left else ""


class CustodyAct(Choice):
    """What happened to a book."""

    REGISTERED = "registered", N_("Taken in")
    HANDED_OUT = "handed_out", N_("Given to a cashier")
    BEGUN = "begun", N_("Taken into use")
    USED_UP = "used_up", N_("Used up")
    TAKEN_BACK = "taken_back", N_("Back in the safe")
    VOIDED = "voided", N_("Voided")


class Custody(AppendOnly, TenantScoped, Model):
    """Who gave a book to whom, and which number was the next at that moment (领用、缴销)."""

    __tablename__ = "invoices_custody"
    __table_args__ = (Index("ix_invoices_custody_book", "tenant_id", "book_id", "id"),)

    id: Mapped[int] = id_column()
    book_id: Mapped[int] = mapped_column(ForeignKey("invoices_book.id"))
    act: Mapped[CustodyAct] = choice_column(CustodyAct)
    next_no: Mapped[int]
    holder_name: Mapped[str] = mapped_column(Unicode(100), default="")
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(Unicode(100))
    reason: Mapped[str] = text_column(200, default="")
