"""Liveness, readiness and metrics: what operators and their monitors read."""

import ctypes.util
import hmac
import time
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import literal, select

from app import audit, relay
from app.config import Settings
from app.errors import NotFound
from app.web import assets
from app.web.access import public

blueprint = Blueprint("health", __name__)
REQUESTS = Counter("his_requests_total", "Requests answered", ["endpoint", "status"])
SECONDS = Histogram(
    "his_request_seconds",
    "Time to answer",
    ["endpoint"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
OUTBOX = Gauge("his_outbox_rows", "Deliveries that are not done", ["partition", "status"])


def install(app: Flask) -> None:
    """Count and time every request."""

    @app.before_request
    def start() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(answer: Response) -> Response:
        endpoint = request.endpoint or "unknown"
        REQUESTS.labels(endpoint, answer.status_code).inc()
        if "began" in g:
            SECONDS.labels(endpoint).observe(time.perf_counter() - g.began)
        return answer


@blueprint.get("/healthz")
@public
def show_health() -> ResponseReturnValue:
    """The process lives; no database is touched. Says what is missing for pages and papers."""
    parts = {
        "assets": "missing" if assets.are_missing() else "ok",
        "paper_fonts": "ok"
        if ctypes.util.find_library("harfbuzz-subset")
        else "slow: install libharfbuzz-subset0",
    }
    return jsonify(status="ok", parts=parts)


@blueprint.get("/readyz")
@public
def show_readiness() -> ResponseReturnValue:
    """Whether control and every partition answer. Copies are told of, but pages go on without them."""
    states: dict[str, Any] = {}
    for name, engine in current_app.extensions["his_engines"].items():
        if name.endswith(".ro"):
            continue
        try:
            with engine.connect() as connection:
                connection.execute(select(literal(1)))
            states[name] = "ok"
        except Exception as failure:  # whatever the driver raises, the answer is: not ready
            states[name] = type(failure).__name__
    ready = all(state == "ok" for name, state in states.items() if ".copy" not in name)
    return jsonify(status="ready" if ready else "not ready", databases=states), 200 if ready else 503


@blueprint.get("/metrics")
@public
def show_metrics() -> ResponseReturnValue:
    """Prometheus text, for the monitor that knows the password; without one set, open outside production only."""
    if not _is_monitor():
        raise NotFound
    for partition in audit.partitions():
        left = relay.unfinished(partition)
        for status in ("waiting", "claimed", "dead"):
            OUTBOX.labels(partition or "control", status).set(left.get(status, 0))
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _is_monitor() -> bool:
    settings: Settings = current_app.extensions["his_settings"]
    if not settings.metrics_password:
        return settings.environment != "production"
    sent = (request.authorization.password if request.authorization else None) or ""
    return hmac.compare_digest(sent.encode(), settings.metrics_password.encode())
