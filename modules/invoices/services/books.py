"""Books: registered by the accountant, handed to a cashier, taken back, voided."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from app import audit, clock, numbering
from app.accounts.queries import find_actor_of
from app.actor import Actor
from app.db import db
from app.errors import NotFound
from app.use_cases import use_case
from modules.invoices import queries
from modules.invoices.errors import BookNotThere, NotACashier, NumbersOverlap, RangeWrong
from modules.invoices.models import Book, Custody, CustodyAct
from modules.invoices.rules.states import BookState

MOST_SHEETS = 5000
_FOREVER = date(2000, 1, 1)  # one counter for all days
PRINTING = "invoices.paper.print"
Reason = Annotated[str, Field(min_length=2, max_length=200)]
Number = Annotated[int, Field(ge=0, le=999_999_999_999)]


@use_case("invoices.book.manage")
def register_book(
    *,
    code: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{2,20}$")],
    prefix: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{0,10}$")] = "",
    first_no: Number,
    last_no: Number,
    digits: Annotated[int, Field(ge=1, le=12)] = 8,
    by: Actor,
) -> Book:
    """Take a book that came from the finance bureau into custody; its numbers stand in no other book.

    Raises:
        RangeWrong: the numbers are upside down, too many, or have more digits than the sheets.
        NumbersOverlap: some of them stand in another book.
    """
    if last_no < first_no or last_no - first_no >= MOST_SHEETS or len(str(last_no)) > digits:
        raise RangeWrong(field="last_no", most=MOST_SHEETS)
    numbering.next_value("invoices.book", on=_FOREVER)  # held until commit: registrations take turns
    if other := queries.find_overlap(code, prefix, first_no, last_no, digits):
        raise NumbersOverlap(field="first_no", range=other.range_text)
    book = Book(
        code=code,
        prefix=prefix,
        first_no=first_no,
        last_no=last_no,
        next_no=first_no,
        digits=digits,
        registered_at=clock.now(),
        registered_by=by.name,
    )
    db.session.add(book)
    db.session.flush()
    note_custody(book, CustodyAct.REGISTERED, by)
    audit.record("book.registered", book, by=by, first=book.printed(first_no), last=book.printed(last_no))
    return book


def _with_holder(values: dict[str, Any], by: Actor) -> dict[str, Any]:
    """The name of whom the book goes to, who must be allowed to print."""
    holder = find_actor_of(values["account_id"], by.tenant_id or 0, origin="page")
    if holder is None:
        raise NotFound(field="account_id")
    if not holder.may(PRINTING):
        raise NotACashier(field="account_id")
    return {**values, "holder_name": holder.name}


@use_case("invoices.book.manage", prepare=_with_holder)
def hand_out_book(
    *,
    book_id: int,
    account_id: int,
    holder_name: Annotated[str, Field(max_length=100)] = "",
    by: Actor,
) -> Book:
    """Hand a book to a cashier (领用); the name is looked up. It is begun when the one before is used up.

    Raises:
        NotFound: no such book or person here.
        NotACashier: this person may not print invoices.
        BookNotThere: somebody has it, or no number is left.
    """
    book = _held(book_id, BookState.WAITING, BookState.RETURNED)
    if book.holder_account_id is not None:
        raise BookNotThere(range=book.range_text, state=book.state.label)
    book.state, book.holder_account_id, book.holder_name = BookState.WAITING, account_id, holder_name
    db.session.flush()
    note_custody(book, CustodyAct.HANDED_OUT, by)
    audit.record("book.handed_out", book, by=by, account_id=account_id)
    return book


@use_case("invoices.book.manage")
def take_back_book(*, book_id: int, reason: Reason, by: Actor) -> Book:
    """Take a book with its open numbers back (退领); it may be handed to somebody else, or voided.

    Raises:
        NotFound: no such book here.
        BookNotThere: nobody has it, or no number is left.
    """
    book = _held(book_id, BookState.WAITING, BookState.IN_USE)
    if book.holder_account_id is None:
        raise BookNotThere(range=book.range_text, state=book.state.label)
    note_custody(book, CustodyAct.TAKEN_BACK, by, reason)
    book.state, book.holder_account_id, book.holder_name = BookState.RETURNED, None, ""
    db.session.flush()
    audit.record("book.taken_back", book, by=by, next_no=book.next_no, reason=reason)
    return book


@use_case("invoices.book.manage")
def void_book(*, book_id: int, reason: Reason, by: Actor) -> Book:
    """Void what is open of a book that lies in the safe (作废、核销).

    Raises:
        NotFound: no such book here.
        BookNotThere: a cashier has it, or no number is left.
    """
    book = _held(book_id, BookState.WAITING, BookState.RETURNED)
    if book.holder_account_id is not None:
        raise BookNotThere(range=book.range_text, state=book.state.label)
    book.state = BookState.VOIDED
    db.session.flush()
    note_custody(book, CustodyAct.VOIDED, by, reason)
    audit.record("book.voided", book, by=by, next_no=book.next_no, reason=reason)
    return book


def note_custody(book: Book, act: CustodyAct, by: Actor, reason: str = "") -> None:
    """Write down what happened to a book."""
    db.session.add(
        Custody(
            book_id=book.id,
            act=act,
            next_no=book.next_no,
            holder_name=book.holder_name,
            at=clock.now(),
            by_name=by.name,
            reason=reason,
        )
    )


def _held(book_id: int, *states: BookState) -> Book:
    book = queries.lock_book(book_id)
    if book.state not in states:
        raise BookNotThere(range=book.range_text, state=book.state.label)
    return book
