"""The centre's rules of reduction, and what a patient is entitled to."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit, clock
from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links
from app.web.read_after import fresh
from modules.charging import queries, services
from modules.charging.models import BenefitKind
from modules.charging.rules.fee_classes import INVOICE_ORDER
from modules.charging.views.pages import blueprint
from modules.patients import queries as patients


@blueprint.get("/reductions")
@requires("charging.price.view")
@fresh
def list_reduction_rules() -> ResponseReturnValue:
    """The rules, the newest first, and a new one."""
    return _rules_page()


@blueprint.post("/reductions")
@requires("charging.reduction.manage")
def add_reduction_rule() -> ResponseReturnValue:
    """Have the centre reduce charges from a day on."""
    form = Form(services.add_reduction_rule, request.form)
    if form.perform(by=current_actor()) is None:
        return _rules_page(form=form), 422
    flash(gettext("The rule is made"), "ok")
    return redirect(url_for(".list_reduction_rules"), 303)


@blueprint.post("/reductions/<int:reduction_rule_id>/end")
@requires("charging.reduction.manage")
def end_reduction_rule(reduction_rule_id: int) -> ResponseReturnValue:
    """Let a rule end."""
    form = Form(services.end_reduction_rule, request.form, reduction_rule_id=reduction_rule_id)
    if form.perform(by=current_actor()) is None:
        return _rules_page(form=form), 422
    flash(gettext("The rule has ended"), "ok")
    return redirect(url_for(".list_reduction_rules"), 303)


@blueprint.get("/benefits/<int:patient_id>")
@requires("charging.bill.view")
@audit.reading("benefit.read")
@fresh
def show_benefits(patient_id: int) -> ResponseReturnValue:
    """What a patient is entitled to."""
    return _benefits_page(patient_id)


@blueprint.post("/benefits/<int:patient_id>")
@requires("charging.benefit.enter")
def enter_benefit(patient_id: int) -> ResponseReturnValue:
    """Note what a patient is entitled to, and by which paper."""
    form = Form(services.enter_benefit, request.form, patient_id=patient_id)
    if form.perform(by=current_actor()) is None:
        return _benefits_page(patient_id, form=form), 422
    flash(gettext("The entitlement is noted"), "ok")
    return redirect(url_for(".show_benefits", patient_id=patient_id), 303)


@blueprint.post("/benefits/<int:patient_id>/<int:benefit_id>/end")
@requires("charging.benefit.enter")
def end_benefit(patient_id: int, benefit_id: int) -> ResponseReturnValue:
    """Let an entitlement end."""
    form = Form(services.end_benefit, request.form, patient_id=patient_id, benefit_id=benefit_id)
    if form.perform(by=current_actor()) is None:
        return _benefits_page(patient_id, form=form), 422
    flash(gettext("The entitlement has ended"), "ok")
    return redirect(url_for(".show_benefits", patient_id=patient_id), 303)


def _rules_page(form: Form | None = None) -> str:
    today = clock.today()
    start = {"valid_from": today, "place": 100}
    return render_template(
        "charging/reductions.html",
        page=links(queries.list_reduction_rules(before=request.args.get("before", type=int))),
        form=form or Form(services.add_reduction_rule, start=start),
        kinds=BenefitKind.options(),
        classes=INVOICE_ORDER,
        names={fee_class.value: fee_class.label for fee_class in INVOICE_ORDER},
        day=today,
    )


def _benefits_page(patient_id: int, form: Form | None = None) -> str:
    patient = patients.get_patient(patient_id)
    audit.seen(patient)
    return render_template(
        "charging/benefits.html",
        patient=patient,
        rows=queries.benefits_of(patient_id),
        form=form or Form(services.enter_benefit, start={"valid_from": clock.today()}, patient_id=patient_id),
        kinds=BenefitKind.options(),
        day=clock.today(),
    )
