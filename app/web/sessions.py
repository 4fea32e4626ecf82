"""Signing in and out, the language, and the unit of work that every request stands in."""

from typing import Any
from urllib.parse import quote, urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from app import i18n, tracing
from app.accounts import services
from app.accounts.queries import name_of_place
from app.accounts.services import SignedIn
from app.crypto.signed_requests import Asked
from app.db.units import Mode, Unit, open_unit
from app.errors import DomainError, NotSignedIn
from app.i18n import N_
from app.tenancy import DISTRICT, tenant_of
from app.web.access import current_actor, find_actor, public, signed_in
from app.web.budgets import refuse_hasty
from app.web.forms import Form
from app.web.problems import wants_json

blueprint = Blueprint("sessions", __name__)


class PasswordFirst(DomainError):
    """The account has a one-time password that its owner must replace in the browser first."""

    status = 403
    code = "password.first"
    message = N_("Replace the one-time password in the browser first.")


class SecondFactorFirst(DomainError):
    """The sign-in is only half: the second factor is missing."""

    status = 403
    code = "sign_in.second_factor"
    message = N_("Finish signing in with the second factor in the browser first.")


_OPEN_TO_HALF = {
    "second_factor.show_code",
    "second_factor.give_code",
    "second_factor.show_enrolment",
    "second_factor.confirm_enrolment",
    "sessions.sign_out",
    "sessions.show_unlock",
    "sessions.unlock",
    "sessions.choose_language",
    "sessions.show_session",
    "theme.show_theme",
}
_OPEN_WHEN_CLOSED = {"sessions.sign_out", "sessions.choose_language", "own_account.switch_place"}
TOKEN = "token"  # noqa: S105  the name of a key


def install(app: Flask) -> None:
    """Open a reading unit for each request, with the actor the token stands for."""
    app.before_request(_refuse_forged)
    app.before_request(_begin_request)

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        for name in ("actor", "signed_in", "csrf_token", "_flask_babel"):
            g.pop(name, None)  # contexts may outlive a request (tests, commands); people may not
        unit = g.pop("unit", None)
        if unit is not None:
            unit.__exit__(None, None, None)


def _refuse_forged() -> None:
    """A browser sends cookies by itself, a token or a signature never: only the former may be tricked."""
    tracing.begin_trace(request.headers.get("X-Request-Id", ""))
    if (
        current_app.config.get("WTF_CSRF_ENABLED", True)
        and request.endpoint
        and not _bearer()
        and not _is_signed()
        and not _carries_proof()
    ):
        current_app.extensions["his_csrf"].protect()


def _carries_proof() -> bool:
    """Whether the address is for signed messages of programs, and this one carries a signature."""
    view = current_app.view_functions.get(request.endpoint or "")
    header = getattr(view, "proven_by", "")
    return bool(header and request.headers.get(header))


def _begin_request() -> ResponseReturnValue | None:
    if request.endpoint == "static":
        return None
    found = _find_signed_in()
    if found is not None:
        g.actor, g.signed_in = found.actor, found
    g.unit = _reading_unit(found)
    g.unit.__enter__()
    return _factor_first(found) or _password_first(found)


def _reading_unit(found: SignedIn | None) -> Any:
    """The centre's partition; the control database for the district and for strangers."""
    if found is None or found.actor.tenant_id is None:
        return open_unit(Unit(Mode.READ, None, ""))
    tenant = tenant_of(found.actor.tenant_id)
    if not tenant.is_active and request.endpoint not in _OPEN_WHEN_CLOSED:
        g.pop("actor"), g.pop("signed_in")
        raise tenant.refusal()
    return open_unit(Unit(Mode.READ, tenant.id, tenant.partition), tenant.zone)


def _find_signed_in() -> SignedIn | None:
    address = request.remote_addr or ""
    if bearer := _bearer():
        refuse_hasty(bearer)
        return _known(services.find_signed_in(bearer, address=address, origin="api"))
    if _is_signed():
        return _known(services.find_signer(_as_asked(), address=address))
    token = session.get(TOKEN, "")
    return services.find_signed_in(token, address=address) if token else None


def _known(found: SignedIn | None) -> SignedIn:
    """A program that shows who it is, is somebody or is refused: it never goes on as a stranger."""
    if found is None:
        raise NotSignedIn
    return found


def _is_signed() -> bool:
    """Whether a program signed this request (RFC 9421); no browser does that by itself."""
    return "Signature-Input" in request.headers


def _as_asked() -> Asked:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Asked(request.method, _address_as_sent(), headers, request.get_data(cache=True))


def _address_as_sent() -> str:
    """``request.url`` is for people, with signs decoded; a program signs what it sends."""
    address = f"{request.scheme}://{request.host}{quote(request.root_path + request.path)}"
    asked = request.query_string.decode("latin-1")
    return f"{address}?{asked}" if asked else address


def _bearer() -> str:
    """The token a program sent, or ""."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind == "Bearer" else ""


def _factor_first(found: SignedIn | None) -> ResponseReturnValue | None:
    """Half a sign-in opens nothing but the page of its second step."""
    if found is None or not found.missing or request.endpoint in _OPEN_TO_HALF:
        return None
    if wants_json():
        raise SecondFactorFirst
    if found.missing == "password":
        if request.headers.get("HX-Request") or request.path.startswith("/lookup/"):
            raise NotSignedIn  # the page stays and asks for the password above itself
        back = request.full_path.rstrip("?") if request.method == "GET" else ""
        return redirect(url_for("sessions.show_unlock", next=back or None), 303)
    page = "second_factor.show_code" if found.missing == "code" else "second_factor.show_enrolment"
    return redirect(url_for(page), 303)


def _password_first(found: SignedIn | None) -> ResponseReturnValue | None:
    """A one-time password opens nothing but the page that replaces it."""
    allowed = {
        "sessions.change_password",
        *_OPEN_TO_HALF,
    }
    if found is not None and found.must_change_password and request.endpoint not in allowed:
        if wants_json():
            raise PasswordFirst
        return redirect(url_for("sessions.change_password"), 303)
    return None


@blueprint.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """The sign-in page."""
    if find_actor() is not None:
        return redirect(url_for("home.show_home"), 303)
    return render_template("sign_in.html", name="", next=_safe_next(request.args.get("next", "")))


@blueprint.post("/sign-in")
@public
def begin_sign_in() -> ResponseReturnValue:
    """Check name and password; a fresh session begins, whatever the browser brought along."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    target = _safe_next(request.form.get("next", ""))
    try:
        token = services.sign_in(name=name, password=password, address=request.remote_addr or "")
    except DomainError as refusal:
        return render_template("sign_in.html", name=name, next=target, refusal=refusal.text), refusal.status
    session.clear()
    session[TOKEN] = token
    return redirect(target or url_for("home.begin"), 303)


@blueprint.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    """End the sign-in and clear what the browser keeps."""
    services.sign_out(session.get(TOKEN, ""))
    session.clear()
    answer = redirect(url_for("sessions.sign_in"), 303)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@blueprint.route("/password", methods=["GET", "POST"])
@signed_in
def change_password() -> ResponseReturnValue:
    """Change one's own password."""
    form = Form(services.change_password, request.form if request.method == "POST" else None)
    if request.method == "POST":
        if request.form.get("fresh") != request.form.get("again"):
            form.errors = {"again": [i18n.gettext("The two new passwords differ.")]}
        elif account := form.perform(by=current_actor()):
            return _begin_again(account.sign_in_name, request.form["fresh"])
    status = 422 if form.errors or form.messages else 200
    return render_template("password.html", form=form), status


def _begin_again(name: str, password: str) -> ResponseReturnValue:
    """All sign-ins of the account have ended; this browser gets a fresh one, unless the account is locked."""
    session.clear()
    try:
        session[TOKEN] = services.sign_in(name=name, password=password, address=request.remote_addr or "")
    except DomainError:
        return redirect(url_for("sessions.sign_in"), 303)
    return redirect(url_for("home.show_home"), 303)


@blueprint.post("/language")
@public
def choose_language() -> ResponseReturnValue:
    """Keep the reader's language in a cookie."""
    chosen = request.form.get("language", i18n.DEFAULT_LOCALE)
    answer: Response = redirect(_safe_next(request.form.get("next", "")) or url_for("home.show_home"), 303)  # type: ignore[assignment]
    if chosen in i18n.LOCALES:
        answer.set_cookie(
            i18n.LANGUAGE_COOKIE,
            chosen,
            max_age=31_536_000,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure,
        )
    return answer


@blueprint.get("/session")
@public
def show_session() -> ResponseReturnValue:
    """Whether somebody is signed in, for pages that stood open: who, and a fresh token for their forms."""
    if find_actor() is None or g.signed_in.missing:
        return jsonify(error="sign_in.required"), 401
    return _session_as_json()


def _session_as_json() -> Response:
    place = name_of_place(current_actor().tenant_id or DISTRICT)
    return jsonify(csrf_token=generate_csrf(), user=g.signed_in.display_name, place=place)


@blueprint.get("/unlock")
@signed_in
def show_unlock() -> ResponseReturnValue:
    """After a rest: the password, and on."""
    if g.signed_in.missing != "password":
        return redirect(url_for("home.begin"), 303)
    target = _safe_next(request.args.get("next", ""))
    return render_template("unlock.html", name=g.signed_in.display_name, next=target, refusal="")


@blueprint.post("/unlock")
@signed_in
def unlock() -> ResponseReturnValue:
    """Take the password; a page that stood open is answered with its fresh token, in JSON."""
    is_beside = request.accept_mimetypes.best == "application/json"
    target = _safe_next(request.form.get("next", ""))
    try:
        fresh = services.unlock(
            token=session.get(TOKEN, ""), password=request.form.get("password", ""), by=current_actor()
        )
    except DomainError as refusal:
        if is_beside:
            return jsonify(title=refusal.text), refusal.status
        name = g.signed_in.display_name
        return render_template("unlock.html", name=name, next=target, refusal=refusal.text), refusal.status
    session.clear()
    session[TOKEN] = fresh
    if is_beside:
        g.pop("csrf_token", None)  # made for the session that was
        return _session_as_json()
    return redirect(target or url_for("home.begin"), 303)


def _safe_next(target: str) -> str:
    """Only a path of ours may follow a sign-in."""
    parts = urlsplit(target)
    is_odd = "\\" in target or not target.isprintable()  # browsers read \ as / and leave tabs out
    is_ours = target.startswith("/") and not target.startswith("//") and not parts.netloc and not is_odd
    return target if is_ours else ""
