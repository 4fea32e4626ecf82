"""Paper: a number is taken once, whatever the printer does, and every number can be explained."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from support.racing import at_once

from app import clock
from app.actor import Actor
from app.db import db, tenant_unit
from app.db.append_only import RecordMayNotChange
from modules.charging import services as money
from modules.charging.models import Settlement
from modules.invoices import queries, services
from modules.invoices.errors import (
    NoNumbersLeft,
    NoRedDue,
    NothingToInvoice,
    NotOwnPaper,
    PaperNotVoidable,
    PaperStands,
)
from modules.invoices.models import Book, Paper, PaperPrint
from modules.invoices.rules.states import BookState, PaperKind, PaperState

Settle = Callable[..., Settlement]
Look = Callable[..., Any]


def test_a_receipt_is_printed_on_the_next_number_once(
    make_book: Callable[..., Book],
    settle: Settle,
    paper_of: Callable[[int], Paper],
    cashier: Actor,
    invoices_hold: Callable[[], bool],
) -> None:
    make_book(to=cashier)
    first, second = settle(), settle()
    services.print_paper(settlement_id=first.id, by=cashier)
    services.print_paper(settlement_id=second.id, by=cashier)
    assert [paper_of(one.id).number for one in (first, second)] == ["A000001", "A000002"]
    with pytest.raises(PaperStands):
        services.print_paper(settlement_id=first.id, by=cashier)
    again = services.print_again(paper_id=paper_of(first.id).id, by=cashier)
    assert again.copy_no == 2
    assert paper_of(first.id).number == "A000001"
    assert invoices_hold()


def test_a_jam_after_the_number_was_taken_voids_it_and_prints_on_the_next(
    make_book: Callable[..., Book],
    settle: Settle,
    paper_of: Callable[[int], Paper],
    look: Look,
    cashier: Actor,
    invoices_hold: Callable[[], bool],
) -> None:
    book = make_book(to=cashier)
    settlement = settle()
    services.print_paper(settlement_id=settlement.id, by=cashier)
    jammed = paper_of(settlement.id)
    printed = services.replace_paper(paper_id=jammed.id, reason="打印机卡纸", by=cashier)
    assert (printed.copy_no, paper_of(settlement.id).number) == (1, "A000002")
    spoilt = look(queries.get_paper, jammed.id)
    assert (spoilt.state, spoilt.void_reason, spoilt.voided_by) == (
        PaperState.VOIDED,
        "打印机卡纸",
        cashier.name,
    )
    services.spoil_next(reason="撕坏", by=cashier)
    ranges = look(queries.book_view, book.id).ranges
    assert [(row.first, row.use, row.why) for row in ranges] == [
        (1, "voided", "打印机卡纸"),
        (2, "invoice", ""),
        (3, "voided", "撕坏"),
    ]
    assert invoices_hold()


def test_a_power_cut_between_the_number_and_the_printer_leaves_a_number_that_is_known(
    make_book: Callable[..., Book], settle: Settle, paper_of: Callable[[int], Paper], cashier: Actor
) -> None:
    """The number is committed before anything is printed; nobody printed, yet it stands and is printed again."""
    make_book(to=cashier)
    settlement = settle()
    services.print_paper(settlement_id=settlement.id, by=cashier)
    assert services.print_again(paper_id=paper_of(settlement.id).id, by=cashier).copy_no == 2


def test_a_book_that_ends_in_the_middle_of_a_morning_is_followed_by_the_next(
    make_book: Callable[..., Book],
    settle: Settle,
    paper_of: Callable[[int], Paper],
    look: Look,
    cashier: Actor,
    invoices_hold: Callable[[], bool],
) -> None:
    short, next_book = make_book(sheets=2, to=cashier), make_book(first=101, sheets=2, to=cashier)
    taken = [settle() for _ in range(4)]
    for settlement in taken:
        services.print_paper(settlement_id=settlement.id, by=cashier)
    numbers = [paper_of(one.id).number for one in taken]
    assert numbers == ["A000001", "A000002", "A000101", "A000102"]
    assert {look(queries.get_book, book.id).state for book in (short, next_book)} == {BookState.USED_UP}
    with pytest.raises(NoNumbersLeft):
        services.print_paper(settlement_id=settle().id, by=cashier)
    assert invoices_hold()


def test_a_jam_on_the_last_sheet_of_the_last_book_takes_nothing_back(
    make_book: Callable[..., Book],
    settle: Settle,
    paper_of: Callable[[int], Paper],
    cashier: Actor,
    invoices_hold: Callable[[], bool],
) -> None:
    make_book(sheets=1, to=cashier)
    settlement = settle()
    services.print_paper(settlement_id=settlement.id, by=cashier)
    with pytest.raises(NoNumbersLeft):
        services.replace_paper(paper_id=paper_of(settlement.id).id, reason="卡纸", by=cashier)
    assert paper_of(settlement.id).state is PaperState.ISSUED  # nothing was voided without a new sheet
    services.void_paper(paper_id=paper_of(settlement.id).id, reason="卡纸", by=cashier)
    make_book(first=201, to=cashier)
    services.print_paper(settlement_id=settlement.id, by=cashier)
    assert paper_of(settlement.id).number == "A000201"
    assert invoices_hold()


def test_two_windows_of_a_cashier_never_print_on_one_number(
    app: Flask,
    make_book: Callable[..., Book],
    settle: Settle,
    paper_of: Callable[[int], Paper],
    cashier: Actor,
    invoices_hold: Callable[[], bool],
) -> None:
    make_book(sheets=3, to=cashier)
    make_book(first=51, sheets=5, to=cashier)
    settled = [settle() for _ in range(6)]

    def printing(settlement: Settlement) -> Callable[[], Any]:
        return lambda: services.print_paper(settlement_id=settlement.id, by=cashier)

    outcomes = at_once(app, *(printing(one) for one in settled))
    assert all(isinstance(outcome, PaperPrint) for outcome in outcomes), outcomes
    numbers = sorted(paper_of(one.id).number for one in settled)
    assert numbers == ["A000001", "A000002", "A000003", "A000051", "A000052", "A000053"]
    assert invoices_hold()


def test_one_receipt_in_two_windows_gets_one_paper(
    app: Flask, make_book: Callable[..., Book], settle: Settle, cashier: Actor, registrar: Actor, look: Look
) -> None:
    make_book(to=cashier)
    make_book(first=51, to=registrar)
    settlement = settle()
    outcomes = at_once(
        app,
        lambda: services.print_paper(settlement_id=settlement.id, by=cashier),
        lambda: services.print_paper(settlement_id=settlement.id, by=registrar),
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["PaperPrint", "PaperStands"]


def test_a_paper_is_voided_by_who_printed_it_on_its_day(
    make_book: Callable[..., Book],
    settle: Settle,
    paper_of: Callable[[int], Paper],
    cashier: Actor,
    registrar: Actor,
) -> None:
    make_book(to=cashier)
    settlement = settle()
    services.print_paper(settlement_id=settlement.id, by=cashier)
    paper = paper_of(settlement.id)
    with pytest.raises(NotOwnPaper):
        services.void_paper(paper_id=paper.id, reason="看错", by=registrar)
    with clock.at(clock.now() + timedelta(days=1)), pytest.raises(PaperNotVoidable):
        services.void_paper(paper_id=paper.id, reason="看错", by=cashier)
    services.void_paper(paper_id=paper.id, reason="看错", by=cashier)
    with pytest.raises(PaperNotVoidable):
        services.void_paper(paper_id=paper.id, reason="看错", by=cashier)
    with pytest.raises(PaperNotVoidable):
        services.print_again(paper_id=paper.id, by=cashier)


def test_a_refund_of_the_same_day_voids_the_paper(
    make_book: Callable[..., Book],
    settle: Settle,
    refund: Settle,
    paper_of: Callable[[int], Paper],
    cashier: Actor,
    invoices_hold: Callable[[], bool],
) -> None:
    make_book(to=cashier)
    settlement = settle()
    services.print_paper(settlement_id=settlement.id, by=cashier)
    mirror = refund(settlement)
    assert paper_of(settlement.id) is None
    for gone in (settlement, mirror):
        with pytest.raises(NothingToInvoice):
            services.print_paper(settlement_id=gone.id, by=cashier)
    assert invoices_hold()


def test_a_refund_after_the_day_is_closed_gets_a_red_invoice_with_a_number_of_its_own(
    make_book: Callable[..., Book],
    settle: Settle,
    refund: Settle,
    paper_of: Callable[[int], Paper],
    look: Look,
    cashier: Actor,
    invoices_hold: Callable[[], bool],
) -> None:
    make_book(to=cashier)
    settlement = settle()
    services.print_paper(settlement_id=settlement.id, by=cashier)
    money.close_shift(counted_cash=settlement.amount, by=cashier)
    paper = paper_of(settlement.id)
    with pytest.raises(NoRedDue):
        services.print_red(paper_id=paper.id, by=cashier)
    with clock.at(clock.now() + timedelta(days=1)):
        mirror = refund(settlement)
        assert [row.id for row in look(queries.papers_to_red)] == [paper.id]
        printed = services.print_red(paper_id=paper.id, by=cashier)
        red = look(queries.get_paper, printed.paper_id)
        assert (red.kind, red.number, red.amount) == (PaperKind.RED, "A000002", -settlement.amount)
        assert (red.settlement_id, paper_of(settlement.id).state) == (mirror.id, PaperState.REVERSED)
        jammed = services.replace_paper(paper_id=red.id, reason="卡纸", by=cashier)
        assert look(queries.get_paper, jammed.paper_id).number == "A000003"
        with pytest.raises(NoRedDue):
            services.print_red(paper_id=paper.id, by=cashier)
    assert invoices_hold()


def test_what_is_kept_after_a_refund_is_printed_anew_and_may_be_refunded_again(
    make_book: Callable[..., Book],
    make_bill: Callable[..., Any],
    prescribe: Callable[..., Any],
    settle: Settle,
    refund: Settle,
    paper_of: Callable[[int], Paper],
    look: Look,
    cashier: Actor,
    invoices_hold: Callable[[], bool],
) -> None:
    make_book(to=cashier)
    bill = make_bill()
    prescribe(bill, ("D0001", 24), ("D0002", 24))
    settlement = settle(bill)
    services.print_paper(settlement_id=settlement.id, by=cashier)
    mirror = refund(settlement, lines=1)
    with tenant_unit(mirror.tenant_id):
        kept = db.session.query(Settlement).filter_by(resettles_id=settlement.id).one()
    services.print_paper(settlement_id=kept.id, by=cashier)
    assert paper_of(kept.id).number == "A000002"
    refund(kept)
    assert paper_of(kept.id) is None
    assert invoices_hold()


def test_a_shift_tells_its_ranges_and_voids(
    make_book: Callable[..., Book],
    settle: Settle,
    paper_of: Callable[[int], Paper],
    look: Look,
    cashier: Actor,
) -> None:
    make_book(to=cashier)
    opened = clock.now()
    settled = [settle() for _ in range(3)]
    for one in settled:
        services.print_paper(settlement_id=one.id, by=cashier)
    services.void_paper(paper_id=paper_of(settled[1].id).id, reason="看错", by=cashier)
    found = look(queries.shift_invoices, cashier.account_id, opened, None)
    assert found.used == [("A000001", "A000003", 3)]
    assert [(paper.number, paper.void_reason) for paper in found.voided] == [("A000002", "看错")]
    assert (found.count, found.blue_count, found.red_count) == (3, 0, 0)


def test_what_a_paper_says_never_changes(
    make_book: Callable[..., Book],
    settle: Settle,
    paper_of: Callable[[int], Paper],
    cashier: Actor,
    ours: dict[str, Any],
) -> None:
    from app.use_cases import use_case

    make_book(to=cashier)
    settlement = settle()
    services.print_paper(settlement_id=settlement.id, by=cashier)

    @use_case("invoices.paper.print", is_step=True)
    def forge(*, paper_id: int, by: Actor) -> None:
        queries.lock_paper(paper_id).number = "A999999"

    with pytest.raises(RecordMayNotChange):
        forge(paper_id=paper_of(settlement.id).id, by=cashier)
