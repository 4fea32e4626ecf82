"""What patients owe: the list by age, and the note where a patient registers."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.web.access import current_actor, requires
from app.web.paging import links
from modules.charging import queries
from modules.charging.views.pages import blueprint
from modules.patients import queries as patients


@blueprint.get("/arrears")
@requires("charging.bill.view")
def list_arrears() -> ResponseReturnValue:
    """Bills of earlier days that were left unpaid."""
    typed, age = request.args.get("q", "").strip(), request.args.get("age", "")
    found = [row.id for row in patients.search_patients(typed, limit=20, marks_only=True)] if typed else None
    page = queries.list_arrears(
        age=age, patient_ids=found, before=request.args.get("before", type=int), size=40
    )
    people = patients.patients_by_id(row.patient_id for row in page.rows) if page.rows else {}
    return render_template(
        "charging/arrears.html",
        page=links(page),
        people=people,
        ages=queries.AGES,
        sums=queries.arrears_by_age(),
        age=age,
        q=typed,
    )


def patient_arrears(patient: Any = None, **_: Any) -> str:
    """What the patient at the registration window still owes; nothing for who may not see bills."""
    if patient is None or not current_actor().may("charging.bill.view"):
        return ""
    amount, since = queries.owed_by(patient.id)
    if not amount:
        return ""
    return render_template("charging/patient_arrears.html", amount=amount, since=since, patient=patient)
