"""Drug stock from the district down to the document, and the use of drugs."""

from flask import request
from flask.typing import ResponseReturnValue

from app.web.access import current_actor, requires
from app.web.paging import links
from modules.reports import queries
from modules.reports.views.pages import asked, blueprint, one_centre, page_of


@blueprint.get("/stock")
@requires("reports.report.view")
def show_stock() -> ResponseReturnValue:
    """Opening, in, out and closing: by centre, by place, by kind of document."""
    told = asked()
    reach = told.reach(current_actor())
    table = queries.stock(reach, told)
    return page_of("stock", reach, told, table, filters=("days", "bucket", "kind", "location", "drug"))


@blueprint.get("/documents")
@requires("reports.report.view")
def list_documents() -> ResponseReturnValue:
    """The documents behind a figure of a place."""
    told, reach = asked(), one_centre()
    comes_in = request.args.get("comes_in") == "1"
    page = queries.documents(reach, told, comes_in=comes_in, before=request.args.get("before", type=int))
    linked = links(page)
    urls = {"previous_url": linked.previous_url, "next_url": linked.next_url}
    return page_of("stock", reach, told, queries.documents_table(page, told), urls=urls)


@blueprint.get("/drugs")
@requires("reports.report.view")
def show_drugs() -> ResponseReturnValue:
    """Ranking, turnover, and the shares of essential drugs and antimicrobials."""
    told = asked()
    reach = told.reach(current_actor())
    return page_of("drugs", reach, told, queries.use(reach, told), filters=("days",))


@blueprint.get("/drugs/prescriptions")
@requires("reports.paper.open")
def list_prescriptions() -> ResponseReturnValue:
    """Prescriptions with an antimicrobial."""
    told, reach = asked(), one_centre()
    page = queries.with_antimicrobials(reach, told, before=request.args.get("before", type=int))
    linked = links(page)
    urls = {"previous_url": linked.previous_url, "next_url": linked.next_url}
    return page_of("drugs", reach, told, queries.issues_table(page), urls=urls)
