"""Books: registered once, in somebody's custody, every number accounted for."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.actor import Actor
from app.errors import NotFound
from modules.charging.models import Settlement
from modules.invoices import queries, services
from modules.invoices.errors import (
    BookNotThere,
    NoNumbersLeft,
    NotACashier,
    NumbersOverlap,
    RangeWrong,
)
from modules.invoices.models import Book
from modules.invoices.rules.numbers import GAP, NumberUse, number_text, ranges_of, runs_of
from modules.invoices.rules.states import BookState


def test_numbers_stand_in_one_book_only(make_book: Callable[..., Book]) -> None:
    make_book(first=11, sheets=10)
    for first in (2, 11, 15, 20):
        with pytest.raises(NumbersOverlap):
            make_book(first=first, sheets=10)
    assert make_book(first=21, sheets=10).range_text == "A000021 – A000030"


def test_numbers_that_are_printed_alike_stand_in_one_book_only(
    make_book: Callable[..., Book], accountant: Actor
) -> None:
    make_book(first=12001, sheets=10)  # A012001 …
    alike = {"code": "99010126", "by": accountant}
    for prefix, first, digits in (("A0", 12005, 5), ("A01", 2005, 4), ("A01200", 1, 1)):
        with pytest.raises(NumbersOverlap):
            services.register_book(prefix=prefix, first_no=first, last_no=first + 4, digits=digits, **alike)
    services.register_book(prefix="A02", first_no=2005, last_no=2010, digits=4, **alike)
    with pytest.raises(NumbersOverlap):
        services.register_book(prefix="A", first_no=22010, last_no=22012, digits=6, **alike)
    services.register_book(prefix="A", first_no=22010, last_no=22012, digits=7, **alike)


@pytest.mark.parametrize(("first", "last", "digits"), [(10, 9, 6), (1, 5001, 6), (1, 1000000, 6)])
def test_a_book_that_is_none_is_refused(accountant: Actor, first: int, last: int, digits: int) -> None:
    with pytest.raises(RangeWrong):
        services.register_book(
            code="99010126", prefix="", first_no=first, last_no=last, digits=digits, by=accountant
        )


def test_a_book_goes_from_the_safe_to_a_cashier_and_back(
    make_book: Callable[..., Book],
    settle: Callable[..., Settlement],
    look: Callable[..., Any],
    cashier: Actor,
    registrar: Actor,
    accountant: Actor,
) -> None:
    book = make_book(to=cashier)
    assert (book.state, book.holder_name) == (BookState.WAITING, cashier.name)
    services.print_paper(settlement_id=settle().id, by=cashier)
    back = services.take_back_book(book_id=book.id, reason="轮岗", by=accountant)
    assert (back.state, back.left, back.holder_account_id) == (BookState.RETURNED, 9, None)
    with pytest.raises(NoNumbersLeft):
        services.print_paper(settlement_id=settle().id, by=cashier)
    services.hand_out_book(book_id=book.id, account_id=registrar.account_id, by=accountant)
    services.print_paper(settlement_id=settle().id, by=registrar)
    view = look(queries.book_view, book.id)
    assert [(row.first, row.last, row.who) for row in view.ranges] == [
        (1, 1, cashier.name),
        (2, 2, registrar.name),
    ]
    acts = [row.act.value for row in view.custody]
    assert acts == ["registered", "handed_out", "begun", "taken_back", "handed_out", "begun"]


def test_only_who_may_print_is_given_a_book(
    make_book: Callable[..., Book], pharmacist: Actor, cashier: Actor, accountant: Actor
) -> None:
    book = make_book()
    with pytest.raises(NotACashier):
        services.hand_out_book(book_id=book.id, account_id=pharmacist.account_id, by=accountant)
    with pytest.raises(NotFound):
        services.hand_out_book(book_id=book.id, account_id=12345, by=accountant)
    services.hand_out_book(book_id=book.id, account_id=cashier.account_id, by=accountant)
    with pytest.raises(BookNotThere):
        services.hand_out_book(book_id=book.id, account_id=cashier.account_id, by=accountant)


def test_what_is_open_of_a_book_in_the_safe_is_voided_as_a_whole(
    make_book: Callable[..., Book], cashier: Actor, accountant: Actor, invoices_hold: Callable[[], bool]
) -> None:
    held = make_book(to=cashier)
    with pytest.raises(BookNotThere):
        services.void_book(book_id=held.id, reason="换版", by=accountant)
    services.take_back_book(book_id=held.id, reason="换版", by=accountant)
    assert services.void_book(book_id=held.id, reason="换版", by=accountant).left == 0
    with pytest.raises(BookNotThere):
        services.hand_out_book(book_id=held.id, account_id=cashier.account_id, by=accountant)
    assert invoices_hold()


@pytest.mark.one_engine
def test_a_number_is_printed_with_its_prefix_and_zeros() -> None:
    assert number_text("A", 42, 6) == "A000042"


@pytest.mark.one_engine
@given(
    st.dictionaries(
        st.integers(1, 40), st.tuples(st.sampled_from(["invoice", "voided"]), st.sampled_from("ab"))
    )
)
def test_ranges_hold_every_number_once_and_name_what_is_missing(used: dict[int, tuple[str, str]]) -> None:
    found = ranges_of((NumberUse(no, *use) for no, use in used.items()), first=1, before=41)
    told = {no: (row.use, row.who) for row in found for no in range(row.first, row.last + 1)}
    assert sum(row.count for row in found) == 40
    assert told == {no: used.get(no, (GAP, "")) for no in range(1, 41)}
    assert all((one.use, one.who) != (other.use, other.who) for one, other in pairwise(found))


@pytest.mark.one_engine
def test_runs_break_where_a_number_is_missing_or_the_batch_changes() -> None:
    numbers = [(("x",), 3), (("x",), 1), (("x",), 2), (("x",), 7), (("y",), 8)]
    assert runs_of(numbers) == [(("x",), 1, 3), (("x",), 7, 7), (("y",), 8, 8)]
