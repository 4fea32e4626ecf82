"""Pages of the cashier: desk, shift, price list."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app import audit, clock
from app.errors import NotFound
from app.i18n import gettext
from app.money import format_amount
from app.printing import paper_answer
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.read_after import fresh
from modules.charging import documents, queries, services
from modules.charging.models import Bill, ItemKind
from modules.charging.rules.shifts import ShiftReport
from modules.charging.rules.shifts import close_shift as add_up
from modules.charging.rules.tenders import TenderMethod
from modules.patients import queries as patients
from modules.prescriptions import queries as prescriptions

blueprint = Blueprint("charging", __name__, template_folder="templates", url_prefix="/charging")
METHODS = ("cash", "wechat", "alipay", "bank_card")


@blueprint.get("/desk")
@requires("charging.bill.view")
@fresh
def show_desk() -> ResponseReturnValue:
    """Bills that wait, or those that match a search; a scanned number opens its bill at once."""
    typed = request.args.get("q", "").strip()
    if typed and (bill := _find_scanned(typed)):
        return redirect(url_for(".show_bill", bill_id=bill.id), 303)
    return _desk(None)


@blueprint.get("/desk/<int:bill_id>")
@requires("charging.bill.view")
@audit.reading("bill.read")
@fresh
def show_bill(bill_id: int) -> ResponseReturnValue:
    """One bill at the desk."""
    return _desk(bill_id)


@blueprint.post("/desk/<int:bill_id>/settle")
@requires("charging.bill.settle")
def settle_bill(bill_id: int) -> ResponseReturnValue:
    """Take the money, then show the receipt's number and the change."""
    form = Form(services.settle_bill, request.form, bill_id=bill_id)
    receipt = form.perform(by=current_actor())
    if receipt is None:
        return _desk(bill_id, settle_form=form), 422
    text = gettext("Settled: receipt %(number)s", number=receipt.number)
    if receipt.change_amount:
        text += gettext(", change ¥ %(change)s", change=format_amount(receipt.change_amount))
    flash(text, "ok")
    return redirect(url_for(".show_bill", bill_id=bill_id), 303)


@blueprint.post("/desk/<int:bill_id>/charges")
@requires("charging.charge.add")
def add_charge(bill_id: int) -> ResponseReturnValue:
    """Put a service item on the bill."""
    form = Form(services.add_charge, request.form, bill_id=bill_id)
    if form.perform(by=current_actor()) is None:
        return _desk(bill_id, charge_form=form), 422
    return redirect(url_for(".show_bill", bill_id=bill_id), 303)


@blueprint.post("/desk/<int:bill_id>/charges/<int:charge_id>/void")
@requires("charging.charge.void")
def void_charge(bill_id: int, charge_id: int) -> ResponseReturnValue:
    """Take an unpaid service item off the bill."""
    form = Form(services.void_charge, request.form, charge_id=charge_id)
    if form.perform(by=current_actor()) is None:
        return _desk(bill_id, charge_form=form), 422
    return redirect(url_for(".show_bill", bill_id=bill_id), 303)


@blueprint.post("/desk/<int:bill_id>/settlements/<int:settlement_id>/refund")
@requires("charging.settlement.refund")
def refund_lines(bill_id: int, settlement_id: int) -> ResponseReturnValue:
    """Give money back, then show the bill as it stands."""
    form = Form(services.refund_lines, _chosen_lines(request.form), settlement_id=settlement_id)
    mirror = form.perform(by=current_actor())
    if mirror is None:
        return _desk(bill_id, refund_form=form), 422
    flash(gettext("Refunded: reversal %(number)s", number=mirror.number), "ok")
    return redirect(url_for(".show_bill", bill_id=bill_id), 303)


@blueprint.post("/settlements/<int:settlement_id>/receipt-prints")
@requires("charging.receipt.print")
def print_receipt(settlement_id: int) -> ResponseReturnValue:
    """Count the printing, then show the paper."""
    printed = services.print_receipt(settlement_id=settlement_id, by=current_actor())
    return redirect(url_for(".show_receipt", print_id=printed.id), 303)


@blueprint.get("/receipt-prints/<int:print_id>")
@requires("charging.receipt.print")
@audit.reading("receipt.read")
def show_receipt(print_id: int) -> ResponseReturnValue:
    """The receipt as a PDF."""
    audit.seen(queries.settlement_view(queries.get_receipt_print(print_id).settlement_id).bill)
    return paper_answer(documents.receipt_paper(print_id), f"receipt-{print_id}")


@blueprint.get("/shift")
@requires("charging.shift.close")
def show_shift() -> ResponseReturnValue:
    """The cashier's own shift as it stands, and those before it."""
    return _shift_page()


@blueprint.post("/shift/open")
@requires("charging.shift.close")
def open_shift() -> ResponseReturnValue:
    """Begin a shift with its float."""
    form = Form(services.open_shift, request.form)
    if form.perform(by=current_actor()) is None:
        return _shift_page(open_form=form), 422
    return redirect(url_for(".show_shift"), 303)


@blueprint.post("/shift/close")
@requires("charging.shift.close")
def close_shift() -> ResponseReturnValue:
    """Close the shift, then show its sheet."""
    form = Form(services.close_shift, request.form)
    shift = form.perform(by=current_actor())
    if shift is None:
        return _shift_page(close_form=form), 422
    flash(gettext("Shift %(number)s is closed", number=shift.number), "ok")
    return redirect(url_for(".show_shift"), 303)


@blueprint.get("/shifts/<int:shift_id>/sheet")
@requires("charging.shift.close")
def show_shift_sheet(shift_id: int) -> ResponseReturnValue:
    """The sheet of a closed shift as a PDF: one's own, or anybody's with the right."""
    shift, by = queries.get_shift(shift_id), current_actor()
    if shift.cashier_account_id != by.account_id and not by.may("charging.shift.view"):
        raise NotFound
    return paper_answer(documents.shift_paper(shift_id), f"shift-{shift.number}")


@blueprint.get("/shifts")
@requires("charging.shift.view")
def list_shifts() -> ResponseReturnValue:
    """Everybody's shifts."""
    page = queries.list_shifts(before=request.args.get("before", type=int))
    return render_template("charging/shifts.html", page=page, urls=_pages(".list_shifts", page))


@blueprint.get("/prices")
@requires("charging.price.view")
def list_prices() -> ResponseReturnValue:
    """The price list, by code."""
    return _price_page()


@blueprint.get("/prices/<string:item_kind>/<int:item_id>")
@requires("charging.price.view")
def show_price(item_kind: str, item_id: int) -> ResponseReturnValue:
    """One item with its price history."""
    return _price_page((_kind(item_kind), item_id))


@blueprint.post("/prices/<string:item_kind>/<int:item_id>")
@requires("charging.price.change")
def set_price(item_kind: str, item_id: int) -> ResponseReturnValue:
    """Set a price from now or from a later day."""
    chosen = (_kind(item_kind), item_id)
    form = Form(services.set_price, request.form, item_kind=chosen[0], item_id=item_id)
    if form.perform(by=current_actor()) is None:
        return _price_page(chosen, form=form), 422
    flash(gettext("The price is set"), "ok")
    return redirect(url_for(".show_price", item_kind=item_kind, item_id=item_id), 303)


def _find_scanned(number: str) -> Bill | None:
    """The bill of a visit, receipt or prescription number."""
    if bill := queries.find_bill_by_number(number):
        return bill
    prescription = prescriptions.find_by_number(number)
    return queries.find_bill(prescription.visit_id) if prescription else None


def _kind(text: str) -> ItemKind:
    if text not in set(ItemKind):
        raise NotFound
    return ItemKind(text)


def _chosen_lines(typed: "MultiDict[str, str]") -> "MultiDict[str, str]":
    """Lines without a quantity were not chosen."""
    kept = typed.copy()
    for name in list(typed):
        if name.startswith("lines-") and name.endswith("-quantity") and typed[name].strip() in ("", "0"):
            kept.pop(name)
            kept.pop(name.replace("-quantity", "-charge_id"), None)
    return kept


def _desk(bill_id: int | None, **forms: Form) -> str:
    typed, day = request.args.get("q", "").strip(), clock.today()
    if typed:
        found = [row.id for row in patients.search_patients(typed, limit=20)]
        bills = queries.list_bills(patient_ids=found) if found else []
    else:
        bills = queries.list_due_bills(on=day)
    view = queries.bill_view(bill_id) if bill_id is not None else None
    if view is not None:
        audit.seen(view.bill)
    people = {row.bill.patient_id for row in bills} | ({view.bill.patient_id} if view else set())
    facts: dict[str, Any] = {
        "bills": bills,
        "q": typed,
        "view": view,
        "people": patients.patients_by_id(people),
    }
    if view is not None and bill_id is not None:
        facts |= _bill_facts(bill_id, view)
    return render_template("charging/desk.html", methods=_method_options(), **{**facts, **forms})


def _bill_facts(bill_id: int, view: queries.BillView) -> dict[str, Any]:
    receipt = view.refundable[-1] if view.refundable else None
    start = {"tenders-0-method": "cash", "tenders-0-amount": view.due_amount, "quantity": 1}
    return {
        "receipt": receipt,
        "receipt_lines": queries.settled_lines(receipt.id) if receipt else [],
        "settle_form": Form(services.settle_bill, start=start, bill_id=bill_id),
        "charge_form": Form(services.add_charge, start={"quantity": Decimal(1)}, bill_id=bill_id),
        "refund_form": Form(services.refund_lines, settlement_id=receipt.id if receipt else 0),
    }


def _method_options() -> list[tuple[str, str]]:
    return [(method, TenderMethod(method).label) for method in METHODS]


def _shift_page(**forms: Form) -> str:
    by = current_actor()
    shift = queries.find_open_shift(by)
    report: ShiftReport | None = None
    settlements: list[Any] = []
    if shift is not None:
        settlements, entries = queries.shift_entries(shift.id)
        report = add_up(entries)
    before = queries.list_shifts(cashier_account_id=by.account_id, size=12)
    facts = {
        "open_form": Form(services.open_shift, start={"float_amount": Decimal("0.00")}),
        "close_form": Form(services.close_shift),
        **forms,
    }
    return render_template(
        "charging/shift.html",
        shift=shift,
        report=report,
        settlements=settlements,
        before=before.rows,
        **facts,
    )


def _price_page(chosen: tuple[ItemKind, int] | None = None, form: Form | None = None) -> str:
    typed, kind = request.args.get("q", ""), request.args.get("kind", "")
    rows = queries.search_prices(
        typed,
        kind=ItemKind(kind) if kind in set(ItemKind) else None,
        after=request.args.get("after", "")[:30],
        size=40,
    )
    history = queries.price_history(*chosen) if chosen else []
    if chosen and not history:
        raise NotFound
    more = rows[39].item_code if len(rows) > 40 else ""
    return render_template(
        "charging/prices.html",
        rows=rows[:40],
        q=typed,
        kind=kind,
        kinds=ItemKind.options(),
        next_url=url_for(".list_prices", q=typed, kind=kind, after=more) if more else "",
        history=history,
        form=form or Form(services.set_price),
        now=clock.now(),
    )


def _pages(endpoint: str, page: Any) -> dict[str, str]:
    return {
        "previous_url": "" if page.is_first else url_for(endpoint),
        "next_url": url_for(endpoint, before=page.next_before) if page.next_before else "",
    }


def find_charge_items(q: str, by: Any, context: Any) -> list[dict[str, Any]]:
    """Service items with their price in force, for the cashier's typeahead."""
    rows = queries.search_prices(q, kind=ItemKind.SERVICE, size=7)
    return [
        {
            "id": str(row.item_id),
            "code": row.item_code,
            "text": row.item_name,
            "columns": [row.fee_class.label, f"¥ {format_amount(row.amount)}/{row.price_unit}"],
            "blocked": "",
            "mark": "",
            "extra": {},
        }
        for row in rows[:8]
    ]


def visit_amounts(visit: Any = None, fee_codes: Any = (), **_: Any) -> str:
    """What the chosen place costs, or what is due and paid for the visit, at the registration window."""
    if visit is None:
        prices = queries.service_prices(fee_codes)
        due = sum((price.amount_for(Decimal(1)) for price in prices.values()), Decimal("0.00"))
        return render_template("charging/visit_amounts.html", due=due, paid=Decimal(0), bill=None)
    due, paid = queries.amounts_of_visits([visit.id])[visit.id]
    return render_template(
        "charging/visit_amounts.html", due=due, paid=paid, bill=queries.find_bill(visit.id)
    )


def listed_amounts(visit: Any, visits: Any = (), **_: Any) -> str:
    """One visit's amount in a list: what is due, else what was paid. The whole list is asked once a page."""
    known: dict[int, tuple[Decimal, Decimal]] = g.setdefault("charging_listed", {})
    if visit.id not in known:
        known |= queries.amounts_of_visits([visit.id, *(row.id for row in visits)])
    due, paid = known[visit.id]
    return render_template("charging/listed_amounts.html", due=due, paid=paid)


def prescription_amounts(prescription: Any, **_: Any) -> str:
    """What a signed prescription costs, on its sheet and paper."""
    charges = queries.charges_of_prescription(prescription.id)
    total = sum((charge.amount for charge in charges), Decimal("0.00"))
    return render_template("charging/prescription_amounts.html", total=total)


def preview_amounts(found: Any = None, prescription: Any = None, **_: Any) -> str:
    """What the sheet on the doctor's desk would cost; of a signed one, what it costs."""
    if found is None:
        return prescription_amounts(prescription) if prescription is not None else ""
    amounts = _amounts_on_the_desk(found).values()
    return render_template("charging/prescription_amounts.html", total=sum(amounts, Decimal("0.00")))


def preview_line_amount(row: Any, found: Any, **_: Any) -> str:
    """What one line of the sheet on the doctor's desk would cost."""
    amount = _amounts_on_the_desk(found).get(id(row))
    return "" if amount is None else format_amount(amount)


def _amounts_on_the_desk(found: Any) -> dict[int, Decimal]:
    """Amounts by line; prices are asked once for the whole sheet."""
    if (known := g.get("charging_on_the_desk")) is None or known[0] is not found:
        lines = [row for row in found.lines if row.quantity]
        prices = queries.drug_prices(row.drug.id for row in lines)
        known = (
            found,
            {
                id(row): prices[row.drug.id].amount_for(row.quantity.min_units)
                for row in lines
                if row.drug.id in prices
            },
        )
        g.charging_on_the_desk = known
    amounts: dict[int, Decimal] = known[1]
    return amounts
