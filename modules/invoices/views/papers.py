"""The cashier's own book: numbers that are left, sheets that were printed, voided, or wait for a red one."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit, clock
from app.errors import DomainError
from app.i18n import gettext
from app.printing import paper_answer
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.read_after import fresh
from modules.charging import queries as charging
from modules.invoices import documents, queries, services
from modules.invoices.models import Paper
from modules.invoices.rules.states import TAGS, PaperKind, PaperState
from modules.invoices.views.pages import blueprint


@blueprint.get("/own-book")
@requires("invoices.paper.print")
@fresh
def show_own_book() -> ResponseReturnValue:
    """The books I hold and the papers I took from them."""
    return _own()


@blueprint.post("/settlements/<int:settlement_id>/papers")
@requires("invoices.paper.print")
def print_paper(settlement_id: int) -> ResponseReturnValue:
    """Take my next number for a receipt, then show the sheet."""
    try:
        printed = services.print_paper(settlement_id=settlement_id, by=current_actor())
    except DomainError as refusal:
        if refusal.status == 404:
            raise
        return _own(message=refusal.text), 422
    return redirect(url_for(".show_paper_print", print_id=printed.id), 303)


@blueprint.post("/papers/<int:paper_id>/prints")
@requires("invoices.paper.print")
def print_again(paper_id: int) -> ResponseReturnValue:
    """Count another printing, then show the sheet."""
    printed = services.print_again(paper_id=paper_id, by=current_actor())
    return redirect(url_for(".show_paper_print", print_id=printed.id), 303)


@blueprint.get("/paper-prints/<int:print_id>")
@requires("invoices.paper.print")
@audit.reading("paper.read")
def show_paper_print(print_id: int) -> ResponseReturnValue:
    """One printing of a paper invoice as a PDF."""
    paper = queries.get_paper(queries.get_print(print_id).paper_id)
    audit.seen(charging.get_bill(paper.bill_id or 0))
    return paper_answer(documents.paper_invoice(print_id), f"invoice-{paper.number}")


@blueprint.post("/papers/<int:paper_id>/voiding")
@requires("invoices.paper.print")
def void_paper(paper_id: int) -> ResponseReturnValue:
    """Void a sheet of mine."""
    form = Form(services.void_paper, request.form, paper_id=paper_id)
    paper = form.perform(by=current_actor())
    if paper is None:
        return _own(form=form), 422
    flash(gettext("Invoice %(number)s is void", number=paper.number), "ok")
    return redirect(url_for(".show_own_book"), 303)


@blueprint.post("/papers/<int:paper_id>/replacement")
@requires("invoices.paper.print")
def replace_paper(paper_id: int) -> ResponseReturnValue:
    """The sheet is spoilt: void it and print on the next."""
    form = Form(services.replace_paper, request.form, paper_id=paper_id)
    printed = form.perform(by=current_actor())
    if printed is None:
        return _own(form=form), 422
    return redirect(url_for(".show_paper_print", print_id=printed.id), 303)


@blueprint.post("/papers/<int:paper_id>/red")
@requires("invoices.paper.print")
def print_red(paper_id: int) -> ResponseReturnValue:
    """Print the red invoice of a refunded one."""
    form = Form(services.print_red, request.form, paper_id=paper_id)
    printed = form.perform(by=current_actor())
    if printed is None:
        return _own(form=form), 422
    return redirect(url_for(".show_paper_print", print_id=printed.id), 303)


@blueprint.post("/own-book/spoilt")
@requires("invoices.paper.print")
def spoil_next() -> ResponseReturnValue:
    """Void the next sheet before it was used."""
    form = Form(services.spoil_next, request.form)
    paper = form.perform(by=current_actor())
    if paper is None:
        return _own(spoil_form=form), 422
    flash(gettext("Invoice %(number)s is void", number=paper.number), "ok")
    return redirect(url_for(".show_own_book"), 303)


def _own(*, message: str = "", **forms: Form) -> str:
    by, today = current_actor(), clock.today()
    papers, to_red = queries.papers_of_cashier(by), queries.papers_to_red()
    shown = {paper.settlement_id for paper in (*papers, *to_red) if paper.settlement_id is not None}
    facts: dict[str, Any] = {
        "form": Form(services.void_paper, paper_id=0),
        "spoil_form": Form(services.spoil_next),
        **forms,
    }
    return render_template(
        "invoices/own_book.html",
        books=queries.books_of(by),
        papers=papers,
        to_red=to_red,
        receipts=charging.receipt_numbers(shown),
        kinds=TAGS,
        voidable={paper.id for paper in papers if _is_voidable(paper, today)},
        printable={paper.id for paper in papers if _is_printable(paper)},
        message=message,
        **facts,
    )


def _is_voidable(paper: Paper, today: Any) -> bool:
    return paper.state is PaperState.ISSUED and paper.on == today


def _is_printable(paper: Paper) -> bool:
    return paper.kind is not PaperKind.SPOILT and paper.state is not PaperState.VOIDED
