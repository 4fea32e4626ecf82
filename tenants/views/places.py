"""Stations and departments of the centre."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from tenants import queries, services
from tenants.models import DepartmentKind, StationKind

blueprint = Blueprint("places", __name__, url_prefix="/places", template_folder="../templates")


@blueprint.get("/")
@requires("tenants.department.manage")
def show_places() -> ResponseReturnValue:
    """Each house with its departments."""
    departments: dict[int, list[object]] = {}
    for department in queries.all_departments():
        departments.setdefault(department.station_id, []).append(department)
    return render_template("tenants/places.html", stations=queries.list_stations(), departments=departments)


@blueprint.route("/stations/new", methods=["GET", "POST"])
@requires("tenants.department.manage")
def add_station() -> ResponseReturnValue:
    """Add a station."""
    form = Form(services.add_station, _typed(), start={"kind": "station"})
    return _answer(form, gettext("New station"), "station", is_new=True)


@blueprint.route("/stations/<int:station_id>", methods=["GET", "POST"])
@requires("tenants.department.manage")
def change_station(station_id: int) -> ResponseReturnValue:
    """Rename a station or take it out of use."""
    row = queries.get_station(station_id)
    start = {"name": row.name, "is_active": row.is_active}
    form = Form(services.change_station, _typed(), start=start, station_id=station_id)
    return _answer(form, row.name, "station")


@blueprint.route("/departments/new", methods=["GET", "POST"])
@requires("tenants.department.manage")
def add_department() -> ResponseReturnValue:
    """Add a department to a station."""
    start = {"station_id": request.args.get("station_id", ""), "kind": "clinic"}
    form = Form(services.add_department, _typed(), start=start)
    return _answer(form, gettext("New department"), "department", is_new=True)


@blueprint.route("/departments/<int:department_id>", methods=["GET", "POST"])
@requires("tenants.department.manage")
def change_department(department_id: int) -> ResponseReturnValue:
    """Rename a department, change what it does, or take it out of use."""
    row = queries.get_department(department_id)
    start = {"name": row.name, "kind": row.kind, "is_active": row.is_active}
    form = Form(services.change_department, _typed(), start=start, department_id=department_id)
    return _answer(form, row.name, "department")


def _typed() -> "MultiDict[str, str] | None":
    return request.form if request.method == "POST" else None


def _answer(form: Form, title: str, what: str, *, is_new: bool = False) -> ResponseReturnValue:
    if request.method == "POST" and form.perform(by=current_actor()):
        flash(gettext("Saved."), "success")
        return redirect(url_for(".show_places"), 303)
    page = render_template(
        "tenants/place.html",
        form=form,
        title=title,
        what=what,
        is_new=is_new,
        stations=[(row.id, row.name) for row in queries.list_stations()],
        kinds=StationKind.options() if what == "station" else DepartmentKind.options(),
    )
    return page, 422 if request.method == "POST" else 200
