"""What invoices add to the product."""

from flask import url_for

from app.actor import Actor
from app.i18n import N_
from app.money import format_amount
from app.registry import (
    FIRST_ROWS,
    Heap,
    MenuEntry,
    Module,
    Permission,
    Pursuit,
    Waiting,
    WaitingRow,
)
from modules.charging.events import BillRefunded, BillSettled
from modules.invoices import queries, subscribers, views
from modules.invoices.services import conduct

_DESKS = ("cashier", "registrar")


def refused_heap(by: Actor) -> Heap:
    """Electronic invoices that the platform refused, the oldest first."""
    count, rows = queries.waiting_electronic(size=FIRST_ROWS)
    return Heap(
        count,
        [
            WaitingRow(
                row.on,
                f"{row.business_no} ¥ {format_amount(row.total_amount)}",
                row.state.label,
                url_for("invoices.show_electronic", invoice_id=row.id),
                "d",
            )
            for row in rows
        ],
    )


module = Module(
    name="invoices",
    label=N_("Medical invoices"),
    requires=("charging",),
    blueprints=(views.blueprint,),
    menu=(
        MenuEntry(N_("My invoices"), "invoices.show_own_book", "receipt-2", "invoices.paper.print", order=64),
        MenuEntry(
            N_("Electronic invoices"),
            "invoices.list_electronic",
            "file-invoice",
            "invoices.electronic.view",
            order=65,
        ),
        MenuEntry(
            N_("Books of invoices"),
            "invoices.list_books",
            "stack-2",
            "invoices.book.view",
            "administration",
            41,
        ),
        MenuEntry(
            N_("Invoice platform"),
            "invoices.show_platform",
            "plug",
            "invoices.platform.view",
            "administration",
            46,
        ),
    ),
    waiting=(
        Waiting(
            N_("Refused electronic invoices"),
            "invoices.book.manage",
            "invoices.list_electronic",
            refused_heap,
            "file-invoice",
            nothing=N_("The platform has refused no invoice."),
            order=49,
        ),
    ),
    places={
        "charging.bill.invoices": views.bill_invoices,
        "charging.receipt.invoice": views.receipt_invoice,
        "charging.shift.invoices": views.shift_invoices,
        "charging.shift.paper": views.shift_paper_invoices,
    },
    acts={
        "book.registered": N_("Book of invoices registered"),
        "book.handed_out": N_("Book of invoices handed out"),
        "book.taken_back": N_("Book of invoices taken back"),
        "book.voided": N_("Book of invoices voided"),
        "paper.printed": N_("Invoice printed"),
        "paper.printed_again": N_("Invoice printed again"),
        "paper.voided": N_("Invoice voided"),
        "paper.reversed": N_("Red invoice printed"),
        "paper.read": N_("Invoice read"),
        "electronic.owed": N_("Electronic invoice asked for"),
        "electronic.dropped": N_("Electronic invoice no longer needed"),
        "electronic.sent": N_("Electronic invoice sent"),
        "electronic.issued": N_("Electronic invoice issued"),
        "electronic.refused": N_("Electronic invoice refused"),
        "electronic.unanswered": N_("Platform of invoices did not answer"),
        "electronic.retried": N_("Electronic invoice tried again"),
        "electronic.read": N_("Electronic invoice read"),
        "exchange.sent": N_("Platform told of a paper invoice"),
        "exchange.told": N_("Exchange for paper known to the platform"),
        "exchange.not_told": N_("Exchange for paper not taken by the platform"),
        "platform.changed": N_("Connection to the invoice platform changed"),
    },
    permissions=(
        Permission(
            "invoices.book.view",
            N_("See books of invoices"),
            ("accountant", "administrator", "auditor"),
        ),
        Permission("invoices.book.manage", N_("Register and hand out books of invoices"), ("accountant",)),
        Permission("invoices.paper.print", N_("Print and void invoices from one's own book"), _DESKS),
        Permission(
            "invoices.electronic.view",
            N_("See electronic invoices"),
            (*_DESKS, "accountant", "auditor"),
        ),
        Permission(
            "invoices.electronic.issue", N_("Have electronic invoices issued"), (*_DESKS, "accountant")
        ),
        Permission(
            "invoices.platform.view",
            N_("See the connection to the invoice platform"),
            ("administrator", "auditor"),
        ),
        Permission(
            "invoices.platform.change",
            N_("Change the connection to the invoice platform"),
            ("administrator",),
        ),
    ),
    now=((BillRefunded, subscribers.void_paper),),
    later=((BillSettled, subscribers.owe_electronic), (BillRefunded, subscribers.follow_refund)),
    pursues=(Pursuit(queries.centres_due, conduct.pursue),),
    checks=(queries.check_invoices,),
)
