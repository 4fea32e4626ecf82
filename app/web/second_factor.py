"""The second step of a sign-in, and setting up the authenticator."""

import segno
from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.accounts import services
from app.errors import DomainError, NotFound
from app.web.access import current_actor, signed_in
from app.web.sessions import TOKEN

blueprint = Blueprint("second_factor", __name__, url_prefix="/second-factor")


@blueprint.get("/")
@signed_in
def show_code() -> ResponseReturnValue:
    """Ask for the code; who has given it goes on."""
    if g.signed_in.missing != "code":
        return redirect(url_for("home.begin"), 303)
    return render_template("accounts/second_factor.html", refusal="")


@blueprint.post("/")
@signed_in
def give_code() -> ResponseReturnValue:
    """Check the code; a fresh session begins."""
    try:
        fresh = services.give_code(token=_token(), code=request.form.get("code", ""), by=current_actor())
    except DomainError as refusal:
        return render_template("accounts/second_factor.html", refusal=refusal.text), refusal.status
    session.clear()
    session[TOKEN] = fresh
    return redirect(url_for("home.begin"), 303)


@blueprint.get("/new")
@signed_in
def show_enrolment() -> ResponseReturnValue:
    """The picture that an authenticator scans, and its text for those without a camera."""
    return _enrolment_page("")


@blueprint.post("/new")
@signed_in
def confirm_enrolment() -> ResponseReturnValue:
    """Take the authenticator into use; the recovery codes are in this one answer and nowhere else."""
    try:
        made = services.confirm_enrolment(
            token=_token(), code=request.form.get("code", ""), by=current_actor()
        )
    except services.CodeRefused as refusal:
        return _enrolment_page(refusal.text), refusal.status
    session.clear()
    session[TOKEN] = made.token
    return render_template("accounts/recovery_codes.html", codes=made.recovery_codes)


def _enrolment_page(refusal: str) -> str:
    uri = services.begin_enrolment(by=current_actor())
    picture = segno.make(uri, micro=False, error="m").svg_inline(scale=5, border=3, dark="#000", light="#fff")
    secret = uri.partition("secret=")[2].partition("&")[0]
    return render_template(
        "accounts/enrolment.html",
        picture=Markup(picture),  # noqa: S704  drawn here, from squares
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        refusal=refusal,
        is_must=bool(g.signed_in.missing),
    )


def _token() -> str:
    """The token of this browser; a program has no second step."""
    token: str = session.get(TOKEN, "")
    if not token:
        raise NotFound
    return token
