"""Income, refunds, arrears."""

from flask import request
from flask.typing import ResponseReturnValue

from app.web.access import current_actor, requires
from app.web.paging import links
from modules.reports import queries
from modules.reports.views.pages import asked, blueprint, day_asked, one_centre, page_of

FILTERS = ("days", "bucket", "by", "department")


@blueprint.get("/income")
@requires("reports.report.view")
def show_income() -> ResponseReturnValue:
    """What came in and went back, by category, doctor, department, way of paying or insurance."""
    return _money("income", only_back=False)


@blueprint.get("/refunds")
@requires("reports.report.view")
def show_refunds() -> ResponseReturnValue:
    """What went back."""
    return _money("refunds", only_back=True)


def _money(tab: str, *, only_back: bool) -> str:
    told = asked()
    reach = told.reach(current_actor())
    table = queries.income(reach, told, only_back=only_back)
    return page_of(tab, reach, told, table, filters=FILTERS)


@blueprint.get("/receipts")
@requires("reports.report.view")
def list_receipts() -> ResponseReturnValue:
    """The receipts of one day behind a figure."""
    told, only_back = asked(), request.args.get("back") == "1"
    reach = one_centre()
    table = queries.receipts(reach, told, day_asked("on"), only_back=only_back)
    return page_of("refunds" if only_back else "income", reach, told, table)


@blueprint.get("/arrears")
@requires("reports.report.view")
def show_arrears() -> ResponseReturnValue:
    """What the bills still owe today, by age."""
    told = asked()
    reach = told.reach(current_actor())
    return page_of("arrears", reach, told, queries.arrears(reach), filters=("centre",))


@blueprint.get("/arrears/bills")
@requires("reports.report.view")
def list_unpaid() -> ResponseReturnValue:
    """The bills of one age."""
    age, reach = max(0, request.args.get("age", 0, type=int)), one_centre()
    page = queries.unpaid(reach, age, before=request.args.get("before", type=int))
    linked = links(page)
    urls = {"previous_url": linked.previous_url, "next_url": linked.next_url}
    return page_of("arrears", reach, asked(), queries.unpaid_table(page, age), urls=urls)
