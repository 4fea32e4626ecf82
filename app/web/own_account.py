"""What everybody sees of their own account: places, offers of further ones, and where they are signed in."""

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app import keys
from app.accounts import queries, services
from app.errors import NotFound
from app.i18n import gettext
from app.web.access import current_actor, requires, signed_in
from app.web.forms import Form
from app.web.sessions import TOKEN
from app.web.shell import role_label

blueprint = Blueprint("own_account", __name__, url_prefix="/my-account")


@blueprint.get("/")
@requires("accounts.self.manage")
def show_own() -> ResponseReturnValue:
    """Places, offers and sign-ins of the reader."""
    by = current_actor()
    return render_template(
        "accounts/own.html",
        places=queries.list_places(by.account_id),
        offers=queries.list_own_offers(by=by),
        sign_ins=queries.list_own_sign_ins(by=by),
        factor=queries.find_factor(by.account_id),
        present=g.signed_in,
        role_label=role_label,
        keys_form=Form(services.choose_keys, start={"scheme": g.signed_in.key_scheme}),
        schemes=[(code, gettext(label)) for code, label in keys.LABELS.items()],
        acts=[
            (gettext(label), [keys.key_in(code, key) for code in keys.LABELS])
            for key, label in keys.ACTS.items()
        ],
    )


@blueprint.post("/keys")
@requires("accounts.self.manage")
def choose_keys() -> ResponseReturnValue:
    """Work with other keys than the centre chose, or with the centre's again."""
    form = Form(services.choose_keys, request.form)
    return _answer(form, gettext("Saved."))


@blueprint.post("/sign-ins/<int:sign_in_id>/end")
@requires("accounts.self.manage")
def end_sign_in(sign_in_id: int) -> ResponseReturnValue:
    """End one of the reader's sign-ins at once, wherever it is."""
    form = Form(services.end_own_sign_in, request.form, sign_in_id=sign_in_id)
    return _answer(form, gettext("This sign-in has ended."))


@blueprint.post("/offers/<int:offer_id>/acceptance")
@requires("accounts.self.manage")
def accept_offer(offer_id: int) -> ResponseReturnValue:
    """Accept to work in another place too."""
    form = Form(services.accept_offer, request.form, offer_id=offer_id)
    return _answer(form, gettext("You belong to this place now; change to it in the head of the page."))


@blueprint.post("/offers/<int:offer_id>/refusal")
@requires("accounts.self.manage")
def decline_offer(offer_id: int) -> ResponseReturnValue:
    """Decline an offer."""
    form = Form(services.decline_offer, request.form, offer_id=offer_id)
    return _answer(form, "")


@blueprint.post("/place")
@signed_in
def switch_place() -> ResponseReturnValue:
    """Go on in another place: a fresh token, a fresh session, and that place's first page."""
    membership_id = request.form.get("membership_id", type=int)
    if membership_id is None or TOKEN not in session:
        raise NotFound
    fresh = services.switch_place(token=session[TOKEN], membership_id=membership_id, by=current_actor())
    session.clear()
    session[TOKEN] = fresh
    return redirect(url_for("home.begin"), 303)


def _answer(form: Form, text: str) -> ResponseReturnValue:
    """Carry it out and go back to the page, saying so; a refusal is a page of its own."""
    form.perform_or_raise(by=current_actor())
    if text:
        flash(text, "success")
    return redirect(url_for(".show_own"), 303)
