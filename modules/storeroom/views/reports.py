"""Pages of the stock reports: the period's book, slow-moving drugs, shortages, closed months."""

from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.i18n import gettext
from app.web.access import requires
from app.web.forms import Form
from modules.dispensing import queries as stock
from modules.storeroom import queries, services
from modules.storeroom.rules.months import first_of
from modules.storeroom.views.pages import act, blueprint, paged


@blueprint.get("/reports/period")
@requires("storeroom.report.view")
def show_period() -> ResponseReturnValue:
    """Opening, in, out and closing of every batch at every place, this month or over other days."""
    ends_on = _day("ends_on", clock.today())
    begins_on = _day("begins_on", first_of(ends_on))
    location_id = request.args.get("location", type=int)
    lines = stock.period_lines(begins_on=begins_on, ends_on=ends_on, location_id=location_id)
    return _book("period", queries.book_of(lines), begins_on, ends_on, location_id=location_id)


@blueprint.get("/reports/slow")
@requires("storeroom.report.view")
def list_slow() -> ResponseReturnValue:
    """Drugs that hardly move."""
    return render_template(
        "storeroom/slow.html",
        rows=queries.slow_drugs(),
        observed_days=queries.OBSERVED_DAYS,
        lasts_days=queries.LASTS_DAYS,
    )


@blueprint.get("/reports/shortages")
@requires("storeroom.report.view")
def list_shortages() -> ResponseReturnValue:
    """Drugs of which there is too little."""
    return render_template("storeroom/shortages.html", rows=queries.shortages())


@blueprint.get("/closings")
@requires("storeroom.report.view")
def list_closings() -> ResponseReturnValue:
    """Closed months, and the one to close next."""
    return _closings(Form(services.close_month))


@blueprint.post("/closings")
@requires("storeroom.closing.make")
def close_month() -> ResponseReturnValue:
    """Close the books of a month."""
    return act(services.close_month, _closings, url_for(".list_closings"), gettext("Month closed"))


@blueprint.get("/closings/<int:closing_id>")
@requires("storeroom.report.view")
def show_closing(closing_id: int) -> ResponseReturnValue:
    """What the books of a closed month said."""
    closing = queries.get_closing(closing_id)
    book = queries.book_of(queries.lines_of_closing(closing_id))
    return _book("closings", book, closing.begins_on, closing.ends_on, closing=closing)


def _closings(form: Form) -> str:
    page = queries.list_closings(before=request.args.get("before", type=int))
    return render_template(
        "storeroom/closings.html",
        page=page,
        urls=paged(".list_closings", page),
        month=queries.month_to_close(),
        form=form,
    )


def _book(tab: str, book: queries.Book, begins_on: date, ends_on: date, **facts: Any) -> str:
    return render_template(
        "storeroom/book.html",
        tab=tab,
        book=book,
        begins_on=begins_on,
        ends_on=ends_on,
        places={place.id: place.name for place in stock.list_locations()},
        **facts,
    )


def _day(name: str, default: date) -> date:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return default
