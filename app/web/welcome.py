"""Where the owner of an account sets its password with a one-time code."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.accounts import services
from app.errors import DomainError, InvalidInput
from app.i18n import gettext
from app.web.access import public
from app.web.sessions import TOKEN

blueprint = Blueprint("welcome", __name__)


@blueprint.get("/welcome")
@public
def show_welcome() -> ResponseReturnValue:
    """Code, and the new password twice."""
    return render_template("welcome.html", refusal="")


@blueprint.post("/welcome")
@public
def open_account() -> ResponseReturnValue:
    """Open the account; a fresh session begins, and the second factor is asked for where it must be."""
    code, password = request.form.get("code", ""), request.form.get("password", "")
    if password != request.form.get("again", ""):
        return render_template("welcome.html", refusal=gettext("The two new passwords differ.")), 422
    try:
        token = services.open_account(code=code, password=password, address=request.remote_addr or "")
    except InvalidInput as refusal:
        text = " ".join(text for texts in refusal.complaints.values() for text in texts)
        return render_template("welcome.html", refusal=text), refusal.status
    except DomainError as refusal:
        return render_template("welcome.html", refusal=refusal.text), refusal.status
    session.clear()
    session[TOKEN] = token
    return redirect(url_for("home.begin"), 303)
