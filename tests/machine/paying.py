"""What a cashier may do next about money; a refusal is an answer, anything else a fault."""

from decimal import Decimal
from typing import Any

from machine.centre import Centre

from app.db import tenant_unit
from app.use_cases import perform
from modules.charging import queries as bills
from modules.charging import services as charging
from modules.charging.models import CheckoutState, PartState
from modules.charging.services import conduct
from modules.payments import services as payments

D = Decimal
CODES = {"wechat": "13456789012345678", "alipay": "28456789012345678"}


def pay_at_window(centre: Centre, bill_id: int, method: str) -> None:
    """Settle what is due in cash, or with the slip of a terminal of its own."""
    due = centre.view(bill_id).due_amount
    tender = {"method": method, "amount": due, "reference": "" if method == "cash" else "T1"}
    told = {"bill_id": bill_id, "expected_amount": due, "tenders": [tender]}
    perform("charging.settle_bill", told, by=centre.desk["cashier"])


def begin(centre: Centre, bill_id: int, method: str, *, is_insured: bool) -> None:
    """Hold a bill for a settlement in which somebody outside takes part."""
    due, by = centre.view(bill_id).due_amount, centre.desk["cashier"]
    way = {"way": "qr"} if method == "alipay" else {}
    tenders = [] if is_insured else [{"method": method, "amount": due, **way}]
    told = {"bill_id": bill_id, "expected_amount": due, "tenders": tenders, "is_insured": is_insured}
    begun = perform("charging.begin_checkout", told, by=by)
    centre.checkouts.append(begun.id)
    conduct.reckon(begun.id, by=by) if is_insured else conduct.carry(begun.id, _code(method, 5), by=by)


def confirm(centre: Centre, checkout_id: int, method: str, last: int) -> None:
    """Agree to what is shown; the last digit of the payer's code says what happens at the channel."""
    checkout, _ = centre.checkout(checkout_id)
    personal, by = checkout.personal_amount, centre.desk["cashier"]
    tenders = [{"method": method, "amount": personal}] if personal else []

    def agree(msgid: str) -> Any:
        told = {
            "checkout_id": checkout_id,
            "expected_personal": personal,
            "tenders": tenders,
            "insurance_id": checkout.insurance_id,
            "msgid": msgid,
        }
        return perform("charging.confirm_checkout", told, by=by)

    conduct.settle(checkout_id, agree, _code(method, last), insurance_id=checkout.insurance_id, by=by)


def collect(centre: Centre, checkout_id: int) -> None:
    """What is left is paid in cash."""
    checkout, parts = centre.checkout(checkout_id)
    left = checkout.personal_amount - sum(part.amount for part in parts if part.state == PartState.MOVED)
    tenders = [{"method": "cash", "amount": left}] if left else []
    told = {"checkout_id": checkout_id, "expected_personal": left, "tenders": tenders}
    perform("charging.collect_checkout", told, by=centre.desk["cashier"])


def go_on(centre: Centre, checkout_id: int, how: str) -> None:
    """One of the buttons of a settlement on its way."""
    by = centre.desk["cashier"]
    acts = {
        "reckon": lambda: conduct.reckon(checkout_id, by=by),
        "ask": lambda: conduct.ask(checkout_id, by=by),
        "let_go": lambda: conduct.let_go(checkout_id, by=by),
        "give_up": lambda: conduct.give_up(checkout_id, reason="改日再来", by=by),
        "uninsured": lambda: charging.pay_without_insurer(checkout_id=checkout_id, by=by),
        "later": lambda: charging.pay_without_insurer(checkout_id=checkout_id, is_later=True, by=by),
        "refund": lambda: conduct.refund(checkout_id, by=by),
        "refund_anew": lambda: conduct.refund(checkout_id, anew=True, by=by),
        "keep": lambda: charging.give_up_refund(checkout_id=checkout_id, by=by),
        "collect": lambda: collect(centre, checkout_id),
    }
    acts[how]()


def give_back(centre: Centre, bill_id: int, which: int, quantity: int) -> None:
    """Refund some of a paid line, through the insurer where it takes part."""
    view, by = centre.view(bill_id), centre.desk["cashier"]
    charges = [charge for charge in view.charges if charge.refundable_quantity]
    if not view.refundable or not charges:
        return
    charge = charges[which % len(charges)]
    line = {"charge_id": charge.id, "quantity": min(D(quantity), charge.refundable_quantity)}
    receipt = view.refundable[which % len(view.refundable)].id
    told = {"settlement_id": receipt, "lines": [line], "reason": "患者要求"}
    with tenant_unit(centre.tenant_id):
        is_insured = bool(bills.insurance_of(receipt))
    if not is_insured:
        perform("charging.refund_lines", told, by=by)
        conduct.send_refunds(bill_id, by=by)
        return
    begun = perform("charging.begin_refund", told, by=by)
    centre.checkouts.append(begun.id)
    conduct.refund(begun.id, by=by)


def close_shift(centre: Centre, difference: int) -> Any:
    """Count the drawer; a difference has its reason."""
    by = centre.desk["cashier"]
    with tenant_unit(centre.tenant_id):
        shift = bills.find_open_shift(by)
        entries = bills.shift_entries(shift.id)[1] if shift else []
    if shift is None:
        charging.open_shift(float_amount=D(200), by=by)
        return None
    cash = sum((entry.by_tender.get("cash", D(0)) for entry in entries), shift.float_amount)
    counted = max(cash + D(difference), D(0))
    closed = charging.close_shift(counted_cash=counted, difference_reason="找零有误", by=by)
    centre.shifts.append(closed.id)
    return closed


def confirm_shift(centre: Centre, which: int) -> None:
    """The accountant takes the cash in."""
    if centre.shifts:
        shift_id = centre.shifts[which % len(centre.shifts)]
        with tenant_unit(centre.tenant_id):
            shift = bills.get_shift(shift_id)
        cash = max((shift.counted_cash or D(0)) - shift.float_amount, D(0))
        charging.confirm_shift(
            shift_id=shift_id, received_cash=cash, note="实收", by=centre.desk["accountant"]
        )


def prepaid(centre: Centre, patient_id: int, yuan: int) -> None:
    """Money into a resident's account, or out of it."""
    by = centre.desk["cashier"]
    if yuan > 0:
        payments.top_up(patient_id=patient_id, amount=D(yuan), by=by)
    else:
        payments.pay_out(patient_id=patient_id, amount=D(1 - yuan), reason="退预交金", by=by)


def end(centre: Centre, checkout_id: int) -> bool:
    """Carry a settlement on as a patient cashier would when everything works; says whether it has ended."""
    checkout, _ = centre.checkout(checkout_id)
    if not checkout.is_open:
        return True
    by = centre.desk["cashier"]
    if checkout.kind.value == "refund":
        return not conduct.refund(checkout_id, by=by).is_open
    if checkout.state == CheckoutState.SHOWN:
        return not conduct.give_up(checkout_id, reason="下班", by=by).is_open
    if checkout.state == CheckoutState.INSURING:
        return not conduct.ask(checkout_id, by=by).is_open
    conduct.let_go(checkout_id, by=by)
    collect(centre, checkout_id)
    return not centre.checkout(checkout_id)[0].is_open


def _code(method: str, last: int) -> str:
    return f"{CODES[method]}{last}" if method in CODES else ""
