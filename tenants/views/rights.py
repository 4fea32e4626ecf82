"""All roles × all permissions: on one page to read, and on paper to sign."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app import audit, clock
from app.i18n import gettext
from app.printing import paper_answer, to_pdf
from app.tenancy import Tenant
from app.web.access import current_actor, current_tenant, requires
from tenants.matrix import Cell, matrix_of

blueprint = Blueprint("rights", __name__, url_prefix="/rights", template_folder="../templates")


def _place() -> Tenant | None:
    return None if current_actor().tenant_id is None else current_tenant()


@blueprint.get("/")
@requires("tenants.role.view")
def show_matrix() -> ResponseReturnValue:
    """Every right of every role, and where the place has departed from the proposal."""
    by = current_actor()
    return render_template(
        "tenants/rights.html",
        matrix=matrix_of(_place()),
        cells=list(Cell),
        may_change=by.tenant_id is not None and by.may("tenants.role.grant"),
    )


@blueprint.get("/paper")
@requires("tenants.role.view")
def print_matrix() -> ResponseReturnValue:
    """The same table on paper, for the review of rights."""
    by, place = current_actor(), _place()
    paper = to_pdf(
        "tenants/rights_paper.html",
        matrix=matrix_of(place),
        cells=list(Cell),
        place=place.name if place else gettext("District"),
        printed_by=by.name,
        printed_at=clock.now(),
    )
    audit.note("role.matrix_printed", by=by)
    return paper_answer(paper, "rights")
