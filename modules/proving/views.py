"""The page of proofs."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links
from app.web.read_after import fresh
from modules.proving import queries, services
from modules.proving.queries import FaultState, NightState

blueprint = Blueprint("proving", __name__, template_folder="templates", url_prefix="/proofs")
NIGHT_KINDS = {NightState.WAITING: "i", NightState.HOLDS: "o", NightState.FAILS: "d"}
FAULT_KINDS = {FaultState.OPEN: "d", FaultState.EXPLAINED: "w", FaultState.GONE: "o"}


@blueprint.get("/")
@requires("proving.night.view")
@fresh
def show_proofs() -> ResponseReturnValue:
    """What failed, and the nights of a month."""
    return _page()


@blueprint.get("/nights")
@requires("proving.night.view")
@fresh
def show_nights() -> ResponseReturnValue:
    """The panel of nights alone, asked for again while one is being proven."""
    return render_template(
        "proving/nights.html", nights=queries.proofs().nights, night_kinds=NIGHT_KINDS, is_waiting=_is_waiting
    )


@blueprint.post("/begin")
@requires("proving.night.prove")
def begin_night() -> ResponseReturnValue:
    """Prove the books now."""
    Form(services.begin_night, request.form).perform_or_raise(by=current_actor())
    flash(gettext("The books are being proven"), "ok")
    return redirect(url_for(".show_proofs"), 303)


@blueprint.post("/faults/<int:fault_id>/explain")
@requires("proving.fault.explain")
def explain_fault(fault_id: int) -> ResponseReturnValue:
    """Say why an identity fails."""
    form = Form(services.explain_fault, request.form, fault_id=fault_id)
    if form.perform(by=current_actor()) is None:
        return _page({fault_id: form}), 422
    flash(gettext("The explanation is noted"), "ok")
    return redirect(url_for(".show_proofs"), 303)


def _page(forms: dict[int, Form] | None = None) -> str:
    found = queries.proofs(request.args.get("before", type=int))
    forms = forms or {}
    open_ids = {fault.id for fault in found.live if fault.state is FaultState.OPEN}
    return render_template(
        "proving/proofs.html",
        nights=found.nights,
        live=found.live,
        gone=links(found.gone),
        forms=forms,
        refused=[form for fault_id, form in forms.items() if fault_id not in open_ids],
        new_form=lambda fault_id: Form(services.explain_fault, fault_id=fault_id),
        begin_form=Form(services.begin_night),
        night_kinds=NIGHT_KINDS,
        fault_kinds=FAULT_KINDS,
        label=queries.label_of,
        is_waiting=_is_waiting,
    )


def _is_waiting(nights: Sequence[Any]) -> bool:
    return any(night.ask_at for night in nights)
