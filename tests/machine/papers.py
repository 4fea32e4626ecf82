"""Invoices on paper and electronic, new prices, and the accountant's days."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from machine.centre import DRUGS, Centre
from sqlalchemy import select

from app import clock
from app.actor import system_actor
from app.db import db, tenant_unit
from modules.catalogue import queries as catalogue
from modules.charging import services as charging
from modules.invoices import services as invoices
from modules.invoices.models import Paper
from modules.reconciliation import queries as days
from modules.reconciliation import services as reconciliation
from modules.reconciliation.models import Day, Entry
from modules.reconciliation.rules.states import EntryState, Step
from modules.storeroom import services as storeroom

D = Decimal
SHEETS = 6  # of a book: it is used up again and again


def hand_out_book(centre: Centre) -> None:
    """The next book of invoices goes to the cashier."""
    centre.books += 1
    first = centre.books * SHEETS
    by = centre.desk["accountant"]
    book = invoices.register_book(
        code=f"9900{centre.mark}", first_no=first, last_no=first + SHEETS - 1, digits=8, by=by
    )
    invoices.hand_out_book(book_id=book.id, account_id=centre.desk["cashier"].account_id, by=by)


def print_invoice(centre: Centre, bill_id: int, which: int) -> None:
    """On paper, for one of a bill's receipts."""
    receipts = centre.view(bill_id).settlements
    if receipts:
        receipt = receipts[which % len(receipts)]
        invoices.print_paper(settlement_id=receipt.id, by=centre.desk["cashier"])


def jam(centre: Centre, which: int, how: str) -> None:
    """The printer jams after the number was taken, or a sheet is spoilt, or a refund wants its red one."""
    by = centre.desk["cashier"]
    if how == "spoil":
        invoices.spoil_next(reason="卡纸", by=by)
        return
    with tenant_unit(centre.tenant_id):
        papers = list(db.session.scalars(select(Paper).order_by(Paper.id.desc()).limit(5)))
    if papers:
        paper = papers[which % len(papers)]
        if how == "red":
            invoices.print_red(paper_id=paper.id, by=by)
        else:
            invoices.replace_paper(paper_id=paper.id, reason="打印机卡纸", by=by)


def reprice(centre: Centre, which: int, fen: int) -> None:
    """Another price of a service from now on, or of a drug by an adjustment of the storeroom."""
    if which % 2:
        with tenant_unit(centre.tenant_id):
            items = catalogue.all_services()
        item = next(one for one in items if one.code == "X0001")
        amount = D(fen).scaleb(-2)
        charging.set_price(
            item_kind="service",
            item_id=item.id,
            amount=amount,
            reason="调价",
            by=centre.desk["administrator"],
        )
        return
    drug_id = centre.drug_id(DRUGS[which % len(DRUGS)])
    made = storeroom.propose_adjustment(
        lines=[storeroom.NewPriceInput(drug_id=drug_id, new_price=D("9.60"))],
        reason="零差率",
        by=centre.desk["storekeeper"],
    )
    storeroom.approve_adjustment(adjustment_id=made.id, by=centre.desk["administrator"])


def work_off(centre: Centre, reason: str = "已核实") -> int:
    """The accountant compares what is over, does the next step of each difference, and ties out what is even."""
    by, reviewer = centre.desk["accountant"], centre.desk["administrator"]
    reconciliation.begin_days(by=system_actor(centre.tenant_id))
    while reconciliation.conduct.pursue(centre.tenant_id):
        pass
    done = 0
    for day_id in _days(centre):
        with tenant_unit(centre.tenant_id):
            found = days.day_view(day_id).differences
        for one in found:
            done += _handle(centre, one, reason, by, reviewer)
    return done


def _handle(centre: Centre, one: Any, reason: str, by: Any, reviewer: Any) -> int:
    if one.entry.state not in (EntryState.OPEN, EntryState.WORKING):
        return 0
    if one.step is not Step.CARRY or clock.today() - one.entry.on > timedelta(days=1):
        reconciliation.conduct.do_step(one.entry.id, one.step, reason, by=by)
    with tenant_unit(centre.tenant_id):
        entry = db.session.get_one(Entry, one.entry.id)
    if entry.state is EntryState.WORKING and entry.step in (Step.EXPLAIN, Step.RECOLLECT):
        reconciliation.review_difference(entry_id=entry.id, by=reviewer)
    return 1


def _days(centre: Centre) -> list[int]:
    with tenant_unit(centre.tenant_id):
        statement = select(Day.id).where(Day.open_count > 0).order_by(Day.on, Day.id)
        return list(db.session.scalars(statement))
