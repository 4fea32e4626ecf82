"""The insurer at the cashier's desk: who is insured, the split before money moves, and refunds it takes part in."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.actor import Actor
from app.errors import DomainError
from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.charging import queries, services
from modules.charging.models import Checkout
from modules.charging.services import conduct
from modules.charging.views.checkouts import after, with_scanned_code
from modules.charging.views.pages import blueprint
from modules.insurance.services import conduct as insurer
from modules.patients import queries as patients

_E_VOUCHER, _ID_CARD = "01", "02"


@blueprint.post("/desk/<int:bill_id>/insured-person")
@requires("charging.bill.settle")
def read_person(bill_id: int) -> ResponseReturnValue:
    """Ask the insurer about the patient: by the e-voucher that was scanned, or by the identity number of the file."""
    bill, by = queries.get_bill(bill_id), current_actor()
    patient = patients.get_patient(bill.patient_id)
    typed = request.form.get("card_no", "").strip()
    number = typed or patient.document_number or ""
    kind = _E_VOUCHER if typed and typed != patient.document_number else _ID_CARD
    try:
        if not number:
            flash(gettext("Scan the e-voucher: the file holds no identity number."), "warning")
        else:
            person = insurer.read_person(
                patient_id=patient.id, card_type=kind, card_no=number, name=patient.name, by=by
            )
            flash(gettext("Insured: type %(kind)s", kind=person.insutype), "ok")
    except DomainError as refusal:
        flash(refusal.text, "warning")
    return redirect(url_for(".show_bill", bill_id=bill_id), 303)


@blueprint.post("/desk/<int:bill_id>/split")
@requires("charging.bill.settle")
def show_split(bill_id: int) -> ResponseReturnValue:
    """Hold the bill and have the insurer say who would pay what; nothing moves yet."""
    form = Form(services.begin_checkout, request.form, bill_id=bill_id, is_insured=True)
    begun = form.perform(by=current_actor())
    if begun is None:
        flash(" ".join(form.messages), "warning")
        return redirect(url_for(".show_bill", bill_id=bill_id), 303)
    return after(begun.id, lambda by: conduct.reckon(begun.id, by=by))


@blueprint.post("/checkouts/<int:checkout_id>/split")
@requires("charging.bill.settle")
def show_split_again(checkout_id: int) -> ResponseReturnValue:
    """Ask the insurer for the split once more."""
    return after(checkout_id, lambda by: conduct.reckon(checkout_id, by=by))


@blueprint.post("/checkouts/<int:checkout_id>/without-insurer")
@requires("charging.bill.settle")
def pay_without_insurer(checkout_id: int) -> ResponseReturnValue:
    """The patient pays all of it."""
    form = Form(services.pay_without_insurer, request.form, checkout_id=checkout_id)

    def leave_out(by: Actor) -> Checkout:
        checkout: Checkout = form.perform_or_raise(by=by)
        conduct.send_refunds(checkout.bill_id, by=by)
        return checkout

    return after(checkout_id, leave_out)


@blueprint.post("/checkouts/<int:checkout_id>/confirm")
@requires("charging.bill.settle")
def confirm_checkout(checkout_id: int) -> ResponseReturnValue:
    """The patient agrees to the split: the insurer settles, then the patient's part is paid."""
    typed = with_scanned_code(request.form)
    insurance_id = request.form.get("insurance_id", type=int)

    def confirm(msgid: str) -> Checkout:
        form = Form(services.confirm_checkout, typed, checkout_id=checkout_id, msgid=msgid)
        confirmed: Checkout = form.perform_or_raise(by=current_actor())
        return confirmed

    return after(
        checkout_id,
        lambda by: conduct.settle(
            checkout_id, confirm, typed.get("payer_code", ""), insurance_id=insurance_id, by=by
        ),
    )


@blueprint.post("/checkouts/<int:checkout_id>/give-up-refund")
@requires("charging.settlement.refund")
def give_up_refund(checkout_id: int) -> ResponseReturnValue:
    """Leave the settlement as it is."""
    form = Form(services.give_up_refund, request.form, checkout_id=checkout_id)

    def give_up(by: Actor) -> Checkout:
        checkout: Checkout = form.perform_or_raise(by=by)
        return checkout

    return after(checkout_id, give_up)
