"""Staff of the centre: licences and rights."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.actor import Actor
from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from tenants import queries, services
from tenants.models import LicenceKind, Practitioner, Title

blueprint = Blueprint("staff", __name__, url_prefix="/staff", template_folder="../templates")
_SHOWN = (
    "staff_no",
    "name",
    "department_id",
    "licence",
    "licence_no",
    "licence_expires_on",
    "title",
    "may_prescribe",
    "may_prescribe_controlled",
    "may_review",
    "is_active",
)


@blueprint.get("/")
@requires("tenants.practitioner.manage")
def show_staff() -> ResponseReturnValue:
    """Everybody of the centre, those who left last."""
    wanted = request.args.get("q", "").strip()
    people = [person for person in queries.list_practitioners(active_only=False) if _fits(person, wanted)]
    people.sort(key=lambda person: not person.is_active)
    departments = {row.id: row.name for row in queries.all_departments()}
    return render_template("tenants/staff.html", people=people, departments=departments, wanted=wanted)


def _fits(person: Practitioner, wanted: str) -> bool:
    low = wanted.lower()
    return low in f"{person.staff_no} {person.name} {person.initials} {person.licence_no}".lower()


@blueprint.route("/new", methods=["GET", "POST"])
@requires("tenants.practitioner.manage")
def add_person() -> ResponseReturnValue:
    """Add a member of staff."""
    typed = request.form if request.method == "POST" else None
    form = Form(services.add_practitioner, typed, start={"licence": "none", "title": "none"})
    if typed is not None and (person := form.perform(by=current_actor())):
        flash(gettext("%(name)s was added.", name=person.name), "success")
        return redirect(url_for(".show_staff"), 303)
    return _page(form, None), 200 if typed is None else 422


@blueprint.route("/<int:practitioner_id>", methods=["GET", "POST"])
@requires("tenants.practitioner.manage")
def change_person(practitioner_id: int) -> ResponseReturnValue:
    """Change licence and rights of a member of staff."""
    person = queries.get_practitioner(practitioner_id)
    typed = request.form if request.method == "POST" else None
    start = {name: getattr(person, name) for name in _SHOWN}
    form = Form(services.change_practitioner, typed, start=start, practitioner_id=practitioner_id)
    if typed is not None and form.perform(by=current_actor()):
        flash(gettext("Saved."), "success")
        return redirect(url_for(".show_staff"), 303)
    return _page(form, person), 200 if typed is None else 422


def find_people(text: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows for ``/lookup/practitioners``: staff who work here."""
    return [
        {
            "id": str(person.id),
            "code": person.staff_no,
            "text": person.name,
            "columns": [person.licence.label],
            "blocked": "",
            "mark": "",
            "extra": {"name": person.name, "department_id": str(person.department_id)},
        }
        for person in queries.list_practitioners()
        if _fits(person, text)
    ]


def _page(form: Form, person: Practitioner | None) -> str:
    return render_template(
        "tenants/person.html",
        form=form,
        person=person,
        departments=[(row.id, row.name) for row in queries.list_departments()],
        licences=LicenceKind.options(),
        titles=Title.options(),
    )
