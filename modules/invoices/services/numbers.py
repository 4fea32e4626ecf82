"""The one place that takes a number out of a book: under its lock, each once, the next book when one is used up."""

from sqlalchemy.exc import IntegrityError

from app.actor import Actor
from app.db import db
from modules.invoices import queries
from modules.invoices.errors import NoNumbersLeft
from modules.invoices.models import Book, CustodyAct
from modules.invoices.rules.states import BookState
from modules.invoices.services.books import note_custody


def take_number(by: Actor) -> tuple[Book, int]:
    """The next number of the cashier's own book; the book is held until commit.

    Raises:
        NoNumbersLeft: the cashier holds no book with open numbers.
    """
    book = _present_book(by)
    number = book.next_no
    book.next_no += 1
    if book.next_no > book.last_no:
        book.state = BookState.USED_UP
        note_custody(book, CustodyAct.USED_UP, by)
    db.session.flush()
    return book, number


def _present_book(by: Actor) -> Book:
    for _ in range(3):
        if book := queries.lock_book_in_use(by.account_id):
            return book
        following = queries.lock_next_book(by.account_id)
        if following is None:
            continue  # perhaps another window of this cashier has just begun it
        try:
            with db.session.begin_nested():
                following.state = BookState.IN_USE
                db.session.flush()
        except IntegrityError:
            db.session.refresh(following)
            continue  # the other window began the book before this one
        note_custody(following, CustodyAct.BEGUN, by)
        return following
    raise NoNumbersLeft
