"""Secrecy of data: what is stored is sealed, found by keyed digests, and keys change while desks work."""

import ast
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from support import world

from app import ids, relay
from app.actor import Actor
from app.blind_index import DISTRICT, blind_index, blind_indexes
from app.config import SAMPLE_MASTER_KEY, ConfigurationError, Settings, read_secret
from app.crypto import keyring as rings
from app.crypto import rotation
from app.crypto.keyring import KeyDestroyed, Keyring, keyring
from app.crypto.master import LocalMasterKey
from app.crypto.models import KeyPurpose, KeyState
from app.crypto.suites import SUITES, SealBroken
from app.db import Mode, db, migrate, tenant_unit
from app.db.statements import count_statements
from modules.patients import queries, services
from modules.patients.models import Card, ImportRow, IndexEntry, Patient
from modules.patients.services import create_patient

ROOT = Path(__file__).parents[2]
NUMBER, PHONE, ADDRESS, GUARDIAN = "990000198506152462", "19900007788", "示范区秘密路七十七号", "19900006655"
CARD = "KC77665544"
PLANTED = (NUMBER, PHONE, ADDRESS, GUARDIAN, CARD)
Say = Callable[..., list[Any]]


@pytest.fixture
def resident(registrar: Actor) -> Patient:
    """Somebody whose every sensitive field is known."""
    patient = create_patient(
        name="王测试",
        document_number=NUMBER,
        phone=PHONE,
        address=ADDRESS,
        guardian_name="王大测",
        guardian_phone=GUARDIAN,
        by=registrar,
    )
    services.issue_card(patient_id=patient.id, number=CARD, by=registrar)
    return patient


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process knows of a change at once."""
    monkeypatch.setattr(rotation, "SETTLE_SECONDS", 0)


def _dump(app: Flask, databases: Any) -> bytes:
    """Everything both databases hold, as a thief of their files would read it."""
    for engine in app.extensions["his_engines"].values():
        engine.dispose()
    if databases.kind == "sqlite":
        return b"".join(file.read_bytes() for file in databases.folder.iterdir())
    found = []
    with migrate.owned() as engines:
        for engine in engines.values():
            line = engine.raw_connection()
            cursor = line.cursor()
            cursor.execute("SELECT set_config('his.tenant', 'all', false)")
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in cursor.fetchall():
                with cursor.copy(f'COPY (SELECT * FROM "{table}") TO STDOUT') as copy:
                    found += [bytes(part) for part in copy]
            line.close()
    return b"".join(found)


def test_dat_02_a_dump_holds_none_of_the_planted_values(
    app: Flask, databases: Any, resident: Patient, registrar: Actor, administrator: Actor
) -> None:
    head = "姓名,身份证号,联系电话\n"
    services.bring_list(
        name="list.csv", text=f"{head}李测试,990000195801011239,19900005544\n", by=administrator
    )
    services.change_patient(
        patient_id=resident.id,
        version=resident.version,
        name="王测试",
        sex="2",
        born_on=resident.born_on,
        document_number=NUMBER,
        phone="19900004433",
        by=registrar,
    )
    relay.run_until_empty()
    dump = _dump(app, databases)
    assert "王测试".encode() in dump  # the dump does read what stands in the clear
    for value in (*PLANTED, "990000195801011239", "19900005544", "19900004433"):
        assert value.encode() not in dump, value
        assert "".join(f"\\u{ord(letter):04x}" for letter in value).encode() not in dump, value


def test_dat_02_callers_read_the_plain_value(resident: Patient, ours: dict[str, Any]) -> None:
    with tenant_unit(ours["tenant_id"]):
        found = queries.get_patient(resident.id)
        assert (found.document_number, found.phone) == (NUMBER, PHONE)
        assert (found.address, found.guardian_phone) == (ADDRESS, GUARDIAN)
        assert [card.number for card in queries.list_cards(resident.id)] == [CARD]


@pytest.mark.parametrize("typed", [NUMBER, PHONE, PHONE[-4:], CARD])
def test_dat_02_sealed_values_are_found_by_exact_match(
    resident: Patient, ours: dict[str, Any], typed: str
) -> None:
    with tenant_unit(ours["tenant_id"]):
        assert [row.id for row in queries.search_patients(typed)] == [resident.id]
        assert queries.search_patients(typed[:-1] + ("1" if typed[-1] != "1" else "2")) == []


@pytest.mark.parametrize("place", ["row", "column", "tenant"])
def test_dat_02_a_sealed_value_moved_elsewhere_does_not_open(
    resident: Patient,
    registrar: Actor,
    ours: dict[str, Any],
    theirs: dict[str, Any],
    as_owner: Say,
    place: str,
) -> None:
    other_centre = world.actor(theirs, "registrar")
    by = other_centre if place == "tenant" else registrar
    other = create_patient(name="李测试", document_number="990000195801011239", phone="19900000002", by=by)
    target = {
        "row": ("phone", other.id),
        "column": ("document_number", resident.id),
        "tenant": ("phone", other.id),
    }
    column, row_id = target[place]
    stolen = as_owner("p1", "SELECT phone FROM patients_patient WHERE id = :id", id=resident.id)[0][0]
    as_owner("p1", f"UPDATE patients_patient SET {column} = :value WHERE id = :id", value=stolen, id=row_id)
    with tenant_unit(by.tenant_id or 0):
        moved = queries.get_patient(row_id)
        with pytest.raises(SealBroken):
            getattr(moved, column)
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_patient(resident.id).phone == PHONE


def test_dat_02_nothing_is_stored_in_the_clear_by_mistake(registrar: Actor, ours: dict[str, Any]) -> None:
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        db.session.add(
            Card(patient_id=1, kind="clinic", sealed_number=CARD, number_index="x", status="normal")
        )
        with pytest.raises(Exception, match="in the clear"):
            db.session.flush()


def test_dat_02_equal_numbers_look_different_in_two_centres_and_in_the_region(
    resident: Patient, ours: dict[str, Any], theirs: dict[str, Any], as_owner: Say
) -> None:
    create_patient(name="王测试", document_number=NUMBER, phone=PHONE, by=world.actor(theirs, "registrar"))
    relay.run_until_empty()
    rows = as_owner("p1", "SELECT document_index, phone_index FROM patients_patient")
    region = as_owner("control", "SELECT document_index, phone_index, person_no FROM patients_index_entry")
    assert len(set(rows)) == len(rows) == 2
    assert len({row[:2] for row in region}) == 1  # the district's own key finds the twin
    assert len({row[2] for row in region}) == 1
    assert not {row[0] for row in region} & {row[0] for row in rows}


def test_dat_02_an_unchanged_value_is_not_sealed_anew(
    resident: Patient, registrar: Actor, as_owner: Say
) -> None:
    before = as_owner("p1", "SELECT phone, document_number FROM patients_patient")
    services.change_patient(
        patient_id=resident.id,
        version=resident.version,
        name="王测士",
        sex="2",
        born_on=resident.born_on,
        document_number=NUMBER,
        phone=PHONE,
        by=registrar,
    )
    assert as_owner("p1", "SELECT phone, document_number FROM patients_patient") == before


def test_dat_02_sealing_adds_no_statement(registrar: Actor, ours: dict[str, Any], resident: Patient) -> None:
    with tenant_unit(ours["tenant_id"]), count_statements() as counted:
        assert queries.search_patients(PHONE)[0].document_number == NUMBER
    assert counted.count == 1


def test_dat_02_opening_costs_a_small_share_of_a_search(registrar: Actor, ours: dict[str, Any]) -> None:
    """Eight found, four fields of each opened: what encryption adds, measured against the search itself."""
    for number in range(8):
        create_patient(
            name=f"钱测{'一二三四五六七八'[number]}",
            born_on="1980-01-01",
            phone=f"199000{number}8888",
            address=ADDRESS,
            is_another_person=True,
            by=registrar,
        )
    with tenant_unit(ours["tenant_id"]):
        started = time.perf_counter()
        for _ in range(50):
            db.session.expire_all()
            found = queries.search_patients("8888")
        searching = time.perf_counter() - started
        assert len(found) == 8
        started = time.perf_counter()
        for _ in range(50):
            blind_indexes("8888", purpose="phone-tail")
            opened = [(row.phone, row.address, row.document_number, row.guardian_phone) for row in found]
        opening = time.perf_counter() - started
    assert opened[0][0]
    print(f"opening {opening / 50 * 1e6:.0f} µs of {searching / 50 * 1e6:.0f} µs")  # noqa: T201
    assert opening < searching * 0.2


# Keys


def test_dat_03_a_new_centre_gets_its_keys_with_its_first_act(app: Flask, as_owner: Say) -> None:
    from app.actor import system_actor
    from tenants import services as tenants

    before = len(as_owner("control", "SELECT id FROM control_data_key"))
    centre = tenants.create_centre(code="C9", name="城北中心", district="示范区", by=system_actor(None))
    create_patient(name="王测试", document_number=NUMBER, by=system_actor(centre.id))
    query = "SELECT purpose, state FROM control_data_key WHERE tenant_id = :id"
    rows = as_owner("control", query, id=centre.id)
    assert sorted(row[0] for row in rows) == sorted(purpose.value for purpose in KeyPurpose)
    assert len(as_owner("control", "SELECT id FROM control_data_key")) == before + len(KeyPurpose)


def test_dat_03_no_key_stands_in_the_database_in_the_clear(
    app: Flask, databases: Any, ours: dict[str, Any]
) -> None:
    keys = [keyring().active(ours["tenant_id"], purpose).secret for purpose in KeyPurpose]
    dump = _dump(app, databases)
    for key in keys:
        assert key not in dump
        assert key.hex().encode() not in dump.lower()


def test_dat_03_a_wrapped_key_in_another_row_does_not_open(
    app: Flask, ours: dict[str, Any], theirs: dict[str, Any], as_owner: Say
) -> None:
    query = "SELECT wrapped FROM control_data_key WHERE tenant_id = :id AND purpose = 'field'"
    stolen = as_owner("control", query, id=ours["tenant_id"])[0][0]
    change = "UPDATE control_data_key SET wrapped = :w WHERE tenant_id = :id AND purpose = 'field'"
    as_owner("control", change, w=stolen, id=theirs["tenant_id"])
    keyring().forget()
    with pytest.raises(SealBroken):
        keyring().active(theirs["tenant_id"], KeyPurpose.FIELD)


def test_dat_03_rotation_changes_every_value_and_everything_is_found_as_before(
    at_once: None, resident: Patient, ours: dict[str, Any], as_owner: Say
) -> None:
    columns = "document_number, phone, address, guardian_phone, document_index, phone_index, phone_tail_index"
    query = f"SELECT {columns}, version FROM patients_patient WHERE id = :id"
    before = as_owner("p1", query, id=resident.id)[0]
    assert rotation.rotate(ours["tenant_id"]) == 2  # the file and its card
    after = as_owner("p1", query, id=resident.id)[0]
    assert all(old != new for old, new in zip(before[:-1], after[:-1], strict=True))
    assert after[-1] == before[-1]  # an open form of a clerk stays good
    with tenant_unit(ours["tenant_id"]):
        for typed in (NUMBER, PHONE, PHONE[-4:], CARD):
            assert queries.search_patients(typed)[0].phone == PHONE
    assert rotation.seal(ours["tenant_id"]) == 0
    states = [row[1:] for row in rotation.states_of_all() if row[0] == ours["tenant_id"]]
    for purpose in ("field", "index"):
        assert (purpose, "active", 1) in states
        assert (purpose, "retired", 1) in states


@pytest.mark.parametrize("step", ["_announce", "_switch"])
def test_dat_03_values_are_found_between_the_steps_and_a_broken_rotation_goes_on(
    at_once: None, resident: Patient, registrar: Actor, ours: dict[str, Any], step: str
) -> None:
    tenant_id = ours["tenant_id"]
    rotation._announce(tenant_id)
    if step == "_switch":
        rotation._switch(tenant_id)
    with tenant_unit(tenant_id):
        assert len(blind_indexes(PHONE, purpose="phone")) == 2
        assert queries.search_patients(PHONE)[0].document_number == NUMBER
    later = create_patient(
        name="李测试", document_number="990000195801011239", phone="19900000002", by=registrar
    )
    rotation.rotate(tenant_id)
    with tenant_unit(tenant_id):
        assert len(blind_indexes(PHONE, purpose="phone")) == 1
        assert [row.id for row in queries.search_patients("19900000002")] == [later.id]
        assert [row.id for row in queries.search_patients(NUMBER)] == [resident.id]


@pytest.mark.slow
def test_dat_03_rotation_under_load(
    at_once: None, app: Flask, registrar: Actor, ours: dict[str, Any], monkeypatch: Any
) -> None:
    """Desks open and change files while keys change twice; nothing is lost, nothing is unreadable, none is doubled."""
    monkeypatch.setattr(rotation, "BATCH", 3)
    monkeypatch.setattr(rotation, "SETTLE_SECONDS", 0.3)  # longer than any search of the desk below
    for number in range(12):
        _open_file(registrar, number)
    stop, opened, failures = threading.Event(), [], []

    def desk() -> None:
        number = 100
        with app.app_context():
            while not stop.is_set() or number < 105:
                try:
                    opened.append((_open_file(registrar, number).id, f"199001{number:05d}"))
                    with tenant_unit(ours["tenant_id"]):
                        assert queries.search_patients("19900100003")[0].phone == "19900100003"
                except Exception as failure:
                    failures.append(failure)
                    return
                number += 1

    thread = threading.Thread(target=desk)
    thread.start()
    rotation.rotate(ours["tenant_id"])
    rotation.rotate(ours["tenant_id"])
    stop.set()
    thread.join()
    assert failures == []
    assert len(opened) >= 5
    rotation.seal(ours["tenant_id"])
    with tenant_unit(ours["tenant_id"]):
        for row_id, phone in opened:
            assert [row.id for row in queries.search_patients(phone)] == [row_id]
            assert queries.get_patient(row_id).phone == phone


def _open_file(by: Actor, number: int) -> Patient:
    return create_patient(
        name="赵测试",
        born_on=f"19{50 + number % 40}-01-{number % 27 + 1:02d}",
        phone=f"199001{number:05d}",
        is_another_person=True,
        by=by,
    )


def test_dat_03_rows_of_before_are_read_found_and_sealed(
    app: Flask, resident: Patient, registrar: Actor, ours: dict[str, Any], as_owner: Say
) -> None:
    """As after an upgrade: values in the clear, indexes under the installation's one key."""
    _as_before(resident.id, ours["tenant_id"], as_owner)
    with tenant_unit(ours["tenant_id"]):
        assert queries.search_patients(NUMBER)[0].phone == PHONE
    with pytest.raises(services.files.AlreadyOnFile):  # type: ignore[attr-defined]
        create_patient(name="王测试", document_number=NUMBER, by=registrar)
    assert rotation.seal(ours["tenant_id"]) == 1
    stored = as_owner("p1", "SELECT phone, address FROM patients_patient WHERE id = :id", id=resident.id)[0]
    assert all(value.startswith("$1$") for value in stored)
    with tenant_unit(ours["tenant_id"]):
        assert len(blind_indexes(NUMBER, purpose="document")) == 1
        assert queries.search_patients(NUMBER)[0].phone == PHONE


def _as_before(patient_id: int, tenant_id: int, as_owner: Say) -> None:
    from app.blind_index import _digest

    old = rings.Key(0, tenant_id, KeyPurpose.INDEX, KeyState.LEAVING, None, rings._legacy())
    as_owner(
        "p1",
        "UPDATE patients_patient SET phone = :phone, address = :address, document_number = :number, "
        "guardian_phone = NULL, document_index = :di, phone_index = :pi, phone_tail_index = :ti WHERE id = :id",
        phone=PHONE,
        address=ADDRESS,
        number=NUMBER,
        di=_digest(old, NUMBER, "document"),
        pi=_digest(old, PHONE, "phone"),
        ti=_digest(old, PHONE[-4:], "phone-tail"),
        id=patient_id,
    )
    as_owner(
        "control",
        "INSERT INTO control_data_key (id, tenant_id, purpose, number, suite, master, wrapped, state, made_at) "
        "VALUES (:id, :id, 'index', 0, 'legacy', '', '', 'leaving', CURRENT_TIMESTAMP)",
        id=tenant_id,
    )
    keyring().forget()


def test_dat_03_the_regions_index_moves_to_the_districts_new_key(
    at_once: None, resident: Patient, theirs: dict[str, Any], as_owner: Say
) -> None:
    relay.run_until_empty()
    query = "SELECT document_index, name_key, phone_index FROM patients_index_entry"
    before = as_owner("control", query)
    assert rotation.rotate(DISTRICT) == 1
    after = as_owner("control", query)
    assert not set(before[0]) & set(after[0])
    create_patient(name="王测试", document_number=NUMBER, by=world.actor(theirs, "registrar"))
    relay.run_until_empty()
    assert len(set(as_owner("control", "SELECT person_no FROM patients_index_entry"))) == 1


def test_dat_03_an_erased_centre_is_unreadable_also_from_a_backup(
    app: Flask, resident: Patient, ours: dict[str, Any], theirs: dict[str, Any], as_owner: Say
) -> None:
    backup = as_owner("p1", "SELECT phone FROM patients_patient WHERE id = :id", id=resident.id)[0][0]
    command = app.test_cli_runner()
    assert command.invoke(args=["keys", "destroy", "--centre", "C1"]).exit_code == 1
    assert command.invoke(args=["keys", "destroy", "--centre", "C1", "--yes"]).exit_code == 0
    as_owner("p1", "UPDATE patients_patient SET phone = :phone WHERE id = :id", phone=backup, id=resident.id)
    with tenant_unit(ours["tenant_id"]):
        with pytest.raises(KeyDestroyed):
            _ = queries.get_patient(resident.id).phone
        assert queries.search_patients(PHONE) == []
    query = "SELECT wrapped FROM control_data_key WHERE tenant_id = :id"
    assert {row[0] for row in as_owner("control", query, id=ours["tenant_id"])} == {""}
    other = create_patient(name="李测试", document_number=NUMBER, by=world.actor(theirs, "registrar"))
    with tenant_unit(theirs["tenant_id"]):
        assert queries.get_patient(other.id).document_number == NUMBER


def test_dat_03_a_new_master_key_opens_and_the_old_one_does_not(
    app: Flask, resident: Patient, ours: dict[str, Any], monkeypatch: Any
) -> None:
    old = keyring().master
    fresh = Keyring(LocalMasterKey(b"n" * 32, SUITES["intl"]), SUITES["intl"])
    monkeypatch.setitem(app.extensions, "his_keyring", fresh)
    with pytest.raises(SealBroken):
        fresh.active(ours["tenant_id"], KeyPurpose.FIELD)
    assert rotation.rewrap(old) >= len(KeyPurpose)
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_patient(resident.id).phone == PHONE
    with pytest.raises(SealBroken):
        Keyring(old, SUITES["intl"]).active(ours["tenant_id"], KeyPurpose.FIELD)


def test_dat_03_the_commands_rotate_seal_and_show(
    at_once: None, app: Flask, resident: Patient, ours: dict[str, Any], monkeypatch: Any
) -> None:
    run = app.test_cli_runner().invoke
    assert "C1: 0 rows changed" in run(args=["keys", "seal"]).output
    monkeypatch.setattr(ids, "_maker", None)  # a process that has just begun
    assert "C1: 2 rows changed" in run(args=["keys", "rotate", "--centre", "C1"]).output
    shown = run(args=["keys", "status"]).output
    assert "C1: field retired: 1" in shown
    assert "C2: field retired" not in shown
    assert run(args=["keys", "rotate", "--centre", "C7"]).exit_code == 1


@pytest.mark.parametrize("name", ["gm", "intl"])
def test_dat_04_a_centre_may_change_its_suite(
    at_once: None,
    app: Flask,
    resident: Patient,
    ours: dict[str, Any],
    as_owner: Say,
    name: str,
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr(keyring(), "suite", SUITES[name])
    rotation.rotate(ours["tenant_id"])
    stored = as_owner("p1", "SELECT phone FROM patients_patient WHERE id = :id", id=resident.id)[0][0]
    assert stored.startswith(f"$1${SUITES[name].mark}$")
    with tenant_unit(ours["tenant_id"]):
        assert queries.search_patients(PHONE)[0].phone == PHONE


# The installation


@pytest.mark.one_engine
def test_app_10_production_refuses_the_sample_master_key(app: Flask) -> None:
    urls: dict[str, Any] = {"control_url": "postgresql://x", "partition_urls": {"p1": "postgresql://x"}}
    given = Settings(environment="production", secret_key="x" * 40, index_key="y" * 40, **urls)
    assert given.master_key == SAMPLE_MASTER_KEY
    assert [line for line in given.problems() if "HIS_MASTER_KEY_FILE" in line]
    for bad in ("", "short", "not base64!"):
        assert Settings(environment="test", master_key=bad, **urls).problems()
    assert "c2FtcGxl" not in repr(given)


@pytest.mark.one_engine
def test_app_10_a_master_key_that_others_may_read_is_refused(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "master"
    made = app.test_cli_runner().invoke(args=["keys", "make", str(file)])
    assert made.exit_code == 0, made.output
    assert file.stat().st_mode & 0o777 == 0o600
    assert Settings(master_key=read_secret(file)).problems() == []
    assert app.test_cli_runner().invoke(args=["keys", "make", str(file)]).exit_code != 0  # never written over
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        read_secret(file)


LIBRARIES = re.compile(r"^(cryptography|tongsuopy|gmssl|gmalg|Cryptodome|Crypto|nacl|OpenSSL|ssl)(\.|$)")
DIGESTS = {  # digests without a secret, random tokens, and comparing in constant time
    "app/accounts/services/second_factor.py": "compare_digest",
    "app/accounts/services/signing_in.py": "hashes of random tokens, which have nothing to guess",
    "app/audit.py": "the trail's chain",
    "app/blind_index.py": "the index key of earlier versions",
    "app/crypto/master.py": "the name of a key",
    "app/crypto/shared_secrets.py": "compare_digest",
    "app/signing.py": "the digest of a document",
    "app/use_cases.py": "whether a command came twice",
    "app/web/assets.py": "names of files",
    "app/web/health.py": "compare_digest",
    "deploy/assets.py": "pinned files",
    "modules/charging/simulators/channel_wire.py": "the other side of a signature, a program of its own",
    "modules/charging/simulators/channels.py": "the other side of a signature, a program of its own",
    "modules/payments/gateways/channels.py": "the digest of a statement, which the signature names",
    "modules/reconciliation/services/days.py": "whether a statement came twice",
    "tenants/pictures.py": "the address of a picture",
    "tenants/exports.py": "whether a file of an export is as it was written",
}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.one_engine
def test_dat_04_cryptographic_libraries_are_used_in_one_room_only() -> None:
    loose, digests = {}, set()
    rooms = ("app", "tenants", "modules", "region_upload", "offline_client", "hardware", "deploy")
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            imported = set(_imports(path))
            if name.startswith("modules/charging/simulators/"):
                continue  # programs of their own, no part of the running product
            if not name.startswith("app/crypto/"):
                if found := [library for library in imported if LIBRARIES.match(library)]:
                    loose[name] = found
                if any(library.startswith("argon2") for library in imported):
                    assert name == "app/accounts/passwords.py"
            if {"hashlib", "hmac"} & imported:
                digests.add(name)
    assert loose == {}
    assert digests <= set(DIGESTS), digests - set(DIGESTS)


def test_dat_02_every_sealed_row_can_be_walked(app: Flask) -> None:
    from app.crypto.fields import sealed_fields

    assert {Patient, Card, ImportRow} <= set(sealed_fields())
    assert IndexEntry not in sealed_fields()  # the region holds digests only
    assert blind_index("x", purpose="p", tenant_id=DISTRICT)
