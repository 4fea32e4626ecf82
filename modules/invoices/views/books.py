"""Books of paper: the accountant's list, one book with its custody and its numbers."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.db import control_unit
from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links
from app.web.read_after import fresh
from modules.invoices import queries, services
from modules.invoices.rules.states import TAGS, BookState
from modules.invoices.views.pages import blueprint


@blueprint.get("/books")
@requires("invoices.book.view")
@fresh
def list_books() -> ResponseReturnValue:
    """All books, who has them, and what is left of them."""
    return _list()


@blueprint.post("/books")
@requires("invoices.book.manage")
def register_book() -> ResponseReturnValue:
    """Take a book into custody."""
    form = Form(services.register_book, request.form)
    book = form.perform(by=current_actor())
    if book is None:
        return _list(form), 422
    flash(gettext("Book %(range)s is registered", range=book.range_text), "ok")
    return redirect(url_for(".show_book", book_id=book.id), 303)


@blueprint.get("/books/<int:book_id>")
@requires("invoices.book.view")
@fresh
def show_book(book_id: int) -> ResponseReturnValue:
    """One book: its custody, and what became of each of its numbers."""
    return _book(book_id)


@blueprint.post("/books/<int:book_id>/handing-out")
@requires("invoices.book.manage")
def hand_out_book(book_id: int) -> ResponseReturnValue:
    """Hand the book to a cashier."""
    form = Form(services.hand_out_book, request.form, book_id=book_id)
    book = form.perform(by=current_actor())
    if book is None:
        return _book(book_id, form), 422
    flash(gettext("%(name)s has the book", name=book.holder_name), "ok")
    return redirect(url_for(".show_book", book_id=book_id), 303)


@blueprint.post("/books/<int:book_id>/taking-back")
@requires("invoices.book.manage")
def take_back_book(book_id: int) -> ResponseReturnValue:
    """Take the book back."""
    form = Form(services.take_back_book, request.form, book_id=book_id)
    if form.perform(by=current_actor()) is None:
        return _book(book_id, form), 422
    flash(gettext("The book is back"), "ok")
    return redirect(url_for(".show_book", book_id=book_id), 303)


@blueprint.post("/books/<int:book_id>/voiding")
@requires("invoices.book.manage")
def void_book(book_id: int) -> ResponseReturnValue:
    """Void what is open of the book."""
    form = Form(services.void_book, request.form, book_id=book_id)
    if form.perform(by=current_actor()) is None:
        return _book(book_id, form), 422
    flash(gettext("The open numbers are void"), "ok")
    return redirect(url_for(".show_book", book_id=book_id), 303)


def _list(form: Form | None = None) -> str:
    state = request.args.get("state", "")
    page = queries.list_books(
        state=BookState(state) if state in set(BookState) else None,
        before=request.args.get("before", type=int),
    )
    return render_template(
        "invoices/books.html",
        page=links(page),
        state=state,
        states=BookState.options(),
        kinds=TAGS,
        form=form or Form(services.register_book, start={"digits": 8}),
    )


def _book(book_id: int, form: Form | None = None) -> str:
    view = queries.book_view(book_id)
    may_manage = current_actor().may("invoices.book.manage")
    is_free = view.book.holder_account_id is None and view.book.left > 0
    return render_template(
        "invoices/book.html",
        view=view,
        book=view.book,
        kinds=TAGS,
        may_manage=may_manage,
        is_free=is_free,
        form=form or Form(services.hand_out_book, book_id=book_id),
        cashiers=_cashiers() if may_manage and is_free else [],
    )


def _cashiers() -> list[tuple[int, str]]:
    """Who may be given a book."""
    by = current_actor()
    with control_unit():
        members = accounts.list_members(by=by)
    return [
        (member.account.id, member.account.display_name)
        for member in members
        if member.membership.is_enabled and {"cashier", "registrar"} & set(member.membership.roles)
    ]
