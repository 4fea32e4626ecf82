"""Papers of the cashier's window: receipt and shift sheet."""

from datetime import date

from app import clock
from app.actor import Actor
from app.printing import to_pdf
from app.tenancy import tenant_of
from modules.charging import queries
from modules.charging.rules.fee_classes import INVOICE_ORDER, FeeClass
from modules.charging.rules.tenders import TenderMethod
from modules.patients import queries as patients
from tenants.style import letterhead


def receipt_paper(print_id: int) -> bytes:
    """One printing of a receipt, itemised and by fee class; copies are marked (补打)."""
    printed = queries.get_receipt_print(print_id)
    view = queries.settlement_view(printed.settlement_id)
    return to_pdf(
        "charging/receipt_paper.html",
        printed=printed,
        view=view,
        classes=view.classes,
        patient=patients.get_patient(view.bill.patient_id),
        centre=letterhead(view.settlement.tenant_id),
    )


def deposit_paper(deposit_id: int) -> bytes:
    """The receipt of a deposit, taken or given back."""
    deposit = queries.get_deposit(deposit_id)
    return to_pdf(
        "charging/deposit_paper.html",
        deposit=deposit,
        patient=patients.get_patient(deposit.patient_id),
        centre=letterhead(deposit.tenant_id),
    )


def shift_paper(shift_id: int) -> bytes:
    """The sheet of a closed shift."""
    shift = queries.get_shift(shift_id)
    sums = queries.shift_sums(shift_id)
    return to_pdf(
        "charging/shift_paper.html",
        shift=shift,
        tenders=[(TenderMethod(row.code).label, row) for row in sums if row.by == "tender"],
        classes=[
            (FeeClass(row.code).label, row)
            for row in sorted(
                (row for row in sums if row.by == "fee_class"),
                key=lambda row: INVOICE_ORDER.index(FeeClass(row.code)),
            )
        ],
        deposits=next(
            ((row.receipts_amount, row.refunds_amount) for row in sums if row.by == "deposit"), (0, 0)
        ),
        centre=letterhead(shift.tenant_id),
    )


def daily_paper(on: date, by: Actor) -> bytes:
    """The day's report of the centre (日汇总)."""
    return to_pdf(
        "charging/daily_paper.html",
        report=queries.day_report(on),
        by=by,
        printed_at=clock.now(),
        centre=letterhead(tenant_of(by.tenant_id).id),
    )
