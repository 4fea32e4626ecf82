"""A settlement on its way, at the cashier's desk: what has moved, what is waited for, and what may be done about it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import segno
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.actor import Actor
from app.errors import DomainError
from app.i18n import gettext
from app.money import format_amount
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.read_after import fresh
from modules.charging import queries, services
from modules.charging.models import Checkout, CheckoutState, PartState
from modules.charging.rules.payer_codes import method_of_code
from modules.charging.services import conduct
from modules.charging.views.pages import blueprint
from modules.insurance import queries as insurance
from modules.payments import queries as payments


@blueprint.get("/checkouts/<int:checkout_id>")
@requires("charging.bill.settle")
@fresh
def show_checkout(checkout_id: int) -> ResponseReturnValue:
    """The panel as it stands now; the page itself is drawn anew as soon as nothing is waited for."""
    checkout = queries.get_checkout(checkout_id)
    facts = checkout_facts(checkout)
    if not checkout.is_open or not (facts["waiting"] or checkout.state == CheckoutState.INSURING):
        return "", 200, {"HX-Refresh": "true"}
    return render_template("charging/checkout_parts.html", checkout=checkout, **facts)


@blueprint.post("/checkouts/<int:checkout_id>/pay")
@requires("charging.bill.settle")
def pay_checkout(checkout_id: int) -> ResponseReturnValue:
    """The payer's code goes to the channel."""
    return after(
        checkout_id, lambda by: conduct.carry(checkout_id, request.form.get("payer_code", "").strip(), by=by)
    )


@blueprint.post("/checkouts/<int:checkout_id>/ask")
@requires("charging.bill.settle")
def ask_checkout(checkout_id: int) -> ResponseReturnValue:
    """Ask the channels once more."""
    return after(checkout_id, lambda by: conduct.ask(checkout_id, by=by))


@blueprint.post("/checkouts/<int:checkout_id>/let-go")
@requires("charging.bill.settle")
def let_go_checkout(checkout_id: int) -> ResponseReturnValue:
    """Close what waits, to take another way."""
    return after(checkout_id, lambda by: conduct.let_go(checkout_id, by=by))


@blueprint.post("/checkouts/<int:checkout_id>/collect")
@requires("charging.bill.settle")
def collect_checkout(checkout_id: int) -> ResponseReturnValue:
    """Another way for what is left to pay."""
    typed = with_scanned_code(request.form)
    form = Form(services.collect_checkout, typed, checkout_id=checkout_id)

    def collect(by: Actor) -> Checkout:
        form.perform_or_raise(by=by)
        return conduct.carry(checkout_id, typed.get("payer_code", ""), by=by)

    return after(checkout_id, collect)


@blueprint.post("/checkouts/<int:checkout_id>/give-up")
@requires("charging.bill.settle")
def give_up_checkout(checkout_id: int) -> ResponseReturnValue:
    """Let the lines go; what was paid goes back, and the insurer takes its settlement back first."""
    return after(checkout_id, lambda by: conduct.give_up(checkout_id, by=by))


def checkout_facts(checkout: Checkout) -> dict[str, Any]:
    """What the panel shows of a settlement on its way."""
    parts = queries.parts_of(checkout.id)
    orders = payments.orders_by_id(part.order_id for part in parts if part.order_id)
    moved = sum((part.amount for part in parts if part.state == PartState.MOVED), Decimal("0.00"))
    waiting = [part for part in parts if part.state == PartState.WAITING and part.order_id]
    left = checkout.personal_amount - moved
    return {
        "parts": parts,
        "orders": orders,
        "waiting": waiting,
        "codes": {
            part.id: _picture(orders[part.order_id or 0].qr)
            for part in waiting
            if orders[part.order_id or 0].qr
        },
        "left": left,
        "collect_form": Form(
            services.collect_checkout,
            start={"tenders-0-method": "cash", "tenders-0-amount": left},
            checkout_id=checkout.id,
        ),
        "split": insurance.get_settlement(checkout.insurance_id) if checkout.insurance_id else None,
        "is_at_insurer": checkout.state == CheckoutState.INSURING,
    }


def with_scanned_code(typed: "MultiDict[str, str]") -> "MultiDict[str, str]":
    """A payer's code says by itself through which channel all that is due is paid."""
    code = typed.get("payer_code", "").strip()
    method = method_of_code(code)
    if method is None:
        return typed
    due = typed.get("expected_amount", typed.get("expected_personal", ""))
    kept = MultiDict((name, value) for name, value in typed.items() if not name.startswith("tenders-"))
    kept.update({"tenders-0-method": method.value, "tenders-0-amount": due, "payer_code": code})
    return kept


def _picture(text: str) -> str:
    """A code for the payer to scan, as SVG."""
    picture: str = segno.make(text, micro=False, error="m").svg_inline(
        scale=4, border=2, dark="#000", light="#fff"
    )
    return picture


def after(checkout_id: int, act: Callable[[Actor], Checkout]) -> ResponseReturnValue:
    """Do one thing about a settlement on its way, say what has become of it, and show its bill."""
    by = current_actor()
    try:
        checkout = act(by)
    except DomainError as refusal:
        flash(refusal.text, "warning")
        checkout = queries.get_checkout(checkout_id)
    _say(checkout)
    return redirect(url_for(".show_bill", bill_id=checkout.bill_id), 303)


def _say(checkout: Checkout) -> None:
    """Tell the cashier what has become of a settlement."""
    if checkout.state == CheckoutState.SETTLED and checkout.mirror_id:
        number = queries.get_settlement(checkout.mirror_id).number
        flash(gettext("Refunded: reversal %(number)s", number=number), "ok")
    elif checkout.state == CheckoutState.SETTLED and checkout.settlement_id:
        settlement = queries.get_settlement(checkout.settlement_id)
        text = gettext("Settled: receipt %(number)s", number=settlement.number)
        if settlement.change_amount:
            text += gettext(", change ¥ %(change)s", change=format_amount(settlement.change_amount))
        flash(text, "ok")
    elif checkout.state == CheckoutState.CLOSED:
        flash(gettext("The settlement was given up; nothing is kept."), "warning")
