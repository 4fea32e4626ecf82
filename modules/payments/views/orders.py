"""Payment orders: the list, one order with everything that was said about it, and what can be done."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit
from app.errors import DomainError
from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.days import typed_day
from app.web.forms import Form
from app.web.paging import links
from app.web.read_after import fresh
from modules.payments import queries, services
from modules.payments.models import Order
from modules.payments.rules.states import OPEN, Channel, OrderState, Surplus
from modules.payments.services import conduct
from modules.payments.views.pages import blueprint

KINDS = {"success": "o", "paying": "i", "created": "", "failed": "", "closed": "", "disputed": "d"}


@blueprint.get("/orders")
@requires("payments.order.view")
@fresh
def list_orders() -> ResponseReturnValue:
    """Orders of a day, a channel, a state; without a filter all, the newest first."""
    on = request.args.get("on", type=typed_day)
    channel, state = request.args.get("channel", ""), request.args.get("state", "")
    page = queries.list_orders(
        on=on,
        channel=Channel(channel) if channel in set(Channel) else None,
        state=OrderState(state) if state in set(OrderState) else None,
        before=request.args.get("before", type=int),
    )
    return render_template(
        "payments/orders.html",
        page=links(page),
        on=on or "",
        channel=channel,
        state=state,
        channels=Channel.options(),
        states=OrderState.options(),
        kinds=KINDS,
    )


@blueprint.get("/orders/<int:order_id>")
@requires("payments.order.view")
@audit.reading("payment.read")
@fresh
def show_order(order_id: int) -> ResponseReturnValue:
    """One order, its refunds and every word exchanged with the channel."""
    return _page(order_id)


@blueprint.post("/orders/<int:order_id>/ask")
@requires("payments.order.ask")
def ask(order_id: int) -> ResponseReturnValue:
    """Ask the channel how the order stands."""
    order = conduct.ask(order_id, by=current_actor())
    flash(gettext("Payment: %(state)s", state=order.state.label), "ok")
    return redirect(url_for(".show_order", order_id=order_id), 303)


@blueprint.post("/orders/<int:order_id>/close")
@requires("payments.order.ask")
def close(order_id: int) -> ResponseReturnValue:
    """Let nobody pay the order any more."""
    try:
        order = conduct.close(order_id, by=current_actor())
    except DomainError as refusal:
        if refusal.status == 404:
            raise
        return _page(order_id, message=refusal.text), 422
    flash(gettext("Payment: %(state)s", state=order.state.label), "ok")
    return redirect(url_for(".show_order", order_id=order_id), 303)


@blueprint.post("/orders/<int:order_id>/give-back")
@requires("payments.refund.give")
def give_back(order_id: int) -> ResponseReturnValue:
    """Give back money that nobody here waits for."""
    form = Form(services.give_back, request.form, order_id=order_id)
    refund = form.perform(by=current_actor())
    if refund is None:
        return _page(order_id, form), 422
    refund = conduct.carry_refund(refund.id, by=current_actor())
    flash(gettext("Refund: %(state)s", state=refund.state.label), "ok")
    return redirect(url_for(".show_order", order_id=order_id), 303)


def _page(order_id: int, form: Form | None = None, message: str = "") -> str:
    view, by = queries.order_view(order_id), current_actor()
    audit.seen(view.order)
    return render_template(
        "payments/order.html",
        order=view.order,
        refunds=view.refunds,
        exchanges=view.exchanges,
        kind=KINDS[view.order.state.value],
        message=message,
        form=form or Form(services.give_back, order_id=order_id),
        **_may(view.order, by),
    )


def _may(order: Order, by: Any) -> dict[str, bool]:
    is_open = order.state in OPEN and order.merchant_id is not None
    is_unawaited = order.surplus is not Surplus.NONE or order.state is OrderState.DISPUTED
    return {
        "may_ask": is_open and by.may("payments.order.ask"),
        "may_close": order.state in {OrderState.CREATED, OrderState.PAYING} and by.may("payments.order.ask"),
        "may_give_back": is_unawaited and order.refundable_amount > 0 and by.may("payments.refund.give"),
    }
