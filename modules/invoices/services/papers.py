"""Paper invoices: a number is taken when a sheet is printed, and whatever becomes of the sheet stands beside it.

The number is taken and committed before anything reaches the printer: a jam leaves a number that is voided with its
reason, never one that nobody can explain (ADR-0020).
"""

from datetime import date
from decimal import Decimal

from app import audit, clock, ids
from app.actor import Actor
from app.db import db
from app.i18n import gettext
from app.use_cases import use_case
from modules.charging import queries as charging
from modules.charging.events import BillRefunded
from modules.invoices import queries
from modules.invoices.errors import (
    NoRedDue,
    NothingToInvoice,
    NotOwnPaper,
    PaperNotVoidable,
    PaperStands,
)
from modules.invoices.models import Paper, PaperPrint
from modules.invoices.rules.states import PaperKind, PaperState
from modules.invoices.services.books import Reason
from modules.invoices.services.electronic import give_way
from modules.invoices.services.exchanges import put_on_paper
from modules.invoices.services.numbers import take_number


@use_case("invoices.paper.print")
def print_paper(*, settlement_id: int, by: Actor) -> PaperPrint:
    """Take the cashier's next number for a receipt. An electronic invoice it has is exchanged for the paper (换开).

    Raises:
        NotFound: no such settlement here.
        NothingToInvoice: it was reversed, or is a reversal.
        PaperStands: a valid paper was printed before.
        BeingIssued: the platform was asked for the electronic one and has not answered.
        NoNumbersLeft: the cashier has no book with open numbers.
    """
    settlement = charging.get_settlement(settlement_id)
    charging.lock_bill(settlement.bill_id)
    if not charging.may_be_invoiced(settlement):
        raise NothingToInvoice(number=settlement.number)
    if standing := queries.find_live_paper(settlement_id):
        raise PaperStands(number=standing.number)
    electronic = give_way(settlement_id)
    paper = _use_next(PaperKind.INVOICE, by, settlement_id, settlement.bill_id, settlement.amount)
    if electronic is not None:
        put_on_paper(electronic, paper)
    audit.record("paper.printed", paper, by=by, number=paper.number, receipt=settlement.number)
    return _count(paper, by)


@use_case("invoices.paper.print")
def print_again(*, paper_id: int, by: Actor) -> PaperPrint:
    """Count another printing of a valid paper under its own number (补打).

    Raises:
        NotFound: no such paper here.
        PaperNotVoidable: it was voided.
    """
    paper = queries.lock_paper(paper_id)
    if paper.state is PaperState.VOIDED:
        raise PaperNotVoidable(number=paper.number, on=paper.on)
    printed = _count(paper, by)
    audit.record("paper.printed_again", paper, by=by, number=paper.number, copy_no=printed.copy_no)
    return printed


@use_case("invoices.paper.print")
def void_paper(*, paper_id: int, reason: Reason, by: Actor) -> Paper:
    """Void a paper of today that its cashier has in hand: it jammed, or was printed for nothing.

    Raises:
        NotFound: no such paper here.
        NotOwnPaper: somebody else printed it.
        PaperNotVoidable: it was voided before, or is of another day.
    """
    paper = queries.lock_paper(paper_id)
    if paper.cashier_account_id != by.account_id:
        raise NotOwnPaper(name=paper.cashier_name)
    if paper.state is not PaperState.ISSUED or paper.on != clock.today():
        raise PaperNotVoidable(number=paper.number, on=paper.on)
    if paper.reds_id is not None:
        queries.lock_paper(paper.reds_id).state = PaperState.TO_RED
    _void(paper, reason, by)
    audit.record("paper.voided", paper, by=by, number=paper.number, reason=reason)
    return paper


@use_case("invoices.paper.print")
def replace_paper(*, paper_id: int, reason: Reason, by: Actor) -> PaperPrint:
    """The printer has spoilt a sheet: void its number and print on the next, in one act.

    Raises:
        NotFound, NotOwnPaper, PaperNotVoidable: as from `void_paper`.
        NothingToInvoice, BeingIssued, NoNumbersLeft: as from `print_paper`.
    """
    paper = queries.get_paper(paper_id)
    if paper.bill_id is not None:
        charging.lock_bill(paper.bill_id)  # the bill before its papers, as a refund does
    voided = void_paper(paper_id=paper_id, reason=reason, by=by)
    if voided.reds_id is not None:
        return print_red(paper_id=voided.reds_id, by=by)
    return print_paper(settlement_id=voided.settlement_id or 0, by=by)


@use_case("invoices.paper.print")
def spoil_next(*, reason: Reason, by: Actor) -> Paper:
    """Void the next sheet of one's book before it was used: torn, or drawn in by the printer.

    Raises:
        NoNumbersLeft: the cashier has no book with open numbers.
    """
    paper = _use_next(PaperKind.SPOILT, by, None, None, Decimal("0.00"), reason=reason)
    audit.record("paper.voided", paper, by=by, number=paper.number, reason=reason)
    return paper


@use_case("invoices.paper.print")
def print_red(*, paper_id: int, by: Actor) -> PaperPrint:
    """Print the red invoice of a paper whose receipt was refunded on a later day (红字); it takes a number of its own.

    Raises:
        NotFound: no such paper here.
        NoRedDue: its receipt stands, or the red one was printed.
        NoNumbersLeft: the cashier has no book with open numbers.
    """
    paper = queries.lock_paper(paper_id)
    if paper.state is not PaperState.TO_RED or paper.mirror_id is None:
        raise NoRedDue(number=paper.number)
    red = _use_next(PaperKind.RED, by, paper.mirror_id, paper.bill_id, -paper.amount, reds_id=paper.id)
    paper.state = PaperState.REVERSED
    db.session.flush()
    audit.record("paper.reversed", red, by=by, number=red.number, original=paper.number)
    return _count(red, by)


def follow_refund(event: BillRefunded) -> None:
    """The paper of a refunded receipt: void on its own day, else a red one is due. Within the refund itself."""
    paper = queries.lock_paper_of(event.original_id)
    if paper is None:
        return
    if paper.on == event.on:
        _void(paper, gettext("Refunded"), event.actor)
    else:
        _await_red(paper, event.mirror_id)


def _await_red(paper: Paper, mirror_id: int) -> None:
    paper.state, paper.mirror_id = PaperState.TO_RED, mirror_id
    db.session.flush()


def _void(paper: Paper, reason: str, by: Actor) -> None:
    paper.state, paper.void_reason = PaperState.VOIDED, reason
    paper.voided_at, paper.voided_by = clock.now(), by.name
    db.session.flush()


def _use_next(
    kind: PaperKind,
    by: Actor,
    settlement_id: int | None,
    bill_id: int | None,
    amount: Decimal,
    *,
    reds_id: int | None = None,
    reason: str = "",
) -> Paper:
    """A row for the next number, stored."""
    book, number = take_number(by)
    today: date = clock.today()
    paper = Paper(
        id=ids.new_id(),
        book_id=book.id,
        no=number,
        code=book.code,
        number=book.printed(number),
        kind=kind,
        state=PaperState.VOIDED if kind is PaperKind.SPOILT else PaperState.ISSUED,
        settlement_id=settlement_id,
        bill_id=bill_id,
        reds_id=reds_id,
        amount=amount,
        on=today,
        at=clock.now(),
        cashier_account_id=by.account_id,
        cashier_name=by.name,
        void_reason=reason,
        voided_at=clock.now() if reason else None,
        voided_by=by.name if reason else "",
    )
    db.session.add(paper)
    db.session.flush()
    return paper


def _count(paper: Paper, by: Actor) -> PaperPrint:
    printed = PaperPrint(
        paper_id=paper.id,
        copy_no=queries.count_prints(paper.id) + 1,
        printed_at=clock.now(),
        printed_by=by.name,
    )
    db.session.add(printed)
    db.session.flush()
    return printed
