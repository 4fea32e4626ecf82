"""The trail: nobody changes it unseen, not even the database's owner; without it nothing is done."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from app import audit, clock, relay
from app.actor import Actor
from app.cli import kernel_findings
from app.crypto import heads
from app.crypto.keyring import keyring
from app.crypto.suites import SUITES
from app.db import db, isolation
from app.db.append_only import RecordMayNotChange
from app.db.units import kernel_unit
from app.records import AuditRow
from modules.patients.models import Patient
from modules.patients.services import create_patient

Say = Any
NUMBER = "990000198506152462"


@pytest.fixture(autouse=True)
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Heads and their key in a folder of this test's own."""
    settings = app.extensions["his_settings"]
    own = replace(settings, audit_heads=tmp_path / "heads", audit_key=tmp_path / "key.pem")
    monkeypatch.setitem(app.extensions, "his_settings", own)
    return own.heads_folder


@pytest.fixture
def signed(registrar: Actor) -> list[int]:
    """Ids of the trail's rows in the order of the chain, whose head is signed."""
    create_patient(name="王测试", document_number=NUMBER, by=registrar)
    audit.seal("p1")
    assert heads.sign("p1")
    assert _verify() == (None, [])
    with kernel_unit("p1"):
        return list(db.session.scalars(select(AuditRow.id).order_by(AuditRow.sealed_no)))


def _verify() -> tuple[int | None, list[str]]:
    return audit.verify("p1")[1], heads.complaints("p1")


@pytest.mark.parametrize("column", ["actor_name", "at", "detail", "tenant_id", "row_hash", "sealed_no"])
def test_aud_02_a_changed_row_is_named(signed: list[int], as_owner: Say, column: str) -> None:
    victim = signed[3]
    values = {
        "actor_name": "'nobody'",
        "at": "'2026-01-01 00:00:00.000000'",
        "detail": "'[]'",
        "tenant_id": "7",
        "row_hash": "'0'",
        "sealed_no": "1000000",
    }
    as_owner("p1", f"UPDATE kernel_audit SET {column} = {values[column]} WHERE id = :id", id=victim)
    bad, _ = _verify()
    assert bad == (signed[4] if column == "sealed_no" else victim)


def test_aud_02_a_deleted_row_is_noticed_at_its_place(signed: list[int], as_owner: Say) -> None:
    as_owner("p1", "DELETE FROM kernel_audit WHERE id = :id", id=signed[3])
    assert _verify()[0] == signed[4]


def test_aud_02_two_swapped_rows_are_noticed(signed: list[int], as_owner: Say) -> None:
    (a,), (b,) = (
        as_owner("p1", "SELECT sealed_no FROM kernel_audit WHERE id = :id", id=row) for row in signed[3:5]
    )
    for row, number in ((signed[3], -1), (signed[4], a[0]), (signed[3], b[0])):
        as_owner("p1", "UPDATE kernel_audit SET sealed_no = :no WHERE id = :id", no=number, id=row)
    assert _verify()[0] == signed[4]


@pytest.mark.parametrize("rows", [1, 5])
def test_aud_02_a_trail_cut_off_at_its_end_is_noticed(signed: list[int], as_owner: Say, rows: int) -> None:
    for row in signed[-rows:]:
        as_owner("p1", "DELETE FROM kernel_audit WHERE id = :id", id=row)
    bad, against = _verify()
    assert bad is None  # the chain alone does not see it
    assert "cut off" in against[0]
    assert f"no. {len(signed)}" in against[0]


def test_aud_02_a_trail_cut_off_and_grown_again_is_noticed(
    signed: list[int], as_owner: Say, registrar: Actor
) -> None:
    for row in signed[-2:]:
        as_owner("p1", "DELETE FROM kernel_audit WHERE id = :id", id=row)
    for number in range(3):
        create_patient(name="李测试", born_on=f"198{number}-01-01", is_another_person=True, by=registrar)
    audit.seal("p1")
    bad, against = _verify()
    assert bad is None
    assert "is not the one signed" in against[0]


def test_aud_02_a_chain_written_anew_from_its_first_row_is_noticed(signed: list[int], as_owner: Say) -> None:
    as_owner("p1", "UPDATE kernel_audit SET actor_name = 'nobody' WHERE id = :id", id=signed[0])
    as_owner("p1", "UPDATE kernel_audit SET sealed_no = NULL, previous_hash = '', row_hash = ''")
    audit.seal("p1")
    bad, against = _verify()
    assert bad is None
    assert str(signed[-1]) in against[0]


@pytest.mark.parametrize("suite", ["intl", "gm"])
def test_aud_02_a_forged_head_does_not_bear_our_signature(
    app: Flask, registrar: Actor, folder: Path, suite: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(keyring(), "suite", SUITES[suite])
    create_patient(name="王测试", document_number=NUMBER, by=registrar)
    audit.seal("p1")
    head = heads.sign("p1")
    assert head is not None
    assert heads.complaints("p1") == []
    file = folder / "p1.jsonl"
    file.write_text(file.read_text().replace(f'"number": {head.number}', f'"number": {head.number - 1}'))
    assert "signature" in heads.complaints("p1")[0]


def test_aud_02_heads_are_signed_every_hour(
    app: Flask, registrar: Actor, folder: Path, monkeypatch: Any
) -> None:
    hours, moment = heads.Hours(), clock.server_time()
    for minutes, expected in ((0, 1), (30, 1), (59, 1), (61, 2)):
        create_patient(
            name="王测试", born_on=f"1980-01-{minutes % 28 + 1:02d}", is_another_person=True, by=registrar
        )
        audit.seal("p1")
        monkeypatch.setattr(clock, "server_time", lambda minutes=minutes: moment + minutes * heads.EVERY / 60)
        hours.look()
        assert len((folder / "p1.jsonl").read_text().splitlines()) == expected
    assert heads.complaints("p1") == []
    assert heads.sign("p1") is None  # nothing new
    assert (folder.parent / "key.pem").stat().st_mode & 0o777 == 0o600


def test_aud_02_the_commands_name_what_is_wrong(app: Flask, signed: list[int], as_owner: Say) -> None:
    run = app.test_cli_runner().invoke
    relay.run_until_empty()
    audit.seal("")
    audit.seal("p1")
    assert "control: signed at row no." in run(args=["audit", "sign"]).output
    assert run(args=["audit", "verify"]).exit_code == 0
    assert [finding for finding in kernel_findings() if not finding.holds] == []
    as_owner("p1", "DELETE FROM kernel_audit WHERE sealed_no = (SELECT max(sealed_no) FROM kernel_audit)")
    broken = run(args=["audit", "verify"])
    assert (broken.exit_code, "cut off" in broken.output) == (1, True)
    assert [finding.name for finding in kernel_findings() if not finding.holds] == [
        "signed heads of p1 agree"
    ]


# Append-only


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kernel_audit SET actor_name = 'nobody'",
        "UPDATE kernel_audit SET at = at",
        "UPDATE kernel_audit SET tenant_id = 1, sealed_no = 1",
        "DELETE FROM kernel_audit",
        "TRUNCATE kernel_audit",
    ],
)
@pytest.mark.parametrize("name", ["p1", "control"])
def test_aud_03_the_applications_role_adds_and_reads_only(
    app: Flask, databases: Any, signed: list[int], statement: str, name: str
) -> None:
    """PostgreSQL; SQLite has no roles: there the program's own guard stands alone (next test)."""
    if databases.kind != "postgresql":
        pytest.skip("SQLite has no roles")
    if name == "control":
        statement = statement.replace("kernel_", "control_")
    with app.extensions["his_engines"][name].begin() as connection:
        isolation.see_everybody(connection)
        with pytest.raises(DBAPIError, match="permission denied"):
            connection.execute(text(statement))


def test_aud_03_the_upgrade_takes_the_rights_away(
    databases: Any, app: Flask, monkeypatch: Any, as_owner: Say
) -> None:
    if databases.kind != "postgresql":
        pytest.skip("SQLite has no roles")
    as_owner("p1", "GRANT ALL ON kernel_audit TO his_app")
    with app.extensions["his_engines"]["p1"].begin() as connection:
        connection.execute(text("UPDATE kernel_audit SET actor_name = actor_name"))
    from app.db import migrate

    with migrate.owned() as owners, owners["p1"].begin() as connection:
        isolation.keep_trail(connection, "his_app")
    with app.extensions["his_engines"]["p1"].begin() as connection, pytest.raises(DBAPIError):
        connection.execute(text("UPDATE kernel_audit SET actor_name = actor_name"))


def _change_a_row() -> None:
    row = db.session.scalars(select(AuditRow).limit(1)).one()
    row.actor_name = "nobody"
    db.session.flush()


@pytest.mark.parametrize(
    "change",
    [
        _change_a_row,
        lambda: db.session.execute(update(AuditRow).values(actor_name="nobody")),
        lambda: db.session.execute(delete(AuditRow)),
    ],
    ids=["row", "update", "delete"],
)
def test_aud_03_the_program_changes_nothing_but_the_seal(signed: list[int], change: Any) -> None:
    with kernel_unit("p1"), pytest.raises(RecordMayNotChange):
        change()


def test_aud_03_without_the_trail_nothing_is_done(registrar: Actor, as_owner: Say) -> None:
    """Fail closed: the act and its row are one transaction."""
    as_owner("p1", "ALTER TABLE kernel_audit RENAME TO kernel_audit_away")
    with pytest.raises(DBAPIError):
        create_patient(name="王测试", document_number=NUMBER, by=registrar)
    as_owner("p1", "ALTER TABLE kernel_audit_away RENAME TO kernel_audit")
    assert as_owner("p1", f"SELECT count(*) FROM {Patient.__tablename__}")[0][0] == 0
    assert create_patient(name="王测试", document_number=NUMBER, by=registrar).id
