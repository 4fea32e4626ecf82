"""Refusals that no form caught: a short page for people, a problem document for programs."""

from typing import Any

import structlog
from flask import Flask, Response, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import BadRequest, HTTPException

from app import missing
from app.db.failures import is_away, is_beyond_numbers, is_full
from app.db.retrying import READ_TRIES, look_elsewhere, passing_reason
from app.errors import DomainError, InvalidInput, NotFound, NotSignedIn, StorageFull, Unavailable
from app.i18n import N_, gettext
from app.tracing import trace_number
from app.web.access import find_actor

log = structlog.get_logger()
_HTTP = {
    400: N_("The server did not understand this request."),
    404: N_("There is no such page."),
    405: N_("This cannot be done here."),
    413: N_("This is too large to send."),
    415: N_("Please send JSON."),
    429: N_("Too many tries. Please wait a minute."),
}


def wants_json() -> bool:
    """Whether the caller is a program."""
    return request.path.startswith("/api/")


def problem(status: int, code: str, text: str, details: dict[str, Any] | None = None) -> Response:
    """A problem document (RFC 9457)."""
    body = {
        "type": f"urn:his:problem:{code}",
        "title": text,
        "status": status,
        "code": code,
        "details": details or {},
        "trace": trace_number(),
    }
    answer = jsonify(body)
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    return answer


def show_refusal(refusal: DomainError) -> ResponseReturnValue:
    """A refusal that rose to the top."""
    if isinstance(refusal, NotSignedIn):
        return _ask_to_sign_in(refusal)
    if isinstance(refusal, NotFound):
        _note_missing()
    if wants_json():
        answer = problem(refusal.status, refusal.code, refusal.text, details_of(refusal))
    else:
        answer = Response(_page(refusal.status, refusal.text), refusal.status, mimetype="text/html")
    if isinstance(refusal, Unavailable):
        answer.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return answer


def _note_missing() -> None:
    """The trail keeps which keys were asked for."""
    asked = {**request.args.to_dict(), **(request.view_args or {})}
    missing.note(by=find_actor(), place=request.endpoint or "", asked=asked)


def details_of(refusal: DomainError) -> dict[str, Any]:
    """What a program learns beside the code: complaints by field, or the facts of the rule."""
    if isinstance(refusal, InvalidInput):
        return refusal.complaints
    details = {key: str(value) for key, value in refusal.details.items()}
    return details | ({"field": refusal.field} if refusal.field else {})


def _ask_to_sign_in(refusal: DomainError) -> ResponseReturnValue:
    if wants_json():
        return problem(401, refusal.code, refusal.text)
    if request.headers.get("HX-Request") or request.path.startswith("/lookup/"):
        return Response(refusal.text, 401, mimetype="text/plain")
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("sessions.sign_in", next=back), 303)


def _page(status: int, text: str) -> str:
    return render_template("errors/problem.html", status=status, text=text, trace=trace_number())


def install(app: Flask) -> None:
    """Register the handlers."""
    app.before_request(_refuse_unstorable)
    app.register_error_handler(DomainError, show_refusal)
    app.register_error_handler(CSRFError, _on_csrf)
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(Exception, _on_defect)


def _refuse_unstorable() -> None:
    """No database holds the zero character, so nothing can be looked for with it; forms say so at their field."""
    asked = [
        *request.args.values(),
        *(value for value in (request.view_args or {}).values() if isinstance(value, str)),
    ]
    if any("\0" in value for value in asked):
        raise BadRequest


def _on_csrf(error: CSRFError) -> ResponseReturnValue:
    text = gettext("This page was open too long. Go back, reload it and send it again.")
    return problem(400, "csrf", text) if wants_json() else (_page(400, text), 400)


def _on_http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    text = gettext(_HTTP.get(error.code, N_("This request was refused.")))
    if wants_json():
        return problem(error.code, f"http.{error.code}", text)
    return _page(error.code, text), error.code


def _on_passing(error: Exception) -> ResponseReturnValue:
    """A server went away: a page that only reads is made again from another one, else the caller tries later."""
    tries = READ_TRIES if request.method in {"GET", "HEAD"} else 0
    while tries and look_elsewhere(error):
        tries -= 1
        try:
            answer: ResponseReturnValue = current_app.dispatch_request()
        except DomainError as refusal:
            return show_refusal(refusal)
        except Exception as again:  # the same failure, or one that the first hid
            if not passing_reason(again):
                raise
            error = again
        else:
            return answer
    log.warning("request.unavailable", path=request.path, error=type(error).__name__)
    return show_refusal(Unavailable())


def _on_defect(error: Exception) -> ResponseReturnValue:
    if is_beyond_numbers(error):
        return show_refusal(NotFound())
    if passing_reason(error) or is_away(error):
        return _on_passing(error)
    if isinstance(error, DBAPIError) and is_full(error):
        return show_refusal(StorageFull())
    log.error("request.defect", path=request.path, error=type(error).__name__, exc_info=error)
    if current_app.config["PROPAGATE_DEFECTS"]:
        raise error
    text = gettext("Something went wrong on our side. Nothing was half-written. Please try again.")
    return problem(500, "defect", text) if wants_json() else (_page(500, text), 500)
