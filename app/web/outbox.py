"""The outbox on the screen: what has not reached those who react later, and what people decide about it."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit
from app.actor import Actor
from app.events import subscriptions
from app.i18n import gettext
from app.outbox import payloads, queries, services
from app.outbox.queries import Wanted
from app.records import DeliveryStatus
from app.registry import FIRST_ROWS, Heap, WaitingRow, installed
from app.web.access import current_actor, requires
from app.web.days import typed_day
from app.web.forms import Form
from app.web.paging import links

blueprint = Blueprint("outbox", __name__, url_prefix="/trail")
PLACES = ("centre", "district")
FILTERS = ("where", "status", "event", "error", "first", "last")


@blueprint.get("/outbox")
@requires("accounts.outbox.manage")
def show_outbox() -> ResponseReturnValue:
    """What has not reached those who react later."""
    by, wanted = current_actor(), _wanted(request.args)
    page = queries.page_of_outbox(wanted, by=by, before=request.args.get("before", type=int))
    states = DeliveryStatus.options()
    return render_template(
        "trail/outbox.html",
        page=links(page),
        events=queries.events_of(page.rows, in_control=wanted.in_control),
        names=sorted((kind.__name__, payloads.words_of(kind.__name__)) for kind in subscriptions.later),
        words_of=payloads.words_of,
        part_of=_part_of,
        states=states,
        labels=dict(states),
        wanted=wanted,
        where=_where(wanted.in_control),
        is_district=by.tenant_id is None,
        form=Form(services.send_messages),
        most=queries.MOST_AT_ONCE,
    )


@blueprint.post("/outbox/sending")
@requires("accounts.outbox.manage")
def send_messages() -> ResponseReturnValue:
    """Send again what was ticked, or everything given up that fits the filter."""
    by, wanted = current_actor(), _wanted(request.form)
    chosen = [int(text) for text in request.form.getlist("delivery_ids") if text.isascii() and text.isdigit()]
    if request.form.get("which") == "all":
        chosen = queries.dead_that_fit(wanted, by=by)
    if chosen:
        _send(chosen[: queries.MOST_AT_ONCE], in_control=wanted.in_control, by=by)
    else:
        flash(gettext("No message that was given up was chosen."), "warning")
    kept: dict[str, Any] = {name: request.form[name] for name in FILTERS if request.form.get(name)}
    return redirect(url_for(".show_outbox", **kept), 303)


@blueprint.post("/outbox/<int:delivery_id>/sending")
@requires("accounts.outbox.manage")
def send_again(delivery_id: int) -> ResponseReturnValue:
    """Put one delivery that was given up back into the queue."""
    in_control = _in_control(request.args)
    _send([delivery_id], in_control=in_control, by=current_actor())
    return redirect(url_for(".show_outbox", where=_where(in_control)), 303)


def _send(chosen: list[int], *, in_control: bool, by: Actor) -> None:
    function = services.send_control_messages if in_control else services.send_messages
    Form(function, request.form, delivery_ids=chosen).perform_or_raise(by=by)
    sent = queries.count_underway(chosen, in_control=in_control, by=by)
    text = gettext("%(sent)s of %(count)s messages are on their way again.", sent=sent, count=len(chosen))
    flash(text, "success" if sent == len(chosen) else "warning")


@blueprint.get("/outbox/<int:delivery_id>")
@requires("accounts.outbox.manage")
@audit.reading("delivery.opened")
def show_message(delivery_id: int) -> ResponseReturnValue:
    """One message, field by field, and how it fared."""
    return _message_page(delivery_id, None)


@blueprint.post("/outbox/<int:delivery_id>/correction")
@requires("accounts.outbox.correct")
def correct_message(delivery_id: int) -> ResponseReturnValue:
    """Send a corrected message in the place of this one."""
    in_control = _in_control(request.args)
    function = services.correct_control_message if in_control else services.correct_message
    typed = {
        name.removeprefix(payloads.PREFIX): text.strip()
        for name, text in request.form.items()
        if name.startswith(payloads.PREFIX)
    }
    form = Form(function, request.form, delivery_id=delivery_id, values=typed)
    made = form.perform(by=current_actor())
    if made is None:
        return _message_page(delivery_id, form), 422
    flash(gettext("The corrected message goes out within seconds."), "success")
    return redirect(url_for(".show_message", delivery_id=made.id, where=_where(in_control)), 303)


@blueprint.post("/outbox/<int:delivery_id>/abandonment")
@requires("accounts.outbox.correct")
def abandon_message(delivery_id: int) -> ResponseReturnValue:
    """Decide that it is not needed."""
    in_control = _in_control(request.args)
    function = services.abandon_control_message if in_control else services.abandon_message
    form = Form(function, request.form, delivery_id=delivery_id)
    if form.perform(by=current_actor()) is None:
        return _message_page(delivery_id, None, abandoning=form), 422
    flash(gettext("The message was abandoned; it will never be sent."), "success")
    return redirect(url_for(".show_message", delivery_id=delivery_id, where=_where(in_control)), 303)


def _message_page(delivery_id: int, form: Form | None, *, abandoning: Form | None = None) -> str:
    by, in_control = current_actor(), _in_control(request.args)
    row, said = queries.get_message(delivery_id, in_control=in_control, by=by)
    found, may_see = payloads.leaves(said.name, said.payload), by.may(services.REVEAL)
    if may_see and any(leaf.is_private for leaf in found):
        audit.seen(row)
    is_dead = row.status == DeliveryStatus.DEAD.value
    start = {payloads.PREFIX + leaf.name: leaf.text for leaf in found}
    is_corrected = row.status == DeliveryStatus.CORRECTED.value
    return render_template(
        "trail/message.html",
        row=row,
        said=said,
        title=payloads.words_of(said.name),
        part_of=_part_of,
        leaves=found,
        may_see=may_see,
        may_correct=is_dead and by.may("accounts.outbox.correct"),
        may_send=is_dead,
        is_known=said.name in subscriptions.types,
        form=form or Form(services.correct_message, start=start),
        sending=Form(services.send_messages),
        abandoning=abandoning or Form(services.abandon_message),
        corrected_as=queries.corrected_as(row.id, in_control=in_control, by=by) if is_corrected else None,
        labels=dict(DeliveryStatus.options()),
        where=_where(in_control),
    )


def _part_of(subscriber: str) -> str:
    """The part of the product that reacts."""
    module = installed().modules.get(subscriber.split(".", 1)[0])
    return gettext(module.label) if module else subscriber


def dead_heap(by: Actor) -> Heap:
    """Messages that were given up, the latest first, for the home page."""
    count, found = queries.dead_deliveries(by, size=FIRST_ROWS)
    label = DeliveryStatus.DEAD.label
    url = url_for("outbox.show_outbox", status=DeliveryStatus.DEAD.value)
    return Heap(
        count, [WaitingRow(row.due_at, payloads.words_of(row.event_name), label, url, "d") for row in found]
    )


def _in_control(given: Any) -> bool:
    if current_actor().tenant_id is None:
        return True
    where = given.get("where") or "centre"
    if where not in PLACES:
        abort(404)
    return bool(where == "district")


def _where(in_control: bool) -> str:
    return "district" if in_control else "centre"


def _wanted(given: Any) -> Wanted:
    status = given.get("status", "")
    if status and status not in set(DeliveryStatus):
        abort(404)
    return Wanted(
        in_control=_in_control(given),
        status=status,
        event=given.get("event", "").strip()[:80],
        error=given.get("error", "").strip()[:100],
        first=given.get("first", type=typed_day),
        last=given.get("last", type=typed_day),
    )
