"""The screen in the waiting hall (候诊屏): pushed by server-sent events, polled when the line is cut."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Response, current_app, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue

from app.db import tenant_unit
from app.i18n import force_locale, gettext, select_locale
from app.web.access import current_actor, current_tenant, requires
from app.web.budgets import places
from modules.registration import queries
from modules.registration.views.blueprint import blueprint
from tenants import queries as tenants

LOOK_EVERY = 1.0  # seconds
BEAT_EVERY = 15.0  # a line without content keeps proxies from hanging up
STREAM_FOR = 300.0  # then the screen comes back by itself, perhaps to another server
STREAMS, STREAMS_OF_CENTRE = (
    12,
    6,
)  # of a process; more screens than these poll, so that desks find a free thread
_streams = threading.BoundedSemaphore(STREAMS)


@blueprint.get("/displays")
@requires("registration.visit.view")
def list_displays() -> ResponseReturnValue:
    """Which screens there are: one for each station and each department."""
    return render_template(
        "registration/displays.html", stations=tenants.list_stations(), departments=tenants.list_departments()
    )


@blueprint.get("/displays/departments/<int:department_id>")
@requires("registration.visit.view")
def show_department_display(department_id: int) -> ResponseReturnValue:
    """The screen of a department."""
    department = tenants.get_department(department_id)
    return _screen(department.name, "department", department_id=department_id)


@blueprint.get("/displays/departments/<int:department_id>/state")
@requires("registration.visit.view")
def show_department_state(department_id: int) -> ResponseReturnValue:
    """What the screen of a department shows now."""
    return jsonify(queries.display_state([tenants.get_department(department_id).id]))


@blueprint.get("/displays/departments/<int:department_id>/events")
@requires("registration.visit.view")
def stream_department(department_id: int) -> ResponseReturnValue:
    """The same, pushed with every change."""
    return _stream([tenants.get_department(department_id).id])


@blueprint.get("/displays/stations/<int:station_id>")
@requires("registration.visit.view")
def show_station_display(station_id: int) -> ResponseReturnValue:
    """The screen of a whole house."""
    return _screen(queries.get_station(station_id).name, "station", station_id=station_id)


@blueprint.get("/displays/stations/<int:station_id>/state")
@requires("registration.visit.view")
def show_station_state(station_id: int) -> ResponseReturnValue:
    """What the screen of a house shows now."""
    return jsonify(queries.display_state(queries.departments_of_station(station_id)))


@blueprint.get("/displays/stations/<int:station_id>/events")
@requires("registration.visit.view")
def stream_station(station_id: int) -> ResponseReturnValue:
    """The same, pushed with every change."""
    return _stream(queries.departments_of_station(station_id))


def _screen(name: str, kind: str, **place: int) -> str:
    values: dict[str, Any] = dict(place)
    display = {
        "title": f"{current_tenant().name} {name}" if name != current_tenant().name else name,
        "state_url": url_for(f".show_{kind}_state", **values),
        "events_url": url_for(f".stream_{kind}", **values),
        "voice": True,
        "foot": [
            gettext("Please keep your ticket and wait near the room."),
            gettext("Emergencies, the elderly, soldiers and disabled persons go first."),
        ],
    }
    return render_template("queue_display.html", display=display)


def _stream(department_ids: list[int]) -> ResponseReturnValue:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # werkzeug's proxy
    tenant_id, language = current_actor().tenant_id or 0, select_locale()
    centres = places()
    if not centres.take("screen", tenant_id, STREAMS_OF_CENTRE, waiters=0):
        return Response(status=204)  # the browser does not come back here, the screen polls
    if not _streams.acquire(blocking=False):
        centres.give_back("screen", tenant_id)
        return Response(status=204)

    def look() -> dict[str, Any]:
        with app.app_context(), tenant_unit(tenant_id), force_locale(language):
            return queries.display_state(department_ids)

    def end() -> None:
        _streams.release()
        centres.give_back("screen", tenant_id)

    answer = Response(_Stream(look, end), mimetype="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


class _Stream:
    """Events of one screen. Between two looks it holds no connection, no session and no unit."""

    def __init__(self, look: Callable[[], dict[str, Any]], end: Callable[[], None]) -> None:
        self._events, self._end = _events(look), end

    def __iter__(self) -> Iterator[str]:
        return self._events

    def close(self) -> None:
        """The screen hung up, or its time is over."""
        self._end()


def _events(look: Callable[[], dict[str, Any]]) -> Iterator[str]:
    began = beat = time.monotonic()
    said = ""
    yield "retry: 3000\n\n"
    while time.monotonic() - began < STREAM_FOR:
        state = json.dumps(look(), ensure_ascii=False)
        if state != said:
            said, beat = state, time.monotonic()
            yield f"event: state\ndata: {state}\n\n"
        elif time.monotonic() - beat > BEAT_EVERY:
            beat = time.monotonic()
            yield ": still here\n\n"
        time.sleep(LOOK_EVERY)
