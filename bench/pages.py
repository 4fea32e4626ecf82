"""The main pages: SQL statements of each, and the milliseconds that 95 of 100 openings stay under."""

import http.cookiejar
import re
import statistics
import time
import urllib.parse
import urllib.request
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.db.statements import count_statements
from bench.town import Built
from modules.demo import services as demo

ROUNDS = 60
PAGES = (
    ("registrar", "/registration/window"),
    ("registrar", "/patients/"),
    ("doctor", "/clinic/desk"),
    ("doctor", "/clinic/visits/{visit}"),
    ("cashier", "/charging/desk"),
    ("cashier", "/charging/desk/{bill}"),
    ("pharmacist", "/dispensing/window"),
    ("storekeeper", "/dispensing/stock"),
    ("admin", "/catalogue/drugs"),
    ("registrar", "/lookup/prescribable-drugs?q=amxl"),
)


def measure(app: Flask, built: Built, *, visit_id: int, bill_id: str) -> dict[str, Any]:
    """Each main page as its role opens it, in this process, templates and all."""
    app.config["WTF_CSRF_ENABLED"] = False
    figures: dict[str, Any] = {}
    for role, pattern in PAGES:
        role = "doctor" if "prescribable" in pattern else role
        client = _sign_in(app, _account(built, role))
        path = pattern.format(visit=visit_id, bill=bill_id)
        with count_statements() as counted:
            _open(client, path)
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            _open(client, path)
            times.append((time.perf_counter() - began) * 1000)
        shown = re.sub(r"/\{.*", "/…", pattern)
        figures[f"page {shown}: statements"] = counted.count
        figures[f"page {shown}: p95, ms"] = statistics.quantiles(times, n=20)[-1]
    return figures


def _account(built: Built, role: str) -> str:
    return f"{built.centre.plan.code}.{built.doctor if role == 'doctor' else role}"


def _open(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")


def _sign_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    answer = client.post("/sign-in", data={"name": name, "password": demo.PASSWORD})
    if answer.status_code != 303:
        raise RuntimeError(f"{name} cannot sign in")
    return client


def print_papers(host: str, built: Built, prescription_ids: list[str]) -> None:
    """Print prescriptions through the served product, as a doctor's browser does."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    page = browser.open(f"http://{host}/sign-in").read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    if token is None:
        raise RuntimeError("the sign-in page has no token")
    form = {"name": _account(built, "doctor"), "password": demo.PASSWORD, "csrf_token": token[1]}
    browser.open(f"http://{host}/sign-in", urllib.parse.urlencode(form).encode()).read()
    for prescription_id in prescription_ids:
        paper = browser.open(f"http://{host}/prescriptions/{prescription_id}/paper.pdf").read()
        if not paper.startswith(b"%PDF"):
            raise RuntimeError("no paper came")
