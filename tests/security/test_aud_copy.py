"""The trail on another machine: as it grows, whole, and later when the other machine was away."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select
from support.outpatients import make_patient

from app import audit, audit_copy, clock, daily
from app.actor import Actor
from app.cli import verify_copy
from app.db import across_tenants, db
from app.doctor.findings import Site
from app.doctor.running import trail_is_copied
from app.records import AuditRow
from app.tenancy import tenant_of


@pytest.fixture
def place(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of another machine."""
    folder = tmp_path / "other-machine"
    settings = replace(app.extensions["his_settings"], audit_copy=folder)
    monkeypatch.setitem(app.extensions, "his_settings", settings)
    return folder


def _rows() -> int:
    with across_tenants("p1"):
        return db.session.scalar(select(func.count()).select_from(AuditRow)) or 0


def _copied(place: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(place.glob("p1-*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def test_aud_04_the_copy_holds_every_row_and_proves_itself(place: Path, registrar: Actor) -> None:
    make_patient(registrar)
    audit.seal("p1")
    assert audit_copy.copy_new("p1") == _rows() > 0
    assert audit_copy.copy_new("p1") == 0
    make_patient(registrar)
    audit.seal("p1")
    audit_copy.copy_new("p1")
    numbers = [row["no"] for row in _copied(place)]
    assert numbers == list(range(1, _rows() + 1))
    assert audit_copy.complaints(place, "p1") == []
    assert audit_copy.last_copied("p1") == numbers[-1]


def test_aud_04_a_machine_that_was_away_gets_everything_later(
    app: Flask, place: Path, registrar: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write_text("not a folder")
    make_patient(registrar)
    audit.seal("p1")
    assert audit_copy.copy_new("p1") == 0
    place.unlink()
    clock.stop(clock.now() + timedelta(minutes=2))
    settings, engines = app.extensions["his_settings"], app.extensions["his_engines"]
    site = Site(settings, dict(app.config), engines, {}, clock.now())
    assert any("p1" in found.text for found in trail_is_copied(site))
    assert audit_copy.copy_new("p1") == _rows()
    assert not any("p1" in found.text for found in trail_is_copied(site))


def test_aud_04_half_a_line_of_a_crash_is_written_anew(place: Path, registrar: Actor) -> None:
    make_patient(registrar)
    audit.seal("p1")
    audit_copy.copy_new("p1")
    path = next(place.glob("p1-*.jsonl"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert audit_copy.copy_new("p1") == 1
    assert path.read_bytes() == whole
    path.write_bytes(b'{"no": 1, "prev')
    assert audit_copy.copy_new("p1") == _rows()
    assert path.read_bytes() == whole


def test_aud_04_a_new_month_goes_on_where_the_last_ended(place: Path, registrar: Actor) -> None:
    make_patient(registrar)
    audit.seal("p1")
    audit_copy.copy_new("p1")
    clock.stop(clock.now() + timedelta(days=40))
    make_patient(registrar)
    audit.seal("p1")
    audit_copy.copy_new("p1")
    assert len(list(place.glob("p1-*.jsonl"))) == 2
    assert audit_copy.complaints(place, "p1") == []


@pytest.mark.parametrize("change", ["text", "gap", "end", "order"])
def test_aud_04_whoever_changes_the_copy_is_found(place: Path, registrar: Actor, change: str) -> None:
    make_patient(registrar)
    make_patient(registrar)
    audit.seal("p1")
    audit_copy.copy_new("p1")
    path = next(place.glob("p1-*.jsonl"))
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    changed = {
        "text": [lines[0].replace("2026", "2025", 1), *lines[1:]],
        "gap": [lines[0], *lines[2:]],
        "end": [*lines[:-1], "{}\n"],
        "order": [lines[1], lines[0], *lines[2:]],
    }[change]
    assert changed != lines
    path.write_text("".join(changed), encoding="utf-8")
    assert len(audit_copy.complaints(place, "p1")) == 1
    answer = CliRunner().invoke(verify_copy, [str(place)])
    assert answer.exit_code == 1
    assert "p1-" in answer.output


def test_aud_04_the_command_says_that_a_copy_is_whole(place: Path, registrar: Actor) -> None:
    make_patient(registrar)
    for partition in audit.partitions():
        audit.seal(partition)
        audit_copy.copy_new(partition)
    answer = CliRunner().invoke(verify_copy, [str(place)])
    assert answer.exit_code == 0
    assert "p1: unbroken" in answer.output


def test_aud_04_years_of_daily_work_cut_nothing_off_the_trail(
    ours: dict[str, Any], registrar: Actor, as_owner: Callable[..., list[Any]]
) -> None:
    make_patient(registrar)
    before = _rows()
    for months in (7, 24, 48):
        clock.stop(clock.now() + timedelta(days=30 * months))
        daily.do_now(tenant_of(ours["tenant_id"]))
    assert _rows() >= before
    assert audit.verify("p1")[1] is None
