"""The registration window (挂号窗口): who comes, to whom, and what it costs."""

from typing import Any

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app import audit, clock
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.read_after import fresh
from modules.patients import queries as patients
from modules.patients import services as patient_files
from modules.registration import queries, services
from modules.registration.models import ClinicSession, Visit
from modules.registration.views.blueprint import blueprint

LISTED = 12
LAST_DEPARTMENT = "registration.department"  # of this sign-in: where the window last registered somebody


@blueprint.get("/window")
@requires("registration.visit.register")
@audit.reading("window.read")
@fresh
def show_window() -> ResponseReturnValue:
    """The window, ready for the next patient; with ``patient_id`` somebody already stands there."""
    start = {"patient_id": request.args.get("patient_id", "")}
    return _window(Form(services.register_visit, start=start))


@blueprint.post("/window")
@requires("registration.visit.register")
def register_visit() -> ResponseReturnValue:
    """Sell a place and be ready for the next patient, the ticket at hand."""
    form = Form(services.register_visit, request.form)
    if visit := form.perform(by=current_actor()):
        session[LAST_DEPARTMENT] = visit.department_id
        kept = {"department": request.args.get("department", type=int), "registered": visit.id}
        return redirect(url_for(".show_window", **kept), 303)
    return _window(form), 422


@blueprint.get("/window/patient")
@requires("registration.visit.register")
@audit.reading("window.read")
def show_window_patient() -> ResponseReturnValue:
    """Who was picked: the banner, and appointments whose number may be taken."""
    patient_id = request.args.get("patient_id", type=int)
    return render_template("registration/window_patient.html", **_patient_facts(patient_id))


@blueprint.get("/window/fee")
@requires("registration.visit.register")
def show_window_fee() -> ResponseReturnValue:
    """What the chosen place costs."""
    slot_id = request.args.get("slot_id", type=int)
    chosen = queries.get_session(queries.get_slot(slot_id).session_id) if slot_id else None
    is_emergency = request.args.get("is_emergency", "") != ""
    return render_template("registration/window_fee.html", visit=None, **_fee_facts(chosen, is_emergency))


@blueprint.route("/window/residents", methods=["GET", "POST"])
@requires("patients.patient.create")
def create_resident() -> ResponseReturnValue:
    """Open the file of somebody who is here for the first time, then go on registering."""
    form = Form(
        patient_files.create_patient,
        request.form if request.method == "POST" else None,
        start={"cost_type": "self", "name": request.args.get("name", "")[:50]},
    )
    if request.method == "POST" and (patient := form.perform(by=current_actor())):
        kept = {"department": request.args.get("department", type=int), "patient_id": patient.id}
        return redirect(url_for(".show_window", **kept), 303)
    page = _window(Form(services.register_visit), resident_form=form)
    return page, 422 if request.method == "POST" else 200


@blueprint.post("/window/resembling")
@requires("patients.patient.create")
def show_resembling() -> ResponseReturnValue:
    """While a new file is typed: residents it may be, each a way back to registering."""
    names = ("name", "sex", "born_on", "document_number", "phone")
    alike = patient_files.find_resembling(**{name: request.form.get(name, "") for name in names})
    return render_template(
        "patients/resembling.html",
        alike=alike,
        age_text=patients.age_text,
        pick_url=url_for(".show_window", patient_id=""),
    )


def _window(form: Form, resident_form: Form | None = None) -> str:
    department_id = request.args.get("department", type=int)
    settings = queries.settings_of(current_actor().tenant_id)
    running = queries.list_running_sessions()
    today = queries.list_visits(clock.today(), size=LISTED)
    names = queries.names_for(
        [*(s.practitioner_id for s in running), *(v.practitioner_id for v in today.rows)]
    )
    shown = [s for s in running if department_id in (None, s.department_id)]
    boards = queries.board_of(shown, names, release_minutes=settings.release_minutes_before)
    proposed = queries.first_free(boards, department_id=department_id or session.get(LAST_DEPARTMENT))
    chosen = form.value("slot_id") or (proposed.slot_id if proposed else "")
    registered = _find_registered(today.rows)
    facts = _patient_facts(_number(form.value("patient_id")))
    people = patients.patients_by_id({v.patient_id for v in today.rows} | _id_of(registered))
    clinic = next((board.session for board in boards if board.holds(str(chosen))), None)
    return render_template(
        "registration/window.html",
        form=form,
        resident_form=resident_form,
        resident_choices=patient_files.form_choices() if resident_form else {},
        boards=boards,
        chosen=str(chosen),
        departments={s.department_id: names.departments.get(s.department_id, "") for s in running},
        department_id=department_id,
        visits=today.rows,
        people=people,
        names=names,
        counts=queries.count_visits(clock.today()),
        registered=registered,
        visit=registered,
        **facts,
        **_fee_facts(clinic),
    )


def _find_registered(rows: list[Visit]) -> Visit | None:
    visit_id = request.args.get("registered", type=int)
    if visit_id is None:
        return None
    return next((row for row in rows if row.id == visit_id), None) or queries.get_visit(visit_id)


def _id_of(visit: Visit | None) -> set[int]:
    return {visit.patient_id} if visit else set()


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _patient_facts(patient_id: int | None) -> dict[str, Any]:
    if patient_id is None:
        return {"patient": None, "banner": None, "appointments": [], "names_of": None}
    patient = patients.get_patient(patient_id)
    audit.seen(patient)
    appointments = queries.appointments_of_patient([patient_id], since=clock.today())
    return {
        "patient": patient,
        "banner": patients.banner(patient),
        "appointments": [row for row in appointments if row.on == clock.today()],
        "later": [row for row in appointments if row.on > clock.today()],
    }


def _fee_facts(clinic: ClinicSession | None, is_emergency: bool = False) -> dict[str, Any]:
    if clinic is None:
        return {"fee_codes": (), "scheme": None}
    settings = queries.settings_of(current_actor().tenant_id)
    codes = queries.fee_codes_of(clinic, settings, is_emergency=is_emergency)
    return {"fee_codes": codes, "scheme": queries.scheme_of(clinic, settings)}
