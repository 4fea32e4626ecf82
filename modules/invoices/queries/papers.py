"""Paper invoices: of a bill, of a cashier, of a shift."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from app import clock
from app.actor import Actor
from app.db import db, lock_row, locking
from modules.charging import queries as charging
from modules.invoices.errors import PaperMissing
from modules.invoices.models import Book, ElectronicInvoice, Paper, PaperPrint
from modules.invoices.rules.numbers import number_text, runs_of
from modules.invoices.rules.states import VALID, ElectronicKind, PaperState


@dataclass(frozen=True, slots=True)
class InvoicesOfBill:
    """What was issued for a bill's settlements, by settlement."""

    electronic: dict[int, ElectronicInvoice]
    papers: dict[int, Paper]  # the valid one

    def __bool__(self) -> bool:
        return bool(self.electronic or self.papers)


@dataclass(frozen=True, slots=True)
class ShiftInvoices:
    """What a shift did with its numbers (C4): ranges that were used, papers voided, electronic ones issued."""

    used: list[tuple[str, str, int]]  # first, last, how many
    voided: list[Paper]
    blue_count: int
    red_count: int

    @property
    def count(self) -> int:
        """How many numbers were taken."""
        return sum(count for _first, _last, count in self.used)


def get_paper(paper_id: int) -> Paper:
    """The paper, or NotFound."""
    found = db.session.get(Paper, paper_id)
    if found is None:
        raise PaperMissing(field="paper_id")
    return found


def lock_paper(paper_id: int) -> Paper:
    """The paper, held until commit."""
    found = lock_row(Paper, paper_id)
    if found is None:
        raise PaperMissing(field="paper_id")
    return found


def find_live_paper(settlement_id: int) -> Paper | None:
    """The valid paper of a settlement, or None."""
    return db.session.scalar(
        select(Paper).where(Paper.settlement_id == settlement_id, Paper.state != PaperState.VOIDED)
    )


def lock_paper_of(settlement_id: int) -> Paper | None:
    """The valid paper of a settlement, held until commit."""
    statement = select(Paper).where(Paper.settlement_id == settlement_id, Paper.state != PaperState.VOIDED)
    return db.session.scalar(locking(statement, Paper))


def count_prints(paper_id: int) -> int:
    """How often a paper was printed."""
    found = select(func.count()).select_from(PaperPrint).where(PaperPrint.paper_id == paper_id)
    return db.session.scalar(found) or 0


def get_print(print_id: int) -> PaperPrint:
    """One printing, or NotFound."""
    found = db.session.get(PaperPrint, print_id)
    if found is None:
        raise PaperMissing(field="print_id")
    return found


def papers_of_cashier(by: Actor, *, size: int = 40) -> list[Paper]:
    """The papers a cashier took last, the newest first."""
    statement = select(Paper).where(Paper.cashier_account_id == by.account_id)
    return list(db.session.scalars(statement.order_by(Paper.at.desc(), Paper.id.desc()).limit(size)))


def papers_to_red(*, size: int = 50) -> list[Paper]:
    """Papers of refunded receipts that wait for their red invoice, the oldest first."""
    statement = select(Paper).where(Paper.state == PaperState.TO_RED).order_by(Paper.id).limit(size)
    return list(db.session.scalars(statement))


def invoices_of_bill(bill_id: int) -> InvoicesOfBill:
    """What was issued for the settlements of a bill; two statements."""
    electronic = db.session.scalars(select(ElectronicInvoice).where(ElectronicInvoice.bill_id == bill_id))
    papers = db.session.scalars(
        select(Paper).where(Paper.bill_id == bill_id, Paper.state != PaperState.VOIDED)
    )
    return InvoicesOfBill(
        {row.settlement_id: row for row in electronic},
        {row.settlement_id: row for row in papers if row.settlement_id is not None},
    )


def shift_invoices(account_id: int, since: datetime, until: datetime | None) -> ShiftInvoices:
    """What a cashier did with numbers between two moments; two statements."""
    end = until or clock.now()
    taken = and_(Paper.at >= since, Paper.at <= end)
    voided = and_(Paper.voided_at >= since, Paper.voided_at <= end)
    rows = db.session.execute(
        select(Paper, Book.prefix, Book.digits)
        .join(Book, Book.id == Paper.book_id)
        .where(Paper.cashier_account_id == account_id, or_(taken, voided))
        .order_by(Paper.id)
    ).all()
    shapes = {(paper.code, prefix): digits for paper, prefix, digits in rows}
    numbers = [((paper.code, prefix), paper.no) for paper, prefix, _ in rows if since <= paper.at <= end]
    return ShiftInvoices(
        [
            (
                number_text(key[1], first, shapes[key]),
                number_text(key[1], last, shapes[key]),
                last - first + 1,
            )
            for key, first, last in runs_of(numbers)
        ],
        [paper for paper, _, _ in rows if paper.voided_at and since <= paper.voided_at <= end],
        *_electronic(account_id, since, end),
    )


def _electronic(account_id: int, since: datetime, until: datetime) -> tuple[int, int]:
    settled = charging.settled_by(account_id, since, until)
    rows = db.session.execute(
        select(ElectronicInvoice.kind, func.count())
        .where(ElectronicInvoice.settlement_id.in_(settled), ElectronicInvoice.state.in_(VALID))
        .group_by(ElectronicInvoice.kind)
    )
    counts = {row[0]: row[1] for row in rows}
    return counts.get(ElectronicKind.BLUE, 0), counts.get(ElectronicKind.RED, 0)
