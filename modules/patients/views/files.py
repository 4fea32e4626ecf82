"""Finding, opening, reading and correcting residents' files."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit, dictionaries
from app.errors import Conflict
from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links
from modules.patients import queries, services
from modules.patients.models import AllergyCertainty, AllergyKind, CardKind, CostType
from modules.patients.rules.masking import FIELDS, REVEAL
from modules.patients.rules.resident_form import NOT_IN_CORRECTIONS
from modules.patients.views.blueprint import blueprint

ALLERGY = {"kind": AllergyKind.DRUG.value, "certainty": AllergyCertainty.CONFIRMED.value}


@blueprint.get("/")
@requires("patients.patient.view")
def list_patients() -> ResponseReturnValue:
    """The residents of the centre: what was typed, or the newest files."""
    typed = request.args.get("q", "").strip()[:60]
    page = queries.page_of_patients(typed, before=request.args.get("before", type=int))
    return render_template("patients/list.html", page=links(page), q=typed, age_text=queries.age_text)


@blueprint.route("/new", methods=["GET", "POST"])
@requires("patients.patient.create")
def create_patient() -> ResponseReturnValue:
    """Open a file."""
    start = {"cost_type": CostType.SELF.value, "name": request.args.get("name", "")[:50]}
    form = Form(services.create_patient, request.form if request.method == "POST" else None, start=start)
    if request.method == "POST" and (patient := form.perform(by=current_actor())):
        return redirect(url_for(".show_patient", patient_id=patient.id), 303)
    status = 422 if request.method == "POST" else 200
    return render_template("patients/new.html", form=form, alike=[], lists=services.form_choices()), status


@blueprint.post("/resembling")
@requires("patients.patient.create")
def show_resembling() -> ResponseReturnValue:
    """While a new file is typed: files that may be the same person."""
    alike = services.find_resembling(
        name=request.form.get("name", ""),
        sex=request.form.get("sex", ""),
        born_on=request.form.get("born_on", ""),
        document_number=request.form.get("document_number", ""),
        phone=request.form.get("phone", ""),
    )
    return render_template("patients/resembling.html", alike=alike, age_text=queries.age_text)


@blueprint.get("/<int:patient_id>")
@requires("patients.patient.view")
@audit.reading("patient.read")
def show_patient(patient_id: int) -> ResponseReturnValue:
    """A resident's file. Reading it leaves a row in the trail."""
    audit.seen(queries.get_patient(patient_id))
    return file_page(patient_id)


@blueprint.post("/<int:patient_id>/identity")
@requires(REVEAL)
def reveal_identity(patient_id: int) -> ResponseReturnValue:
    """The file with document number, phones and address in full: an act of its own."""
    patient = queries.get_patient(patient_id)
    reason = request.form.get("reason", "").strip()[:200]
    audit.note("identity.revealed", by=current_actor(), subject=patient, reason=reason)
    return file_page(patient_id, is_revealed=True)


def file_page(
    patient_id: int,
    *,
    is_revealed: bool = False,
    allergy_form: Form | None = None,
    card_form: Form | None = None,
    merge_form: Form | None = None,
) -> ResponseReturnValue:
    """The page of a file; a form that was refused comes along with what was typed."""
    patient = queries.get_patient(patient_id)
    allergies = queries.list_allergies(patient_id)
    forms = (allergy_form, card_form, merge_form)
    status = 422 if any(form is not None and form.messages for form in forms) else 200
    page = render_template(
        "patients/file.html",
        patient=patient,
        is_revealed=is_revealed,
        reveal=REVEAL,
        banner=queries.banner(patient, allergies),
        allergies=allergies,
        cards=queries.list_cards(patient_id),
        merges=queries.merges_of(patient_id),
        files=queries.patients_by_id(queries.same_person_ids(patient_id)),
        ethnicity=_ethnicity(patient.ethnicity),
        allergy_form=allergy_form
        or Form(services.record_allergy, start={"kind": "drug", "certainty": "confirmed"}),
        card_form=card_form or Form(services.issue_card, start={"kind": CardKind.CLINIC.value}),
        merge_form=merge_form or Form(services.propose_merge),
        allergy_kinds=AllergyKind.options(),
        certainties=AllergyCertainty.options(),
        card_kinds=CardKind.options(),
    )
    return page, status


def _ethnicity(code: str) -> str:
    if not code:
        return ""
    found = dictionaries.entries("ethnicity", [code]).get(code)
    return found.name if found else code


@blueprint.route("/<int:patient_id>/edit", methods=["GET", "POST"])
@requires("patients.patient.change")
@audit.reading("patient.read")
def change_patient(patient_id: int) -> ResponseReturnValue:
    """Correct a file."""
    patient = queries.get_patient(patient_id)
    if request.method == "GET":
        audit.seen(patient)
    start = {
        name: patient.shown(name) if name in FIELDS else getattr(patient, name)
        for name in services.CHANGEABLE
    }
    form = Form(
        services.change_patient,
        request.form if request.method == "POST" else None,
        start=start,
        patient_id=patient_id,
    )
    if request.method == "POST" and form.perform(by=current_actor()):
        return redirect(url_for(".show_patient", patient_id=patient_id), 303)
    status = 422 if request.method == "POST" else 200
    page = render_template(
        "patients/edit.html",
        form=form,
        patient=patient,
        banner=queries.banner(patient),
        lists=services.form_choices(),
        without=NOT_IN_CORRECTIONS,
    )
    return page, status


@blueprint.post("/<int:patient_id>/watch")
@requires("patients.patient.watch")
def watch_patient(patient_id: int) -> ResponseReturnValue:
    """Put the file under watch, or end that."""
    form = Form(services.watch_patient, request.form, patient_id=patient_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_patient", patient_id=patient_id), 303)
    return file_page(patient_id, merge_form=form)


@blueprint.post("/<int:patient_id>/allergies")
@requires("patients.allergy.record")
def record_allergy(patient_id: int) -> ResponseReturnValue:
    """Record an allergy on the file."""
    form = Form(services.record_allergy, request.form, patient_id=patient_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_patient", patient_id=patient_id), 303)
    return file_page(patient_id, allergy_form=form)


@blueprint.post("/<int:patient_id>/no-known-allergies")
@requires("patients.allergy.record")
def note_no_known_allergies(patient_id: int) -> ResponseReturnValue:
    """The patient was asked and knows of none."""
    form = Form(services.none_known, request.form, patient_id=patient_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_patient", patient_id=patient_id), 303)
    form.messages = form.messages or [gettext(Conflict.message)]
    return file_page(patient_id, allergy_form=form)


@blueprint.post("/<int:patient_id>/allergies/<int:allergy_id>/withdraw")
@requires("patients.allergy.record")
def withdraw_allergy(patient_id: int, allergy_id: int) -> ResponseReturnValue:
    """Take back an allergy that was recorded wrongly."""
    form = Form(services.withdraw_allergy, request.form, allergy_id=allergy_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_patient", patient_id=patient_id), 303)
    return file_page(patient_id, allergy_form=form)
