"""Prescriptions on the doctor's desk, and the paper."""

from typing import Any

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app import audit
from app.i18n import gettext
from app.printing import paper_answer
from app.registry import fill_place, installed
from app.web.access import current_actor, current_tenant, requires
from app.web.forms import Form
from modules.catalogue import queries as catalogue
from modules.clinic import queries as clinic
from modules.clinic.queries import Encounter, Treating
from modules.patients import queries as patients
from modules.prescriptions import documents, errors, forms, queries, services
from modules.prescriptions.models import DecoctionWay, DrinkTime, Kind, Prescription, Status
from modules.prescriptions.queries.wording import LEVEL_KINDS, LEVEL_WORDS, finding_text
from modules.prescriptions.rules.lines import FOOTNOTES
from tenants.queries import get_practitioner

blueprint = Blueprint("prescriptions", __name__, template_folder="templates", url_prefix="/prescriptions")
_OPEN_KINDS = {"western": Kind.WESTERN, "herbal": Kind.HERBAL}


def orders_place(*, visit: Any, encounter: Encounter, is_writable: bool, **_: Any) -> Markup:
    """The prescriptions of the visit, for the doctor's desk."""
    return Markup(_orders(encounter, is_writable=is_writable))  # noqa: S704  a rendered template


def context_place(*, visit: Any, encounter: Encounter, is_writable: bool, **_: Any) -> Markup:
    """The safety checks, beside the record."""
    page = render_template("prescriptions/context.html", visit=visit, is_writable=is_writable)
    return Markup(page)  # noqa: S704  a rendered template


def history_place(*, visit: Any, **_: Any) -> Markup:
    """Earlier prescriptions of the patient, to be copied."""
    person = patients.same_person_ids(visit.patient_id)
    rows = queries.list_of_patient(person).rows
    page = render_template(
        "prescriptions/history.html", visit=visit, rows=[row for row in rows if row.visit_id != visit.id]
    )
    return Markup(page)  # noqa: S704  a rendered template


def _orders(
    encounter: Encounter,
    *,
    is_writable: bool = True,
    kind: Kind = Kind.WESTERN,
    form: Form | None = None,
    lines: list[dict[str, str]] | None = None,
    draft: Prescription | None = None,
) -> str:
    by = current_actor()
    sheets = queries.list_of_visit(encounter.visit_id)
    usage = queries.usage()
    often = queries.favourites(by.practitioner_id) if is_writable else {}
    return render_template(
        "prescriptions/orders.html",
        encounter=encounter,
        sheets=sheets,
        items=queries.items_by_prescription([row for row in sheets if row.revision]),
        is_writable=is_writable,
        may_sign=by.may("prescriptions.prescription.sign"),
        kind=kind,
        form=form or Form(services.sign_prescription, visit_id=encounter.visit_id),
        lines=lines or [],
        draft=draft,
        routes=[(code, row.name) for (group, code), row in usage.items() if group == "route"],
        frequencies=[(code, code) for (group, code), row in usage.items() if group == "frequency"],
        frequency_names={code: row.name for (group, code), row in usage.items() if group == "frequency"},
        favourites=[found.last for found in often.values()][:8],
        drug_lookup=_drug_lookup(),
        DecoctionWay=DecoctionWay,
        DrinkTime=DrinkTime,
        FOOTNOTES=FOOTNOTES,
        Kind=Kind,
        Status=Status,
    )


def _drug_lookup() -> str:
    """Where the drugs come from: the pharmacy's lookup with stock and price, if the centre has one."""
    found = installed().lookups.get("prescribable-drugs")
    is_on = found is not None and found[0] in current_tenant().modules
    return url_for("lookups.look_up", kind="prescribable-drugs" if is_on else "drugs")


@blueprint.get("/visits/<int:visit_id>/sheet")
@requires("prescriptions.prescription.sign")
@audit.reading("prescription.read")
def open_sheet(visit_id: int) -> ResponseReturnValue:
    """The desk's panel with a draft, or with the lines of an earlier prescription (F7)."""
    encounter = clinic.get_encounter(visit_id)
    audit.seen(encounter)
    draft, lines, kind = None, [], Kind.WESTERN
    if draft_id := request.args.get("draft", type=int):
        draft = queries.get_prescription(draft_id)
        kind = draft.kind
        key = "herbs" if kind is Kind.HERBAL else "lines"
        drugs = catalogue.drugs_by_id(int(line["drug_id"]) for line in draft.draft.get(key, []))
        lines = forms.lines_of_draft(draft, drugs)
    elif copied_id := request.args.get("copy", type=int):
        copied = queries.get_prescription(copied_id)
        kind = copied.kind
        lines = forms.lines_of_items(queries.list_items(copied), kind)
    return _orders(encounter, kind=kind, lines=lines, draft=draft)


@blueprint.post("/visits/<int:visit_id>/preview")
@requires("prescriptions.prescription.sign")
def preview(visit_id: int) -> ResponseReturnValue:
    """Quantities and findings of what is typed so far. Nothing is stored."""
    kind = _OPEN_KINDS.get(request.form.get("kind", ""), Kind.WESTERN)
    typed = forms.typed_order(request.form, kind)
    encounter = clinic.get_encounter(visit_id)
    treating = Treating(encounter, get_practitioner(encounter.practitioner_id))
    found = queries.assess(typed.order, treating) if typed.order.lines else None
    return render_template(
        "prescriptions/preview.html",
        found=found,
        kind=kind,
        places=typed.places,
        typed=request.form,
        finding_text=finding_text,
        words=LEVEL_WORDS,
        kinds=LEVEL_KINDS,
    )


@blueprint.post("/visits/<int:visit_id>/sign")
@requires("prescriptions.prescription.sign")
def sign(visit_id: int) -> ResponseReturnValue:
    """Sign the sheet on the desk; answers the panel anew."""
    if request.form.get("kind") == "herbal":
        heading = forms.nested(request.form, "heading")
        form = Form(services.sign_herbal_prescription, request.form, visit_id=visit_id, heading=heading)
    else:
        form = Form(services.sign_prescription, request.form, visit_id=visit_id)
    return _answer(form, visit_id, gettext("The prescription is signed."))


@blueprint.post("/visits/<int:visit_id>/draft")
@requires("prescriptions.prescription.sign")
def save_draft(visit_id: int) -> ResponseReturnValue:
    """Keep the sheet unsigned."""
    heading = forms.nested(request.form, "heading") or None
    form = Form(services.save_draft, request.form, visit_id=visit_id, heading=heading)
    return _answer(form, visit_id, gettext("The draft is saved."))


def _answer(form: Form, visit_id: int, said: str) -> ResponseReturnValue:
    kind = _OPEN_KINDS.get(request.form.get("kind", ""), Kind.WESTERN)
    if form.perform(by=current_actor()):
        return _said(_orders(clinic.get_encounter(visit_id), kind=kind), said)
    name = "herbs" if kind is Kind.HERBAL else "lines"
    lines = form.lines(name)
    for index, line in enumerate(lines):
        line["text"] = request.form.get(f"{name}-{index}-drug_id-text", "")
    draft_id = request.form.get("prescription_id", type=int)
    draft = queries.get_prescription(draft_id) if draft_id else None
    encounter = clinic.get_encounter(visit_id)
    return _orders(encounter, kind=kind, form=form, lines=lines, draft=draft), 422


@blueprint.post("/<int:prescription_id>/withdraw")
@requires("prescriptions.prescription.sign")
def withdraw(prescription_id: int) -> ResponseReturnValue:
    """Take an unpaid prescription back; its lines stand in the grid again."""
    form = Form(services.withdraw_prescription, request.form, prescription_id=prescription_id)
    return _changed(form, prescription_id, gettext("Withdrawn. Change it and sign again."), reopen=True)


@blueprint.post("/<int:prescription_id>/void")
@requires("prescriptions.prescription.void")
def void(prescription_id: int) -> ResponseReturnValue:
    """Make a prescription void, with a reason."""
    form = Form(services.void_prescription, request.form, prescription_id=prescription_id)
    return _changed(form, prescription_id, gettext("The prescription is void."))


@blueprint.post("/<int:prescription_id>/confirm")
@requires("prescriptions.prescription.sign")
def confirm(prescription_id: int) -> ResponseReturnValue:
    """Sign a second time for what the pharmacist sent back."""
    form = Form(services.confirm_prescription, request.form, prescription_id=prescription_id)
    return _changed(form, prescription_id, gettext("Confirmed."))


def _changed(form: Form, prescription_id: int, said: str, *, reopen: bool = False) -> ResponseReturnValue:
    done = form.perform(by=current_actor())
    prescription = queries.get_prescription(prescription_id)
    encounter = clinic.get_encounter(prescription.visit_id)
    if not done:
        return _said(_orders(encounter), " ".join(form.messages), "w")
    if not reopen:
        return _said(_orders(encounter), said)
    key = "herbs" if prescription.kind is Kind.HERBAL else "lines"
    drugs = catalogue.drugs_by_id(int(line["drug_id"]) for line in prescription.draft.get(key, []))
    lines = forms.lines_of_draft(prescription, drugs)
    return _said(_orders(encounter, kind=prescription.kind, lines=lines, draft=prescription), said)


def _said(page: str, text: str, kind: str = "o") -> ResponseReturnValue:
    toast = render_template("prescriptions/said.html", text=text, kind=kind)
    return make_response(page + toast)


@blueprint.get("/<int:prescription_id>")
@requires("prescriptions.prescription.view")
@audit.reading("prescription.read")
def show(prescription_id: int) -> ResponseReturnValue:
    """One prescription, in the drawer. Reading it leaves a row in the trail."""
    prescription = queries.get_prescription(prescription_id)
    audit.seen(prescription)
    return render_template(
        "prescriptions/sheet.html", prescription=prescription, items=queries.list_items(prescription)
    )


@blueprint.get("/<int:prescription_id>/paper.pdf")
@requires("prescriptions.prescription.view")
def print_paper(prescription_id: int) -> ResponseReturnValue:
    """The paper; charging fills in the amount."""
    prescription = queries.get_prescription(prescription_id)
    if prescription.revision == 0:
        raise errors.NotInThisState(number=prescription.number, state=prescription.status.label)
    items = queries.list_items(prescription)
    audit.note("prescription.printed", by=current_actor(), subject=prescription)
    amounts = fill_place(
        "prescriptions.paper.amounts", current_tenant().modules, prescription=prescription, items=items
    )
    return paper_answer(
        documents.prescription_paper(prescription, items, amounts=amounts), prescription.number
    )
