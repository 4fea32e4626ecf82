"""Where a request reads, and what it must see: its own writes travel in the cookie, a header, or a link."""

from typing import Any

from flask import Flask, Response, current_app, g, has_request_context, request, session
from itsdangerous import BadSignature, URLSafeSerializer

from app.db import marks
from app.db.marks import Mark
from app.db.retrying import routes
from app.db.units import current_unit

KEPT_IN = "read_after"
HEADER, PARAMETER = "X-Read-After", "read_after"
_SAFE = {"GET", "HEAD"}


def fresh(view: Any) -> Any:
    """This page reads on the primary: what another person wrote a moment ago matters here."""
    view.reads_fresh = True
    return view


def install(app: Flask) -> None:
    """Let requests read on copies, under what they must see."""
    app.before_request(_begin)
    app.after_request(_keep)
    app.teardown_request(_end)
    app.jinja_env.globals["handed_over"] = handed_over


def _begin() -> None:
    unit, found = current_unit(), g.get("signed_in")
    if unit is None or found is None or unit.tenant_id is None or not routes().has_copies(unit.partition):
        return
    view = current_app.view_functions.get(request.endpoint or "")
    unit.is_fresh = request.method not in _SAFE or getattr(view, "reads_fresh", False)
    g.reading = marks.reading_as(f"s{found.sign_in_id}", _carried())
    g.reading.__enter__()


def _carried() -> list[Mark]:
    """Marks of the cookie, of a program's header, and of the link that somebody handed over."""
    carried = [_mark(row) for row in session.get(KEPT_IN, [])]
    for text in (request.headers.get(HEADER, ""), request.args.get(PARAMETER, "")):
        carried += read_text(text)
    return [mark for mark in carried if mark is not None]


def _keep(answer: Response) -> Response:
    reading = marks.present() if "reading" in g else None
    if reading is not None and reading.has_written:
        session[KEPT_IN] = _rows(reading)
        answer.headers[HEADER] = as_text(reading)
    return answer


def _end(error: BaseException | None) -> None:
    opened = g.pop("reading", None)
    if opened is not None:
        opened.__exit__(None, None, None)


def handed_over(url: str) -> str:
    """A link for the next desk: whoever follows it sees what this one has written."""
    reading = marks.present() if has_request_context() else None
    if reading is None or not reading.marks:
        return url
    return f"{url}{'&' if '?' in url else '?'}{PARAMETER}={as_text(reading)}"


def as_text(reading: marks.Reading) -> str:
    """The marks, signed, for a header, a link or a job."""
    text: str = _signer().dumps(_rows(reading))
    return text


def read_text(text: str) -> list[Mark]:
    """The marks of a signed text; none when it is not ours."""
    try:
        rows = _signer().loads(text) if text else []
    except BadSignature:
        return []
    return [mark for row in rows if (mark := _mark(row)) is not None]


def _rows(reading: marks.Reading) -> list[list[Any]]:
    return [[mark.partition, mark.key, mark.n, mark.at] for mark in reading.marks.values() if mark.is_young]


def _mark(row: Any) -> Mark | None:
    match row:
        case [str(partition), str(key), int(n), float() | int() as at]:
            return Mark(partition, key, n, float(at))
    return None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="read-after")
