"""What invoices show on the pages and papers of charging."""

from typing import Any

from flask import render_template

from app.web.access import current_actor
from modules.invoices import queries
from modules.invoices.rules.states import TAGS
from modules.invoices.views.electronic import qr_of


def bill_invoices(view: Any) -> str:
    """The invoices of a bill's receipts, with what may be printed; nothing on a bill without a receipt."""
    if not view.settlements:
        return ""
    by = current_actor()
    return render_template(
        "invoices/bill_invoices.html",
        view=view,
        found=queries.invoices_of_bill(view.bill.id),
        refundable={settlement.id for settlement in view.refundable},
        kinds=TAGS,
        may_print=by.may("invoices.paper.print"),
        may_view=by.may("invoices.electronic.view"),
    )


def receipt_invoice(settlement_id: int) -> str:
    """The electronic invoice at the foot of a receipt, with its QR code."""
    row = queries.electronic_of(settlement_id)
    if row is None or not row.number:
        return ""
    return render_template("invoices/receipt_invoice.html", row=row, qr=qr_of(row.url, 2))


def shift_invoices(shift: Any) -> str:
    """What the numbers of a shift were used for."""
    return _shift("invoices/shift_invoices.html", shift)


def shift_paper_invoices(shift: Any) -> str:
    """The same on the shift's sheet."""
    return _shift("invoices/shift_paper_invoices.html", shift)


def _shift(template: str, shift: Any) -> str:
    found = queries.shift_invoices(shift.cashier_account_id, shift.opened_at, shift.closed_at)
    return render_template(template, found=found, shift=shift)
