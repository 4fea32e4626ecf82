"""Cards of a resident."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.patients import services
from modules.patients.views.blueprint import blueprint
from modules.patients.views.files import file_page


@blueprint.post("/<int:patient_id>/cards")
@requires("patients.card.issue")
def issue_card(patient_id: int) -> ResponseReturnValue:
    """Give the resident a card."""
    form = Form(services.issue_card, request.form, patient_id=patient_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_patient", patient_id=patient_id), 303)
    return file_page(patient_id, card_form=form)


@blueprint.post("/<int:patient_id>/cards/<int:card_id>/status")
@requires("patients.card.issue")
def change_card_status(patient_id: int, card_id: int) -> ResponseReturnValue:
    """Report a card lost, free it again or cancel it."""
    form = Form(services.change_card_status, request.form, card_id=card_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_patient", patient_id=patient_id), 303)
    return file_page(patient_id, card_form=form)
