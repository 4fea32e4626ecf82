"""Books, their custody, and what became of their numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import case, select

from app.actor import Actor
from app.db import Page, db, lock_row, locking, page_by_key
from modules.invoices.errors import BookMissing
from modules.invoices.models import Book, Custody, Paper
from modules.invoices.rules.numbers import NumberRange, NumberUse, overlap, printed_alike, ranges_of
from modules.invoices.rules.states import BookState, PaperKind, PaperState


@dataclass(frozen=True, slots=True)
class BookView:
    """A book with its custody and the ranges of its numbers, as far as they were taken."""

    book: Book
    custody: list[Custody]
    ranges: list[NumberRange]


def get_book(book_id: int) -> Book:
    """The book, or NotFound."""
    found = db.session.get(Book, book_id)
    if found is None:
        raise BookMissing(field="book_id")
    return found


def lock_book(book_id: int) -> Book:
    """The book, held until commit."""
    found = lock_row(Book, book_id)
    if found is None:
        raise BookMissing(field="book_id")
    return found


def lock_book_in_use(account_id: int) -> Book | None:
    """The book a cashier takes numbers from, held until commit: two windows take turns."""
    statement = select(Book).where(Book.holder_account_id == account_id, Book.state == BookState.IN_USE)
    return db.session.scalar(locking(statement, Book))


def lock_next_book(account_id: int) -> Book | None:
    """The first book a cashier holds and has not begun, held until commit."""
    statement = (
        select(Book)
        .where(Book.holder_account_id == account_id, Book.state == BookState.WAITING)
        .order_by(Book.id)
        .limit(1)
    )
    return db.session.scalar(locking(statement, Book))


def find_overlap(code: str, prefix: str, first_no: int, last_no: int, digits: int) -> Book | None:
    """A book of the batch that has one of these numbers, or prints one of them alike; or None."""
    for book in db.session.scalars(select(Book).where(Book.code == code).order_by(Book.id)):
        shifts = (0, 0) if book.prefix == prefix else printed_alike(prefix, digits, book.prefix, book.digits)
        if shifts is None:
            continue
        own, other = shifts
        if overlap(first_no + own, last_no + own, book.first_no + other, book.last_no + other):
            return book
    return None


def list_books(*, state: BookState | None = None, before: int | None = None) -> Page[Book]:
    """Books, the newest first."""
    statement = select(Book)
    if state is not None:
        statement = statement.where(Book.state == state)
    return page_by_key(statement, Book.id, before=before)


def books_of(by: Actor) -> list[Book]:
    """The books a cashier holds: the one in use first, then those to come."""
    order = case((Book.state == BookState.IN_USE, 0), else_=1)
    statement = (
        select(Book)
        .where(Book.holder_account_id == by.account_id, Book.state.in_((BookState.IN_USE, BookState.WAITING)))
        .order_by(order, Book.id)
    )
    return list(db.session.scalars(statement))


def book_view(book_id: int) -> BookView:
    """A book with everything that became of it; three statements."""
    book = get_book(book_id)
    custody = select(Custody).where(Custody.book_id == book_id).order_by(Custody.id)
    uses = db.session.execute(
        select(Paper.no, Paper.kind, Paper.state, Paper.cashier_name, Paper.void_reason).where(
            Paper.book_id == book_id
        )
    )
    ranges = ranges_of(_uses(uses), first=book.first_no, before=book.next_no)
    return BookView(book, list(db.session.scalars(custody)), ranges)


def _uses(rows: Iterable[tuple[int, PaperKind, PaperState, str, str]]) -> list[NumberUse]:
    return [
        NumberUse(no, "voided" if state is PaperState.VOIDED else kind.value, name, why)
        for no, kind, state, name, why in rows
    ]
