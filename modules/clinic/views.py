"""The doctor's desk (门诊医生站) and the nurse's page of vital signs."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit, clock
from app.errors import DomainError
from app.i18n import gettext
from app.printing import paper_answer
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.main_forms import hidden_of_case
from app.web.paging import links
from app.web.read_after import fresh
from modules.clinic import documents, forms, queries, services
from modules.clinic.models import Encounter, EncounterStatus, TemplateScope
from modules.clinic.rules.main_forms import OF_WOMEN
from modules.clinic.rules.record import PART_LABELS, is_chinese_medicine
from modules.patients import queries as patients
from modules.patients import services as patient_services
from modules.registration import queries as registration_queries
from modules.registration import services as registration
from tenants import queries as tenants

MOST_ON_A_COPY = 1_000  # consultations on one paper
blueprint = Blueprint("clinic", __name__, template_folder="templates", url_prefix="/clinic")


@blueprint.get("/desk")
@requires("clinic.encounter.begin")
def show_desk() -> ResponseReturnValue:
    """The desk without a patient: the queue, and the key that calls."""
    return render_template("clinic/desk.html", visit=None, tab="record")


@blueprint.get("/desk/queue")
@requires("clinic.encounter.begin")
@fresh
def show_queue() -> ResponseReturnValue:
    """The queue of the doctor at the desk; asked again every few seconds."""
    by = current_actor()
    queue = registration_queries.list_queue(
        practitioner_id=by.practitioner_id, department_id=by.department_id
    )
    everybody = [*queue.in_consultation, *queue.called, *queue.waiting, *queue.away, *queue.to_report]
    people = patients.patients_by_id(visit.patient_id for visit in everybody)
    return render_template(
        "clinic/queue.html",
        queue=queue,
        people=people,
        age_text=patients.age_text,
        current=request.args.get("current", type=int),
    )


@blueprint.post("/call-next")
@requires("registration.queue.call")
def call_next() -> ResponseReturnValue:
    """Call who is next and show them."""
    try:
        visit = registration.call_next(by=current_actor())
    except DomainError as refusal:
        flash(refusal.text, "warning")
        return redirect(url_for(".show_desk"), 303)
    return redirect(url_for(".show_visit", visit_id=visit.id), 303)


@blueprint.post("/visits/<int:visit_id>/call-again")
@requires("registration.queue.call")
def call_again(visit_id: int) -> ResponseReturnValue:
    """Call the same patient once more."""
    return _queue_act(registration.recall, visit_id, gettext("Called again."))


@blueprint.post("/visits/<int:visit_id>/pass-over")
@requires("registration.queue.call")
def pass_over(visit_id: int) -> ResponseReturnValue:
    """The called patient did not come."""
    return _queue_act(registration.pass_over, visit_id, gettext("Passed over."), to_desk=True)


def _queue_act(act: Any, visit_id: int, said: str, *, to_desk: bool = False) -> ResponseReturnValue:
    try:
        act(visit_id=visit_id, by=current_actor())
        flash(said, "success")
    except DomainError as refusal:
        flash(refusal.text, "warning")
    return redirect(url_for(".show_desk") if to_desk else url_for(".show_visit", visit_id=visit_id), 303)


@blueprint.post("/visits/<int:visit_id>/begin")
@requires("clinic.encounter.begin")
def begin(visit_id: int) -> ResponseReturnValue:
    """Take the patient."""
    try:
        services.begin_encounter(visit_id=visit_id, by=current_actor())
    except DomainError as refusal:
        flash(refusal.text, "warning")
    return redirect(url_for(".show_visit", visit_id=visit_id), 303)


@blueprint.get("/visits/<int:visit_id>")
@requires("clinic.encounter.view")
@audit.reading("record.read")
def show_visit(visit_id: int) -> ResponseReturnValue:
    """The desk with a patient. Reading a record leaves a row in the trail."""
    return _desk(visit_id)


def _desk(visit_id: int, form: Form | None = None) -> ResponseReturnValue:
    by = current_actor()
    visit = registration_queries.get_visit(visit_id)
    patient, allergies = patients.patient_with_allergies(visit.patient_id)
    encounter = queries.find_encounter(visit_id)
    is_mine = encounter is not None and encounter.practitioner_id == by.practitioner_id
    is_writable = is_mine and encounter is not None and encounter.status is EncounterStatus.OPEN
    audit.seen(encounter or visit)
    if form is None and encounter is not None:
        form = _open_form(encounter)
    age = patients.completed_years(patient.born_on)
    return render_template(
        "clinic/desk.html",
        visit=visit,
        encounter=encounter,
        form=form,
        banner=patients.banner(patient, allergies),
        patient=patient,
        is_mine=is_mine,
        is_writable=is_writable,
        is_tcm=_is_tcm(visit.department_id) if form is not None else False,
        lists=forms.choices(),
        OF_WOMEN=OF_WOMEN,
        asks_pregnancy=patient.sex == "2" and 12 <= age <= 55,
        pressure_is_due=encounter is not None and queries.pressure_is_due(patient.id, patient.born_on),
        templates=queries.list_templates(by.practitioner_id) if is_writable else [],
        TemplateScope=TemplateScope,
    ), 422 if form is not None and form.refusal else 200


def _record_form(use_case: Callable[..., Any], visit_id: int) -> Form:
    def kept() -> dict[str, Any]:
        stored = queries.get_encounter(visit_id).record
        return forms.start_values(stored, [], queries.latest_measurement(visit_id))

    return forms.record_form(use_case, request.form, visit_id, kept=kept)


def _is_tcm(department_id: int) -> bool:
    department = tenants.get_department(department_id)
    return is_chinese_medicine(code=department.code, name=department.name)


def _open_form(encounter: Encounter) -> Form:
    measured = queries.latest_measurement(encounter.visit_id)
    record, diagnoses = encounter.record, encounter.diagnoses
    if chosen := request.args.get("template", type=int):
        template = queries.get_template(chosen, current_actor().practitioner_id)
        record = {
            **record,
            **{name: text for name, text in template.record.items() if text not in ("", None)},
        }
        diagnoses = diagnoses or template.diagnoses
    start = forms.start_values(record, diagnoses, measured)
    return forms.DeskForm.of(services.sign_record, encounter, start)


@blueprint.get("/visits/<int:visit_id>/context")
@requires("clinic.encounter.view")
@audit.reading("history.read")
def show_context(visit_id: int) -> ResponseReturnValue:
    """What is known of the patient, beside the record."""
    visit = registration_queries.get_visit(visit_id)
    audit.seen(visit)
    person = patients.same_person_ids(visit.patient_id)
    history = queries.list_encounters(person)
    return render_template(
        "clinic/context.html", visit=visit, history=[row for row in history.rows if row.visit_id != visit_id]
    )


@blueprint.post("/visits/<int:visit_id>/record")
@requires("clinic.record.write")
def save_record(visit_id: int) -> ResponseReturnValue:
    """Save the draft; answers what the page needs to go on: the new revision, or what is wrong."""
    form = _record_form(services.save_record, visit_id)
    saved = form.perform(by=current_actor())
    page = render_template("clinic/record_state.html", form=form, saved=saved, now=clock.now())
    return page, 200 if saved else 422


@blueprint.post("/visits/<int:visit_id>/sign")
@requires("clinic.record.sign")
def sign_record(visit_id: int) -> ResponseReturnValue:
    """Sign the record, or with a reason its correction."""
    form = _record_form(services.sign_record, visit_id)
    if form.perform(by=current_actor()):
        flash(gettext("The record is signed."), "success")
        return redirect(url_for(".show_visit", visit_id=visit_id), 303)
    return _desk(visit_id, form)


@blueprint.post("/visits/<int:visit_id>/complete")
@requires("clinic.record.sign")
def complete_visit(visit_id: int) -> ResponseReturnValue:
    """Sign and let the patient go; the record may have been signed before."""
    by = current_actor()
    if queries.get_encounter(visit_id).is_signed:
        form = Form(services.finish_encounter, request.form, visit_id=visit_id)
    else:
        form = _record_form(services.complete_visit, visit_id)
    if form.perform(by=by):
        flash(gettext("The visit is finished."), "success")
        return redirect(url_for(".show_desk"), 303)
    return _desk(visit_id, form)


@blueprint.get("/visits/<int:visit_id>/versions/<int:number>")
@requires("clinic.encounter.view")
@audit.reading("record.read")
def show_version(visit_id: int, number: int) -> ResponseReturnValue:
    """One signed version, in the drawer. Number 0 is the newest."""
    versions = queries.list_versions(visit_id)
    signed = next((row for row in versions if number in (0, row.number)), None)
    if signed is None:
        signed = queries.get_version(visit_id, number)
    audit.seen(signed)
    return render_template(
        "clinic/version.html", signed=signed, versions=versions, labels=PART_LABELS, content=signed.content
    )


@blueprint.get("/visits/<int:visit_id>/record.pdf")
@requires("clinic.encounter.view")
def print_record(visit_id: int) -> ResponseReturnValue:
    """The newest signed version on paper."""
    signed = queries.get_version(visit_id, queries.get_encounter(visit_id).signed_number)
    audit.note("record.printed", by=current_actor(), subject=signed)
    return paper_answer(documents.record_paper(signed), f"record-{signed.content['visit']}-{signed.number}")


@blueprint.post("/visits/<int:visit_id>/template")
@requires("clinic.template.save")
def save_template(visit_id: int) -> ResponseReturnValue:
    """Keep what stands on the desk as a template."""
    form = Form(services.save_template, request.form, record=forms.nested(request.form, "record"))
    saved = form.perform(by=current_actor())
    page = render_template("clinic/template_saved.html", form=form, saved=saved)
    return page, 200 if saved else 422


@blueprint.post("/visits/<int:visit_id>/allergies")
@requires("patients.allergy.record")
def record_allergy(visit_id: int) -> ResponseReturnValue:
    """Record an allergy, or that none is known, from the banner of the desk."""
    patient_id = registration_queries.get_visit(visit_id).patient_id
    if request.form.get("none_known"):
        form = Form(patient_services.none_known, request.form, patient_id=patient_id)
    else:
        form = Form(patient_services.record_allergy, request.form, patient_id=patient_id)
    if not form.perform(by=current_actor()):
        flash(" ".join(form.messages), "warning")
    return redirect(url_for(".show_visit", visit_id=visit_id), 303)


@blueprint.get("/vital-signs")
@requires("clinic.vital_signs.record")
def list_vital_signs() -> ResponseReturnValue:
    """Who waits, for the nurse who measures."""
    by = current_actor()
    queue = registration_queries.list_queue(department_id=by.department_id)
    waiting = [*queue.to_report, *queue.waiting, *queue.called]
    people = patients.patients_by_id(visit.patient_id for visit in waiting)
    return render_template(
        "clinic/vital_signs.html", waiting=waiting, people=people, age_text=patients.age_text, visit=None
    )


@blueprint.route("/visits/<int:visit_id>/vital-signs", methods=["GET", "POST"])
@requires("clinic.vital_signs.record")
@audit.reading("vital_signs.read")
def record_vital_signs(visit_id: int) -> ResponseReturnValue:
    """The nurse's form for one patient."""
    visit = registration_queries.get_visit(visit_id)
    if request.method == "GET":
        audit.seen(visit)
    patient = patients.get_patient(visit.patient_id)
    if request.method == "POST":
        hidden = hidden_of_case("clinic.record_vital_signs")
        vitals = forms.nested(request.form, "vitals", hidden=hidden)
        form = Form(services.record_vital_signs, request.form, visit_id=visit_id, vitals=vitals)
        if form.perform(by=current_actor()):
            flash(gettext("Saved."), "success")
            return redirect(url_for(".list_vital_signs"), 303)
    else:
        start = forms.start_values({}, [], queries.latest_measurement(visit_id))
        form = Form(services.record_vital_signs, start=start, visit_id=visit_id)
    page = render_template(
        "clinic/vital_signs.html",
        visit=visit,
        form=form,
        lists=forms.choices(),
        banner=patients.banner(patient),
        waiting=[],
        people={},
    )
    return make_response(page, 422 if form.refusal else 200)


@blueprint.get("/phrases")
@requires("clinic.template.save")
def show_phrases() -> ResponseReturnValue:
    """The doctor's own phrases by part of the record; one of them opens for changing."""
    phrase_id = request.args.get("phrase", type=int)
    start: dict[str, Any] = {}
    if phrase_id is not None:
        phrase = queries.get_phrase(phrase_id, current_actor().practitioner_id)
        start = {"part": phrase.part, "text": phrase.text}
    return _phrases(Form(services.save_phrase, start=start, phrase_id=phrase_id), phrase_id)


@blueprint.post("/phrases")
@requires("clinic.template.save")
def save_phrase() -> ResponseReturnValue:
    """Keep a phrase, or what was changed in one."""
    phrase_id = request.args.get("phrase", type=int)
    form = Form(services.save_phrase, request.form, phrase_id=phrase_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_phrases"), 303)
    return _phrases(form, phrase_id), 422


def _phrases(form: Form, phrase_id: int | None) -> str:
    return render_template(
        "clinic/phrases.html",
        form=form,
        phrase_id=phrase_id,
        phrases=queries.list_phrases(current_actor().practitioner_id),
        parts=[(code, gettext(label)) for code, label in PART_LABELS.items()],
    )


@blueprint.post("/phrases/<int:phrase_id>/end")
@requires("clinic.template.save")
def retire_phrase(phrase_id: int) -> ResponseReturnValue:
    """Take a phrase out of use."""
    return _act_on_list(Form(services.retire_phrase, request.form, phrase_id=phrase_id), ".show_phrases")


@blueprint.get("/phrases/choice")
@requires("clinic.template.save")
def choose_phrase() -> ResponseReturnValue:
    """The phrases as buttons, for the dialog of the desk."""
    phrases = queries.list_phrases(current_actor().practitioner_id)
    return render_template("clinic/phrase_choice.html", phrases=phrases, labels=PART_LABELS)


@blueprint.get("/templates")
@requires("clinic.template.share")
def show_templates() -> ResponseReturnValue:
    """Every record template in use, for who gives one to the whole centre."""
    page = queries.page_of_templates(before=request.args.get("before", type=int))
    names = registration_queries.names_for(row.practitioner_id for row in page.rows)
    return render_template(
        "clinic/templates.html", page=links(page), names=names, TemplateScope=TemplateScope
    )


@blueprint.post("/templates/<int:template_id>/share")
@requires("clinic.template.share")
def share_template(template_id: int) -> ResponseReturnValue:
    """Give a template to the whole centre."""
    form = Form(services.share_template, request.form, template_id=template_id)
    return _act_on_list(form, ".show_templates")


@blueprint.post("/templates/<int:template_id>/end")
@requires("clinic.template.share")
def retire_template(template_id: int) -> ResponseReturnValue:
    """Take a template of the whole centre out of use."""
    form = Form(services.retire_shared_template, request.form, template_id=template_id)
    return _act_on_list(form, ".show_templates")


def _act_on_list(form: Form, endpoint: str) -> ResponseReturnValue:
    form.perform(by=current_actor())
    for message in form.messages:
        flash(message, "error")
    return redirect(url_for(endpoint), 303)


def copy_records(patient_ids: Iterable[int]) -> str:
    """On the copy for a resident: every consultation, with its diagnoses."""
    page = queries.list_encounters(patient_ids, size=MOST_ON_A_COPY)
    return render_template("clinic/copy_records.html", rows=page.rows, is_cut=page.next_before is not None)
