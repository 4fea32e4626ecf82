"""The program itself: what every answer carries, what it never does, and what hostile input meets."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from support.tools import tool

from app import outgoing
from app.config import ROOT

ROOMS = ("app", "tenants", "modules", "region_upload", "offline_client")
PUBLIC_FILES = {"static", "theme.show_theme", "theme.show_sample"}
EVERYBODYS = {
    "accounts.self.manage",
    "accounts.job.view",
    "accounts.job.start",
}  # what everybody has of these rooms
HOSTILE = ("' OR '1'='1", "'; DROP TABLE patients_patient; --", "%' AND pg_sleep(5) --", "\\")
ODD = (
    "\x00",
    "\x1b[2J",
    "\r\nX-Injected: 1",
    "9" * 5000,
    "\ud7ff\ufffe",
    "\u202e",
    "]C1\x1d0112345",
    "\t\t\n",
)


def _paths(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()):
            path = re.sub(r"<\w+:\w+>", "x", re.sub(r"<int:\w+>", "1", rule.rule))
            yield rule.endpoint, re.sub(r"<\w+>", "x", path)


@pytest.mark.parametrize("role", ["", "administrator", "doctor", "auditor"])
def test_app_04_every_answer_carries_the_headers(app: Flask, sign_in: Any, role: str) -> None:
    app.config["PROPAGATE_DEFECTS"] = False
    client = sign_in(role) if role else app.test_client()
    bare = []
    for endpoint, path in _paths(app):
        if endpoint.endswith(("stream", "pushed")) or "stream" in path:
            continue
        with client.get(path, buffered=False) as answer:
            held = answer.headers
            good = (
                "default-src 'self'" in held.get("Content-Security-Policy", "")
                and "unsafe" not in held["Content-Security-Policy"]
                and held.get("X-Content-Type-Options") == "nosniff"
                and "Referrer-Policy" in held
            )
            if not good:
                bare.append(path)
    assert bare == []


@pytest.mark.parametrize("role", ["", "administrator", "doctor"])
def test_dat_07_no_page_is_kept_by_a_browser(app: Flask, sign_in: Any, role: str) -> None:
    app.config["PROPAGATE_DEFECTS"] = False
    client = sign_in(role) if role else app.test_client()
    kept = []
    for endpoint, path in _paths(app):
        if endpoint in PUBLIC_FILES or endpoint.startswith("theme.") or "stream" in path:
            continue
        with client.get(path, buffered=False) as answer:
            if "no-store" not in answer.headers.get("Cache-Control", ""):
                kept.append((path, answer.headers.get("Cache-Control")))
    assert kept == []


def test_dat_07_signing_out_clears_the_browser(sign_in: Any) -> None:
    answer = sign_in("doctor").post("/sign-out")
    assert '"storage"' in answer.headers["Clear-Site-Data"]
    assert '"cache"' in answer.headers["Clear-Site-Data"]


@pytest.mark.one_engine
def test_app_08_a_fault_tells_a_number_and_nothing_else(
    app: Flask, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in("registrar")
    app.config["PROPAGATE_DEFECTS"] = False
    secret = "psycopg.OperationalError: 990000198506152462"

    def broken(*_arguments: object, **_named: object) -> None:
        raise RuntimeError(secret)

    for target, path in (("app.web.home._home", "/home"), ("sqlalchemy.orm.Session.execute", "/home")):
        room, _, name = target.rpartition(".")
        if target.startswith("app.web") and not hasattr(sys.modules[room], name):
            monkeypatch.setitem(app.view_functions, "home.begin", broken)
            path = "/"
        else:
            monkeypatch.setattr(target, broken)
        answer = client.get(path)
        assert answer.status_code == 500
        assert "990000" not in answer.text
        assert "Traceback" not in answer.text
        assert "RuntimeError" not in answer.text
        assert re.search(r"data-problem-trace>\w{6,}", answer.text)
        monkeypatch.undo()
        app.config["PROPAGATE_DEFECTS"] = False


def _lookups() -> list[str]:
    from app.registry import installed

    return sorted(installed().lookups)


@pytest.mark.control("APP-14")
@pytest.mark.slow
@pytest.mark.parametrize("role", ["doctor", "registrar"])
def test_app_03_and_14_hostile_text_finds_nothing_and_breaks_nothing(
    app: Flask, sign_in: Any, role: str
) -> None:
    app.config["PROPAGATE_DEFECTS"] = False
    client = sign_in(role)
    broken = []
    pages = [path for endpoint, path in _paths(app) if "stream" not in path and endpoint not in PUBLIC_FILES]
    lists = [path for path in pages if "/x" not in path and "/1" not in path]
    for text in (*HOSTILE, *ODD):
        for path in (*lists, *(f"/lookup/{name}" for name in _lookups())):
            asked = dict.fromkeys(("q", "text", "search", "number", "code", "after", "on", "page"), text)
            with client.get(path, query_string=asked, buffered=False) as answer:
                if answer.status_code >= 500:
                    broken.append((path, text[:20], answer.status_code))
                if "X-Injected" in answer.headers:
                    broken.append((path, "header", 0))
    assert broken == []


OUTGOING = {
    "urllib.request",
    "http.client",
    "requests",
    "httpx",
    "aiohttp",
    "smtplib",
    "ftplib",
    "urllib3",
    "telnetlib",
}
OPENING = {"xml", "lxml", "pickle", "marshal", "shelve"}  # XML with entities; objects out of bytes


def _imports(room: str) -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            yield from ((str(file.relative_to(ROOT)), name) for name in names)


@pytest.mark.one_engine
def test_app_07_the_product_calls_through_one_door() -> None:
    """Its allow-list and its limits hold for everybody who calls out."""
    found = {
        (file, name)
        for room in ROOMS
        for file, name in _imports(room)
        if name in OUTGOING or name.split(".")[0] in OUTGOING | OPENING
    }
    simulators = "modules/charging/simulators/"  # programs of their own, no part of the running product
    assert {one for one in found if not one[0].startswith(simulators)} == {("app/outgoing.py", "http.client")}


@pytest.mark.one_engine
def test_app_07_only_listed_hosts_are_called(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    production = replace(app.extensions["his_settings"], environment="production")
    monkeypatch.setitem(app.extensions, "his_settings", production)
    with pytest.raises(outgoing.NothingCame, match="NotListed"):
        outgoing.post("https://channel.example/v1/pay", {}, b"{}")
    listed = replace(production, outgoing_hosts=frozenset({"channel.example"}))
    monkeypatch.setitem(app.extensions, "his_settings", listed)
    assert outgoing.is_listed("https://channel.example/v1/pay")
    assert not outgoing.is_listed("https://channel.example.evil.example/v1/pay")
    assert not outgoing.is_listed("https://evil.example/@channel.example")


@pytest.mark.one_engine
def test_pii_06_pages_load_nothing_from_elsewhere() -> None:
    foreign = re.compile(
        r"""(?:src|href|action)\s*=\s*["']\s*(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import\s+["']http"""
    )
    files = [
        file
        for room in ROOMS
        for kind in ("*.html", "*.css", "*.js")
        for file in (ROOT / room).rglob(kind)
        if "vendor" not in file.parts
    ]
    assert len(files) > 50
    assert [str(file) for file in files if foreign.search(file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-gm.lock", "requirements-dev.lock"])
def test_app_11_every_library_is_pinned_with_its_hashes(lock: str) -> None:
    parts = tool("sbom").python_parts((ROOT / lock).read_text(encoding="utf-8"))
    assert len(parts) > 40
    assert [part["name"] for part in parts if not part["hashes"]] == []


def test_app_11_the_list_names_what_the_project_asks_for() -> None:
    told = tool("sbom").bill()
    names = {part["name"] for part in told["components"]}
    wanted = re.findall(
        r'^    "([A-Za-z0-9_-]+)', (ROOT / "pyproject.toml").read_text().split("optional")[0], re.M
    )
    assert {name.lower() for name in wanted} - names == set()
    assert {"htmx.org", "@alpinejs/csp"} <= names


def test_app_12_pages_of_administration_are_closed_by_the_door(app: Flask) -> None:
    conf = (ROOT / "deploy" / "nginx" / "his.conf").read_text(encoding="utf-8")
    closed = [re.compile(found) for found in re.findall(r'^    ~(\^\S+) "admin', conf, re.M)]
    assert len(closed) == 2
    left = []
    for rule in app.url_map.iter_rules():
        needed = str(getattr(app.view_functions[rule.endpoint], "required_permission", ""))
        is_office = needed.startswith(("accounts.", "tenants.", "audit.")) and needed not in EVERYBODYS
        if is_office and not any(one.search(rule.rule) for one in closed):
            left.append((rule.rule, needed))
    assert left == []
