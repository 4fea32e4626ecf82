"""The cashier's desk: a bill, its payment, its refund, its receipt."""

from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app import audit, clock
from app.i18n import gettext
from app.money import format_amount, format_quantity
from app.printing import paper_answer
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.read_after import fresh
from modules.charging import documents, queries, services
from modules.charging.models import Bill, Charge, Settlement, SettlementLine
from modules.charging.rules.tenders import CHANNELS, TenderMethod, round_cash
from modules.charging.services import conduct
from modules.charging.views.checkouts import after, checkout_facts, with_scanned_code
from modules.charging.views.pages import blueprint
from modules.insurance import queries as insurance
from modules.patients import queries as patients
from modules.prescriptions import queries as prescriptions

METHODS = ("cash", "wechat", "alipay", "bank_card", "digital_yuan", "prepaid")


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
    """Take the money, then show the receipt's number and the change; a channel is asked where one takes part."""
    by, typed = current_actor(), with_scanned_code(request.form)
    if services.live_channels(_methods(typed)):
        begun = Form(services.begin_checkout, typed, bill_id=bill_id)
        checkout = begun.perform(by=by)
        if checkout is None:
            return _desk(bill_id, settle_form=begun), 422
        return after(checkout.id, lambda by: conduct.carry(checkout.id, typed.get("payer_code", ""), by=by))
    form = Form(services.settle_bill, typed, bill_id=bill_id)
    receipt = form.perform(by=by)
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


@blueprint.post("/desk/<int:bill_id>/waivers")
@requires("charging.charge.waive")
def waive_charge(bill_id: int) -> ResponseReturnValue:
    """Let a sum off an unpaid line."""
    form = Form(services.waive_charge, request.form)
    if form.perform(by=current_actor()) is None:
        return _desk(bill_id, waive_form=form), 422
    flash(gettext("The line is reduced"), "ok")
    return redirect(url_for(".show_bill", bill_id=bill_id), 303)


@blueprint.post("/desk/<int:bill_id>/settlements/<int:settlement_id>/refund")
@requires("charging.settlement.refund")
def refund_lines(bill_id: int, settlement_id: int) -> ResponseReturnValue:
    """Give money back, then show the bill as it stands."""
    typed = chosen_lines(request.form)
    if queries.insurance_of(settlement_id):
        begun = Form(services.begin_refund, typed, settlement_id=settlement_id)
        checkout = begun.perform(by=current_actor())
        if checkout is None:
            return _desk(bill_id, refund_form=begun), 422
        return after(checkout.id, lambda by: conduct.refund(checkout.id, by=by))
    form = Form(services.refund_lines, typed, settlement_id=settlement_id)
    mirror = form.perform(by=current_actor())
    if mirror is None:
        return _desk(bill_id, refund_form=form), 422
    conduct.send_refunds(bill_id, by=current_actor())
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


def _find_scanned(number: str) -> Bill | None:
    """The bill of a visit, receipt or prescription number."""
    if bill := queries.find_bill_by_number(number):
        return bill
    prescription = prescriptions.find_by_number(number)
    return queries.find_bill(prescription.visit_id) if prescription else None


def _methods(typed: "MultiDict[str, str]") -> list[TenderMethod]:
    named = {
        typed.get(f"tenders-{place}-method") for place in range(4) if typed.get(f"tenders-{place}-amount")
    }
    return [method for method in TenderMethod if method.value in named]


def chosen_lines(typed: "MultiDict[str, str]") -> "MultiDict[str, str]":
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
        found = [row.id for row in patients.search_patients(typed, limit=20, marks_only=True)]
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
    receipt = _receipt_to_refund(view)
    lines = queries.settled_lines(receipt.id) if receipt else []
    checkout = queries.find_open_checkout(bill_id)
    live = services.live_channels(CHANNELS) if view.unpaid or checkout else []
    cash = {TenderMethod.CASH: view.due_amount}
    if services.rounds_cash(current_actor()):
        cash = round_cash(cash)
    start = {
        "tenders-0-method": "cash",
        "tenders-0-amount": cash.get(TenderMethod.CASH, Decimal("0.00")),
        "quantity": 1,
    }
    on_its_way = checkout_facts(checkout) if checkout else {}
    connected, person = insurance.standing_of(view.bill.patient_id) if view.unpaid else (False, None)
    return on_its_way | {
        "receipt": receipt,
        "checkout": checkout,
        "is_connected": connected,
        "insured": person,
        "live": live,
        "receipt_lines": lines,
        "settle_form": Form(services.settle_bill, start=start, bill_id=bill_id),
        "waive_form": Form(services.waive_charge),
        "charge_form": Form(services.add_charge, start={"quantity": Decimal(1)}, bill_id=bill_id),
        "refund_form": _refund_form(receipt, lines),
        "opens_refund": "returned" in request.args
        and any(charge.returned_quantity or charge.asked_quantity for _, charge in lines),
    }


def _receipt_to_refund(view: queries.BillView) -> Settlement | None:
    """The latest receipt; where drugs came back or are asked back, the one that was paid for them."""
    if not view.refundable:
        return None
    if any(charge.returned_quantity or charge.asked_quantity for charge in view.charges):
        wanted = queries.receipt_with_returns(receipt.id for receipt in view.refundable)
        return next((receipt for receipt in view.refundable if receipt.id == wanted), view.refundable[-1])
    return view.refundable[-1]


def _refund_form(receipt: Settlement | None, lines: list[tuple[SettlementLine, Charge]]) -> Form:
    """Filled with what a doctor asked back and was confirmed, and what came back; else with all that may go back."""
    asked = [charge.id for _, charge in lines if charge.asked_quantity]
    found = queries.open_lines(asked) if asked else {}
    owed = [
        (found[charge.id][0].confirmed_quantity or Decimal(0))
        if charge.id in found
        else queries.owed_for_return(charge)
        for _, charge in lines
    ]
    free = [Decimal(0) if charge.id in found else charge.refundable_quantity for _, charge in lines]
    amounts = owed if any(owed) else free
    start: dict[str, Any] = {
        f"lines-{place}-quantity": format_quantity(amount) if amount else ""
        for place, amount in enumerate(amounts)
    }
    if found:
        start["reason"] = next(iter(found.values()))[1].reason
    elif any(owed):
        start["reason"] = gettext("The pharmacy has taken the drugs back")
    return Form(services.refund_lines, start=start, settlement_id=receipt.id if receipt else 0)


def _method_options() -> list[tuple[str, str]]:
    return [(method, TenderMethod(method).label) for method in METHODS]
