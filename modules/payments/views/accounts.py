"""A resident's prepaid account at the cashier's desk."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit
from app.i18n import gettext
from app.money import format_amount
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import LinkedPage, links
from app.web.read_after import fresh
from modules.patients import queries as patients
from modules.payments import queries, services
from modules.payments.views.pages import blueprint


@blueprint.get("/accounts")
@requires("payments.account.view")
def find_account() -> ResponseReturnValue:
    """Look up the resident whose account is meant; the only one found opens at once."""
    typed = request.args.get("q", "").strip()
    found = patients.search_patients(typed, limit=20) if typed else []
    if len(found) == 1:
        return redirect(url_for(".show_account", patient_id=found[0].id), 303)
    return render_template("payments/accounts.html", q=typed, rows=found)


@blueprint.get("/accounts/<int:patient_id>")
@requires("payments.account.view")
@audit.reading("prepaid.read")
@fresh
def show_account(patient_id: int) -> ResponseReturnValue:
    """The balance and its movements; what was laid in, what is paid out."""
    return _page(patient_id)


@blueprint.post("/accounts/<int:patient_id>/top-up")
@requires("payments.account.top_up")
def top_up(patient_id: int) -> ResponseReturnValue:
    """Take cash into the account."""
    form = Form(services.top_up, request.form, patient_id=patient_id)
    entry = form.perform(by=current_actor())
    if entry is None:
        return _page(patient_id, top_up_form=form), 422
    flash(gettext("The account holds ¥ %(balance)s.", balance=format_amount(entry.balance_after)), "ok")
    return redirect(url_for(".show_account", patient_id=patient_id), 303)


@blueprint.post("/accounts/<int:patient_id>/pay-out")
@requires("payments.account.pay_out")
def pay_out(patient_id: int) -> ResponseReturnValue:
    """Hand cash of the account back."""
    form = Form(services.pay_out, request.form, patient_id=patient_id)
    entry = form.perform(by=current_actor())
    if entry is None:
        return _page(patient_id, pay_out_form=form), 422
    flash(gettext("The account holds ¥ %(balance)s.", balance=format_amount(entry.balance_after)), "ok")
    return redirect(url_for(".show_account", patient_id=patient_id), 303)


def _page(patient_id: int, **forms: Form) -> str:
    patient = patients.get_patient(patient_id)
    audit.seen(patient)
    account = queries.find_account(patient_id)
    before = request.args.get("before", type=int)
    page = links(queries.entries_of(account.id, before=before)) if account else LinkedPage([], "", "")
    by = current_actor()
    facts = {
        "top_up_form": Form(services.top_up, patient_id=patient_id),
        "pay_out_form": Form(
            services.pay_out, start={"amount": account.balance if account else ""}, patient_id=patient_id
        ),
        **forms,
    }
    return render_template(
        "payments/account.html",
        patient=patient,
        account=account,
        page=page,
        may_top_up=by.may("payments.account.top_up"),
        may_pay_out=by.may("payments.account.pay_out") and account is not None and account.balance > 0,
        **facts,
    )
