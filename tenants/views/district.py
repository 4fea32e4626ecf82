"""The district's view of its centres."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.web.access import requires
from tenants import queries

blueprint = Blueprint("district", __name__, url_prefix="/district", template_folder="../templates")


@blueprint.get("/centres")
@requires("tenants.centre.list")
def show_centres() -> ResponseReturnValue:
    """Every centre: where its rows are, whether it works, and which parts it has switched off."""
    return render_template("tenants/centres.html", rows=queries.list_centres())
