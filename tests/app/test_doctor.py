"""`flask doctor`: each check says nothing of what is good, and names what is broken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import audit, clock, relay
from app.actor import Actor
from app.crypto import heads
from app.db import soundness
from app.db.units import kernel_unit
from app.doctor import cli, databases, machine, running, settings
from app.doctor.findings import Found, Site, State, ok, problem
from modules.patients.services import create_patient

GOOD = "postgresql+psycopg://a@/p1?host=db1:5432&host=db2:5432&sslmode=verify-full"


@pytest.fixture
def site(app: Flask, tmp_path: Path) -> Site:
    """The installation of the suite, with folders of this test's own."""
    own = replace(
        app.extensions["his_settings"],
        data_folder=tmp_path,
        audit_heads=tmp_path / "heads",
        audit_key=tmp_path / "key.pem",
    )
    app.extensions["his_settings"], before = own, app.extensions["his_settings"]
    yield Site(own, dict(app.config), app.extensions["his_engines"], {}, clock.now())
    app.extensions["his_settings"] = before


def _said(check: cli.Check, site: Site) -> list[str]:
    return [one.text for one in check(site) if one.state is not State.OK]


def _with(site: Site, **changes: Any) -> Site:
    return replace(site, settings=replace(site.settings, **changes))


def test_every_check_has_a_control_and_a_title_of_its_own() -> None:
    assert len({title for _control, title, _check in cli.CHECKS}) == len(cli.CHECKS)
    rooms = (settings, databases, running, machine)
    checks = {
        name
        for room in rooms
        for name, one in vars(room).items()
        if getattr(one, "__module__", "") == room.__name__ and callable(one) and not name.startswith("_")
    }
    assert {check.__name__ for _control, _title, check in cli.CHECKS} == checks


def test_a_check_that_cannot_ask_is_a_problem(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(site: Site) -> Any:
        raise OSError("gone")
        yield

    def silent(site: Site) -> Any:
        yield from ()

    monkeypatch.setattr(cli, "CHECKS", (("OPS-01", "One", broken), ("OPS-02", "Two", silent)))
    first, second = cli.examine(site)
    assert (first.state, first.control, first.remedy) == (State.PROBLEM, "OPS-01", "gone")
    assert second == Found(State.OK, "Two", "", "OPS-02")


@pytest.mark.control("APP-10")
@pytest.mark.parametrize(
    ("changes", "environment", "words"),
    [
        ({"environment": "production"}, {}, "HIS_SECRET_KEY"),
        ({}, {"FLASK_DEBUG": "1"}, "Debugging"),
        ({"metrics_password": "short"}, {}, "5 characters"),
    ],
)
def test_weak_settings_are_named(
    site: Site, changes: dict[str, Any], environment: dict[str, str], words: str
) -> None:
    good = replace(site, config={})
    assert not any(words in said for said in _english(settings.settings_hold, good))
    bad = replace(_with(good, **changes), environment=environment)
    assert any(words in said for said in _english(settings.settings_hold, bad))


def _english(check: cli.Check, site: Site) -> list[str]:
    from app.i18n import force_locale

    with force_locale("en"):
        return _said(check, site)


@pytest.mark.control("APP-10")
def test_a_key_that_others_may_read_is_named(site: Site, tmp_path: Path) -> None:
    master = tmp_path / "master.key"
    master.write_text("x")
    master.chmod(0o600)
    tmp_path.chmod(0o700)
    named = replace(site, environment={"HIS_MASTER_KEY_FILE": str(master)})
    assert _said(settings.files_are_private, named) == []
    master.chmod(0o644)
    tmp_path.chmod(0o755)
    assert len(_said(settings.files_are_private, named)) == 2
    assert len(_said(settings.files_are_private, site)) == 2


@pytest.mark.control("DAT-01")
@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"partition_urls": {"p1": GOOD}}, 0),
        ({"partition_urls": {"p1": GOOD.replace("verify-full", "require")}}, 1),
        ({"partition_urls": {"p1": "postgresql+psycopg://a@/p1?host=/run/postgresql"}}, 0),
        ({"replica_urls": {"p1": ("postgresql+psycopg://a@db2/p1",)}}, 1),
        ({"owner_urls": {"p1": "postgresql+psycopg://o@db1/p1"}}, 1),
        ({"redis_url": "redis://h"}, 1),
        ({"redis_url": "rediss://h"}, 0),
        ({"partition_urls": {"p1": "mssql+pymssql://a@h/p1"}}, 1),
    ],
)
def test_an_open_line_is_named(site: Site, changes: dict[str, Any], count: int) -> None:
    plain = {"control_url": "sqlite://", "partition_urls": {}, "owner_urls": {}} | changes
    assert len(_said(settings.lines_are_sealed, _with(site, **plain))) == count


def test_open_cookies_are_named(site: Site) -> None:
    good = {
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_NAME": "__Host-his",
    }
    assert _said(settings.cookies_are_closed, replace(site, config=good)) == []
    for name in good:
        bad = replace(site, config=good | {name: ""})
        assert any(name in said for said in _said(settings.cookies_are_closed, bad))
    behind = _with(replace(site, config=good), environment="production")
    assert len(_said(settings.cookies_are_closed, behind)) == 1
    assert _said(settings.cookies_are_closed, _with(behind, trusted_proxies=1)) == []


def test_a_missing_second_factor_is_named(site: Site) -> None:
    assert _said(settings.people_prove_themselves, _with(site, second_factor="administrators")) == []
    assert len(_said(settings.people_prove_themselves, _with(site, second_factor="nobody"))) == 1


def test_an_unused_account_is_named(site: Site) -> None:
    assert _said(machine.accounts_are_used, site) == []
    late = replace(site, now=site.now + timedelta(days=91))
    assert (
        "doctor@c1" in _said(machine.accounts_are_used, late)[0]
        or "90" in _said(machine.accounts_are_used, late)[0]
    )


@pytest.mark.control("ACC-06")
def test_roles_and_policies_are_looked_at(site: Site, as_owner: Callable[..., Any]) -> None:
    if site.engines["p1"].dialect.name != "postgresql":
        assert len(_said(databases.tables_have_policies, site)) == 1
        return
    assert _said(databases.roles_are_plain, site) == _said(databases.tables_have_policies, site) == []
    as_owner("p1", "ALTER TABLE patients_patient DISABLE ROW LEVEL SECURITY")
    assert "patients_patient" in _said(databases.tables_have_policies, site)[0]


def test_a_schema_of_yesterday_is_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases.migrate, "present", lambda engine: "0009")
    monkeypatch.setattr(databases.migrate, "newest", lambda kind: "0009")
    assert _said(databases.schemas_are_present, site) == []
    monkeypatch.setattr(databases.migrate, "newest", lambda kind: "0010")
    assert len(_said(databases.schemas_are_present, site)) == 2


@pytest.mark.control("AUD-07", "OPS-01")
def test_clocks_commits_and_copies(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.server_time()
    for answer, count in ((now, 0), (now + timedelta(seconds=30), 2)):
        monkeypatch.setattr(soundness, "clock_of", lambda connection, answer=answer: answer)
        assert len(_said(databases.clocks_agree, site)) == count
    for confirmed, count in ((True, 0), (None, 0), (False, 2)):
        monkeypatch.setattr(soundness, "confirms_commits", lambda connection, confirmed=confirmed: confirmed)
        assert len(_said(databases.commits_are_confirmed, site)) == count
    assert len(_said(databases.copies_follow, site)) == 1  # the suite's has none


def test_the_server_answers_what_is_asked(site: Site) -> None:
    with site.engines["p1"].connect() as connection:
        is_server = connection.dialect.name == "postgresql"
        told = soundness.clock_of(connection)
        assert (told is not None) == is_server
        assert soundness.confirms_commits(connection) is (False if is_server else None)
        assert soundness.version_of(connection) >= (3,)
        assert soundness.epoch_of(connection, is_control=False) == 0


def test_a_primary_of_the_past_is_named(site: Site) -> None:
    from app.db.places import Partition

    assert _said(databases.epochs_agree, site) == []
    with kernel_unit(""):
        from app.db import db

        db.session.add(Partition(name="p1", epoch=2))
        db.session.commit()
    assert len(_said(databases.epochs_agree, site)) == 1


def test_redis_is_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    import redis

    class Line:
        kept = 1

        def ping(self) -> bool:
            return True

        def info(self, section: str) -> dict[str, int]:
            return {"aof_enabled": self.kept}

    assert len(_said(running.redis_answers, site)) == 1
    monkeypatch.setattr(redis.Redis, "from_url", lambda *_a, **_k: Line())
    assert _said(running.redis_answers, _with(site, redis_url="rediss://x")) == []
    Line.kept = 0
    assert len(_said(running.redis_answers, _with(site, redis_url="rediss://x"))) == 1


def test_a_relay_that_stands_still_is_named(site: Site, registrar: Actor) -> None:
    create_patient(name="王测试", document_number="990000198506152462", by=registrar)
    relay.run_until_empty()
    audit.seal("p1")
    audit.seal("")
    later = replace(site, now=site.now + timedelta(minutes=3))
    assert _said(running.relay_works, site) == []
    create_patient(name="李测试", born_on=date(1970, 1, 1), by=registrar)
    assert len(_said(running.relay_works, later)) == 1
    audit.seal("p1")


@pytest.mark.control("AUD-02")
def test_a_head_that_nobody_signs_is_named(site: Site, registrar: Actor) -> None:
    create_patient(name="王测试", document_number="990000198506152462", by=registrar)
    for partition in audit.partitions():
        audit.seal(partition)
    assert len(_said(running.heads_are_signed, site)) >= 1
    for partition in audit.partitions():
        heads.sign(partition)
    assert _said(running.heads_are_signed, site) == []
    create_patient(name="李测试", born_on=date(1970, 1, 1), by=registrar)
    audit.seal("p1")
    assert len(_said(running.heads_are_signed, replace(site, now=site.now + timedelta(hours=3)))) == 1
    assert len(_said(running.heads_are_signed, _with(site, audit_heads=None))) == 1


def test_a_foreign_or_old_key_is_named(site: Site, registrar: Actor, as_owner: Callable[..., Any]) -> None:
    create_patient(name="王测试", document_number="990000198506152462", by=registrar)
    assert _said(running.keys_are_ready, site) == []
    assert len(_said(running.keys_are_ready, replace(site, now=site.now + timedelta(days=400)))) == 1
    as_owner("control", "UPDATE control_data_key SET master = 'another'")
    assert len(_said(running.keys_are_ready, site)) == 1


@pytest.mark.control("APP-11")
def test_old_libraries_are_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_openssl_of_pymssql", lambda: "")
    assert _said(machine.libraries_are_mended, site) == []
    monkeypatch.setattr(machine, "_openssl_of_pymssql", lambda: "OpenSSL 1.1.1k")
    assert "OpenSSL 1.1.1k" in _said(machine.libraries_are_mended, site)[0]
    monkeypatch.setattr(
        machine, "PYTHON_ENDS", dict.fromkeys(machine.PYTHON_ENDS, site.now.date() - timedelta(days=1))
    )
    assert len(_said(machine.libraries_are_mended, site)) == 2


def test_a_full_disk_is_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    for free, states in ((50, []), (10, [State.WARNING]), (3, [State.PROBLEM])):
        monkeypatch.setattr(
            machine.shutil, "disk_usage", lambda folder, free=free: usage(100, 100 - free, free)
        )
        assert [one.state for one in machine.disks_have_room(site)] == states


@pytest.mark.control("DAT-08")
def test_an_old_backup_is_named(site: Site, tmp_path: Path) -> None:
    assert len(_said(machine.backups_are_young, site)) == 1
    stamp = tmp_path / "his.stamp"
    known = replace(site, environment={"HIS_BACKUP_FOLDER": str(tmp_path)})
    for hours, count in ((1, 0), (27, 1)):
        stamp.write_text(f"{site.now - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}\n")
        assert len(_said(machine.backups_are_young, known)) == count


def test_missing_files_of_pages_are_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.assets, "are_missing", lambda: False)
    monkeypatch.setattr(machine.ctypes.util, "find_library", lambda name: name)
    monkeypatch.setattr(machine.Path, "rglob", lambda self, pattern: iter([self]))
    assert _said(machine.papers_can_be_made, site) == []
    monkeypatch.setattr(machine.assets, "are_missing", lambda: True)
    monkeypatch.setattr(machine.ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(machine.Path, "rglob", lambda self, pattern: iter([]))
    assert len(_said(machine.papers_can_be_made, site)) == 3


@pytest.mark.parametrize(("found", "strict", "code"), [(ok("a"), True, 0), (problem("a", "b"), False, 1)])
def test_the_command_speaks_the_terminals_language(
    app: Flask, monkeypatch: pytest.MonkeyPatch, found: Found, strict: bool, code: int
) -> None:
    monkeypatch.setattr(cli, "CHECKS", (("OPS-01", "One", lambda site: iter([found])),))
    runner = app.test_cli_runner()
    for language, word in (("zh_CN.UTF-8", "个问题"), ("C.UTF-8", "problems")):
        answer = runner.invoke(cli.doctor, ["--strict"] * strict, env={"LC_ALL": language})
        assert (answer.exit_code, word in answer.output) == (code, True)


def test_strict_fails_on_a_warning(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Found(State.WARNING, "a", "b")
    monkeypatch.setattr(cli, "CHECKS", (("OPS-01", "One", lambda site: iter([said])),))
    codes = [app.test_cli_runner().invoke(cli.doctor, flags).exit_code for flags in ([], ["--strict"])]
    assert codes == [0, 1]
