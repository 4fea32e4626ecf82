"""Shifts: the cashier's own, and everybody's."""

from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import NotFound
from app.i18n import gettext
from app.printing import paper_answer
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.charging import documents, queries, services
from modules.charging.rules.shifts import ShiftReport
from modules.charging.rules.shifts import close_shift as add_up
from modules.charging.views.pages import blueprint


@blueprint.get("/shift")
@requires("charging.shift.close")
def show_shift() -> ResponseReturnValue:
    """The cashier's own shift as it stands, and those before it."""
    return _shift_page()


@blueprint.post("/shift/open")
@requires("charging.shift.close")
def open_shift() -> ResponseReturnValue:
    """Begin a shift with its float."""
    form = Form(services.open_shift, request.form)
    if form.perform(by=current_actor()) is None:
        return _shift_page(open_form=form), 422
    return redirect(url_for(".show_shift"), 303)


@blueprint.post("/shift/close")
@requires("charging.shift.close")
def close_shift() -> ResponseReturnValue:
    """Close the shift, then show its sheet."""
    form = Form(services.close_shift, request.form)
    shift = form.perform(by=current_actor())
    if shift is None:
        return _shift_page(close_form=form), 422
    flash(gettext("Shift %(number)s is closed", number=shift.number), "ok")
    return redirect(url_for(".show_shift"), 303)


@blueprint.get("/shifts/<int:shift_id>/sheet")
@requires("charging.shift.close")
def show_shift_sheet(shift_id: int) -> ResponseReturnValue:
    """The sheet of one's own closed shift as a PDF."""
    shift = queries.get_shift(shift_id)
    if shift.cashier_account_id != current_actor().account_id:
        raise NotFound
    return paper_answer(documents.shift_paper(shift_id), f"shift-{shift.number}")


@blueprint.get("/shifts/<int:shift_id>/paper")
@requires("charging.shift.view")
def show_any_sheet(shift_id: int) -> ResponseReturnValue:
    """The sheet of anybody's closed shift as a PDF."""
    return paper_answer(documents.shift_paper(shift_id), f"shift-{queries.get_shift(shift_id).number}")


@blueprint.get("/shifts")
@requires("charging.shift.view")
def list_shifts() -> ResponseReturnValue:
    """Everybody's shifts."""
    page = queries.list_shifts(before=request.args.get("before", type=int))
    return render_template("charging/shifts.html", page=page, urls=_pages(".list_shifts", page))


def _shift_page(**forms: Form) -> str:
    by = current_actor()
    shift = queries.find_open_shift(by)
    report: ShiftReport | None = None
    settlements: list[Any] = []
    deposits = (Decimal("0.00"), Decimal("0.00"))
    if shift is not None:
        settlements, entries = queries.shift_entries(shift.id)
        deposits = queries.deposits_of_shift(shift.id)
        report = add_up(entries)
    before = queries.list_shifts(cashier_account_id=by.account_id, size=12)
    facts = {
        "open_form": Form(services.open_shift, start={"float_amount": Decimal("0.00")}),
        "close_form": Form(services.close_shift),
        **forms,
    }
    return render_template(
        "charging/shift.html",
        shift=shift,
        report=report,
        settlements=settlements,
        deposits=deposits,
        before=before.rows,
        **facts,
    )


def _pages(endpoint: str, page: Any) -> dict[str, str]:
    return {
        "previous_url": "" if page.is_first else url_for(endpoint),
        "next_url": url_for(endpoint, before=page.next_before) if page.next_before else "",
    }
