"""OPS-02 and AUD-06: what is unusual opens an alarm within a minute; a quiet day opens none."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from support import twins, world
from support.outpatients import make_patient

from app import audit, clock
from app.accounts import services as accounts
from app.accounts.errors import AccountElsewhere, SignInRefused
from app.accounts.models import Account, Membership
from app.actor import Actor
from app.db import Mode, control_unit, db, tenant_unit
from app.records import AuditRow
from app.relay import Worker
from app.watch import passing
from app.watch.chain import Proof, Seen
from app.watch.models import Alarm, ControlWatchMark, Tally
from app.watch.rules import Count, Counts, Fact, Limits, Person, Rule, are_apart, bucket, judge, judge_person
from app.watch.services import AlreadyNoted, OwnAlarm, note_alarm
from modules.patients import services as patients
from tenants import services as centres

NIGHT = datetime(2026, 11, 20, 15, 10, tzinfo=UTC)  # 23:10 in Shanghai


def _look() -> list[Alarm]:
    """Seal and pass, as the relay's process does; returns every alarm that stands."""
    for partition in audit.partitions():
        audit.seal(partition)
        passing.look_at(partition)
    with control_unit():
        return list(db.session.scalars(select(Alarm).order_by(Alarm.id)))


def _rules(alarms: list[Alarm]) -> list[Rule]:
    return [alarm.rule for alarm in alarms]


def _guess(times: int, *, name: str = "doctor@c1", address: str = "203.0.113.9") -> None:
    for _ in range(times):
        with suppress(SignInRefused):
            accounts.sign_in(name=name, password="a wrong password", address=address)


def _read(by: Actor, subject: Any, times: int = 1) -> None:
    for _ in range(times):
        audit.note("patient.read", by=by, subject=subject)


def _set(ours: dict[str, Any], **values: int) -> None:
    from tenants.models import Centre

    with control_unit(Mode.WRITE):
        centre = db.session.get_one(Centre, ours["tenant_id"])
        centre.settings = {**centre.settings, **{f"watch.{name}": n for name, n in values.items()}}
        centre.version += 1
        db.session.commit()


# OPS-02


def test_ops_02_many_failures_of_one_account_open_one_alarm_in_its_centre(ours: dict[str, Any]) -> None:
    _guess(9)
    assert _look() == []
    _guess(1)
    (alarm,) = _look()
    assert (alarm.rule, alarm.tenant_id, alarm.count) == (Rule.FAILURES_ACCOUNT, ours["tenant_id"], 10)
    assert alarm.opened_at - alarm.at <= timedelta(seconds=60)
    _guess(5)
    assert len(_look()) == 1  # one in an hour is enough


def test_ops_02_many_failures_from_one_address_open_an_alarm_of_the_district(app: Flask) -> None:
    for number in range(30):
        _guess(1, name=f"somebody{number}")
    assert [(alarm.rule, alarm.tenant_id) for alarm in _look()] == [(Rule.FAILURES_ADDRESS, 0)]


def test_ops_02_nobody_is_in_two_places_within_minutes(ours: dict[str, Any], doctor: Actor) -> None:
    audit.note("sign_in.begun", by=replace(doctor, address="10.1.0.5"))
    audit.note("sign_in.switched", by=replace(doctor, address="10.1.0.8"))  # the next room
    assert _look() == []
    with clock.at(world.NOW + timedelta(minutes=11)):
        audit.note(
            "sign_in.switched", by=replace(doctor, address="10.2.0.5")
        )  # a drive away, and long enough
    assert _look() == []
    with clock.at(world.NOW + timedelta(minutes=14)):
        audit.note("sign_in.switched", by=replace(doctor, address="198.51.100.7"))
    assert _rules(_look()) == [Rule.MOVE]


def test_ops_02_sign_ins_in_two_networks_are_seen_whatever_the_partition(app: Flask) -> None:
    accounts.sign_in(name="doctor@c1", password=world.PASSWORD, address="10.1.0.5")
    accounts.sign_in(name="doctor@c1", password=world.PASSWORD, address="198.51.100.7")
    assert Rule.MOVE in _rules(_look())


def test_ops_02_rights_changed_at_night_and_a_new_administrator(
    ours: dict[str, Any], security_administrator: Actor
) -> None:
    account_id = ours["people"]["cashier"]["account_id"]
    accounts.change_roles(account_id=account_id, roles=["registrar"], by=security_administrator)
    assert _look() == []  # by day it is work
    with clock.at(NIGHT):
        accounts.change_roles(account_id=account_id, roles=["cashier"], by=security_administrator)
        assert _rules(_look()) == [Rule.ROLES_AT_NIGHT]
        accounts.change_roles(account_id=account_id, roles=["administrator"], by=security_administrator)
        alarms = _look()
    assert _rules(alarms) == [Rule.ROLES_AT_NIGHT, Rule.NEW_ADMINISTRATOR]
    assert {alarm.tenant_id for alarm in alarms} == {ours["tenant_id"]}


@pytest.mark.parametrize("damage", ["change", "remove", "cut off"])
def test_ops_02_a_break_of_the_trail_is_told(doctor: Actor, as_owner: Any, damage: str) -> None:
    assert _look() == []
    for _ in range(5):
        audit.note("sign_in.begun", by=doctor)
    if damage == "cut off":
        assert _look() == []
        as_owner("p1", "DELETE FROM kernel_audit WHERE sealed_no = (SELECT max(sealed_no) FROM kernel_audit)")
    else:
        audit.seal("p1")
        found = as_owner(
            "p1",
            "SELECT max(id) FROM kernel_audit WHERE sealed_no < (SELECT max(sealed_no) - 1 FROM kernel_audit)",
        )[0][0]
        statements = {
            "change": "UPDATE kernel_audit SET actor_name = 'nobody' WHERE id = :id",
            "remove": "DELETE FROM kernel_audit WHERE id = :id",
        }
        as_owner("p1", statements[damage], id=found)
        audit.note("sign_in.begun", by=doctor)
    alarms = _look()
    assert _rules(alarms) == [Rule.CHAIN]
    assert alarms[0].tenant_id == 0


def test_ops_02_a_row_changed_long_after_it_was_read_is_found_too(doctor: Actor, as_owner: Any) -> None:
    for _ in range(3):
        audit.note("sign_in.begun", by=doctor)
    assert _look() == []
    as_owner("p1", "UPDATE kernel_audit SET actor_name = 'nobody' WHERE sealed_no = 2")
    for _ in range(3):
        if Rule.CHAIN in _rules(_look()):
            break
    assert _rules(_look()) == [Rule.CHAIN]


def test_ops_02_the_process_of_the_relay_looks_every_few_seconds(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert passing.LOOK_SECONDS <= 30
    _guess(10)
    worker = Worker(app, seconds=0.01)
    monkeypatch.setattr(worker._hours, "look", worker.stopping.set)  # what comes after the watch: one round
    worker.run()
    with control_unit():
        assert db.session.scalars(select(Alarm.rule)).all() == [Rule.FAILURES_ACCOUNT]


def test_ops_02_a_pass_asks_no_more_for_many_rows_than_for_few(app: Flask, doctor: Actor) -> None:
    _look()
    asked: list[int] = []
    for rows in (2, 40):
        for number in range(rows):
            audit.note("sign_in.begun", by=replace(doctor, account_id=doctor.account_id + number))
        audit.seal("p1")
        statements: list[str] = []

        def count(*given: Any, into: list[str] = statements) -> None:
            into.append(given[2])

        engines = set(app.extensions["his_engines"].values())
        for engine in engines:
            event.listen(engine, "before_cursor_execute", count)
        passing.look_at("p1")
        for engine in engines:
            event.remove(engine, "before_cursor_execute", count)
        asked.append(len([text for text in statements if text.startswith("SELECT")]))
    assert asked[0] == asked[1]
    assert asked[0] <= 8


def test_ops_02_counts_are_kept_once_whoever_passes(doctor: Actor, ours: dict[str, Any]) -> None:
    _guess(4)
    audit.seal("")
    with control_unit():
        mark = db.session.scalar(select(ControlWatchMark))
    passing.look_at("")
    assert not passing._advance("", mark, Seen(9, "x", 0), Proof(0, ""), Counts())


# AUD-06


def test_aud_06_hundreds_of_records_within_an_hour(
    ours: dict[str, Any], doctor: Actor, registrar: Actor
) -> None:
    _set(ours, readings=20)
    patient = make_patient(registrar)
    _read(doctor, patient, 19)
    assert _look() == []
    with clock.at(world.NOW + timedelta(minutes=70)):
        _read(doctor, patient, 19)  # another hour
        assert _look() == []
        _read(doctor, patient)
        (alarm,) = _look()
    assert (alarm.rule, alarm.count, alarm.allowed) == (Rule.MANY_READINGS, 20, 20)
    with tenant_unit(ours["tenant_id"]):
        assert sum(db.session.scalars(select(Tally.n).where(Tally.kind == "reading"))) == 39


def test_aud_06_records_read_at_night(ours: dict[str, Any], doctor: Actor, registrar: Actor) -> None:
    patient = make_patient(registrar)
    with clock.at(NIGHT):
        _read(doctor, patient, 20)
        assert _rules(_look()) == [Rule.NIGHT_READINGS]


def test_aud_06_a_resident_under_watch(
    ours: dict[str, Any], doctor: Actor, registrar: Actor, administrator: Actor
) -> None:
    patient = make_patient(registrar)
    _read(doctor, patient)
    assert _look() == []
    patients.watch_patient(patient_id=patient.id, is_watched=True, reason="新闻人物", by=administrator)
    _read(doctor, patient, 3)
    (alarm,) = _look()
    assert (alarm.rule, alarm.account_id) == (Rule.WATCHED, doctor.account_id)


def test_aud_06_a_file_under_watch_stays_so_in_the_file_it_is_merged_into(
    ours: dict[str, Any], doctor: Actor, registrar: Actor, administrator: Actor
) -> None:
    watched, other = make_patient(registrar), make_patient(registrar)
    patients.watch_patient(patient_id=watched.id, is_watched=True, reason="新闻人物", by=administrator)
    merge = patients.propose_merge(survivor_id=other.id, merged_id=watched.id, reason="同一人", by=registrar)
    patients.decide_merge(merge_id=merge.id, is_approved=True, by=administrator)
    _read(doctor, other)
    assert Rule.WATCHED in _rules(_look())


def test_aud_06_a_colleague_oneself_family_and_neighbours(
    ours: dict[str, Any], doctor: Actor, other_doctor: Actor, registrar: Actor, security_administrator: Actor
) -> None:
    home = "和平路12号3单元402"
    numbers = {"own": "990000198506152462", "colleague": "99000019900307201X"}
    own = make_patient(
        registrar,
        name="李静",
        sex="2",
        born_on=date(1985, 6, 15),
        document_kind="01",
        document_number=numbers["own"],
        address=home,
    )
    colleague = make_patient(
        registrar,
        name="陈光",
        born_on=date(1990, 3, 7),
        document_kind="01",
        document_number=_number(numbers["colleague"]),
    )
    family = make_patient(registrar, name="李小静", address=home)
    neighbour = make_patient(registrar, name="王邻居", address=home)
    stranger = make_patient(registrar, name="李静", address="和平路14号")  # a namesake is nobody
    for account, number in ((doctor, numbers["own"]), (other_doctor, _number(numbers["colleague"]))):
        accounts.note_person(account_id=account.account_id, document_number=number, by=security_administrator)
    for patient in (own, colleague, family, neighbour, stranger):
        _read(doctor, patient)
    expected = {Rule.OWN_RECORD, Rule.COLLEAGUE, Rule.FAMILY, Rule.NEIGHBOUR}
    alarms = _look()
    assert set(_rules(alarms)) == expected
    assert len(alarms) == 4
    assert str(stranger.id) not in " ".join(alarm.subject for alarm in alarms)


def _number(text: str) -> str:
    from modules.patients.queries import id_check_digit

    return text[:17] + id_check_digit(text[:17])


def test_aud_06_the_number_of_an_owner_stands_nowhere_in_the_clear(
    ours: dict[str, Any], doctor: Actor, security_administrator: Actor, as_owner: Any
) -> None:
    number = "990000198506152462"
    accounts.note_person(account_id=doctor.account_id, document_number=number, by=security_administrator)
    stored = as_owner("control", "SELECT document_number FROM accounts_person")
    rows = as_owner("control", "SELECT detail FROM control_audit")
    assert number not in f"{stored}{rows}"


def test_aud_06_a_quiet_day_is_silent(app: Flask, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    twins.furnish(ours, "静夜", 1)
    twins.furnish(theirs, "晨光", 3)
    with tenant_unit(ours["tenant_id"]):
        assert db.session.scalar(select(AuditRow.id)) is not None
    assert _look() == []


def test_aud_06_alarms_on_the_screen_are_filtered_opened_and_noted_once(
    app: Flask, sign_in: Any, ours: dict[str, Any], security_administrator: Actor
) -> None:
    client = sign_in("security_administrator")
    client.set_cookie("his_language", "en")
    assert "Nothing found" in client.get("/alarms/").text
    _guess(10)
    (alarm,) = [one for one in _look() if one.rule is Rule.FAILURES_ACCOUNT]
    page = client.get("/alarms/").text
    assert ("Many failures of one account" in page, "203.0.113.9" in page) == (True, True)
    assert "Alarms to note" in client.get("/home").text
    assert "203.0.113.9" not in client.get("/alarms/?rule=chain").text
    opened = client.get(f"/alarms/{alarm.id}").text
    assert opened.count("Sign-in refused") == 10
    assert client.post(f"/alarms/{alarm.id}/note", data={"reason": "x"}).status_code == 422
    assert client.post(f"/alarms/{alarm.id}/note", data={"reason": "本人忘记密码，已核实"}).status_code == 303
    assert "203.0.113.9" not in client.get("/alarms/").text
    assert "本人忘记密码" in client.get(f"/alarms/{alarm.id}").text
    with pytest.raises(AlreadyNoted):
        note_alarm(alarm_id=alarm.id, reason="又一次", by=security_administrator)
    client.set_cookie("his_language", "zh_Hans")
    assert "告警" in client.get("/alarms/?state=noted").text


def test_aud_06_another_centre_sees_nothing_and_the_district_everything(
    app: Flask, sign_in: Any, ours: dict[str, Any]
) -> None:
    _guess(10)
    (alarm,) = _look()
    theirs = sign_in("security_administrator", "c2")
    assert theirs.get(f"/alarms/{alarm.id}").status_code == 404
    assert theirs.post(f"/alarms/{alarm.id}/note", data={"reason": "不是我的"}).status_code == 404
    assert "203.0.113.9" not in theirs.get("/alarms/?state=all").text
    district = sign_in("district_security", "district")
    assert "203.0.113.9" in district.get("/alarms/").text
    assert "203.0.113.9" not in district.get("/alarms/?centre=0").text
    assert district.get(f"/alarms/{alarm.id}").status_code == 200
    assert sign_in("cashier").get("/alarms/").status_code == 403
    auditor = sign_in("auditor")
    assert auditor.get(f"/alarms/{alarm.id}").status_code == 200
    assert auditor.post(f"/alarms/{alarm.id}/note", data={"reason": "审计不作处理"}).status_code == 403


def test_ops_02_an_alarm_about_an_address_shows_a_centre_its_own_people_only(
    app: Flask, sign_in: Any, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    audit.note("sign_in.refused", by=Actor(account_id=0, name="无此账号", address="203.0.113.9"))
    _guess(20, name="cashier@c1")
    audit.note("partition.closed", by=Actor(account_id=1, name="区县的操作员", address="203.0.113.9"))
    _guess(9, name="doctor@c2")  # the one that is too many is of an account of theirs
    (alarm,) = [one for one in _look() if one.rule is Rule.FAILURES_ADDRESS]
    assert alarm.tenant_id == theirs["tenant_id"]
    page = sign_in("security_administrator", "c2").get(f"/alarms/{alarm.id}").text
    with control_unit():
        names = dict(db.session.execute(select(Account.sign_in_name, Account.display_name)).all())
    assert names["doctor@c2"] in page
    assert "无此账号" in page
    assert names["cashier@c1"] not in page
    assert "区县的操作员" not in page
    whole = sign_in("district_security", "district").get(f"/alarms/{alarm.id}").text
    assert names["doctor@c2"] in whole
    assert "区县的操作员" in whole


def test_aud_06_no_second_centre_changes_whose_account_it_is(
    ours: dict[str, Any],
    theirs: dict[str, Any],
    doctor: Actor,
    registrar: Actor,
    security_administrator: Actor,
) -> None:
    number = "990000198506152462"
    make_patient(
        registrar,
        name="李静",
        sex="2",
        born_on=date(1985, 6, 15),
        document_kind="01",
        document_number=number,
    )
    accounts.note_person(account_id=doctor.account_id, document_number=number, by=security_administrator)
    there = replace(security_administrator, tenant_id=theirs["tenant_id"])
    with control_unit(passing.Mode.WRITE):
        db.session.add(
            Membership(account_id=doctor.account_id, tenant_id=theirs["tenant_id"], roles=["doctor"])
        )
        db.session.commit()
    with pytest.raises(AccountElsewhere):
        accounts.note_person(account_id=doctor.account_id, document_number="X99999999", by=there)


def test_ops_02_who_eases_the_limits_of_the_watch_is_told_of(
    ours: dict[str, Any], administrator: Actor
) -> None:
    centres.change_settings(settings={"density": "large"}, by=administrator)
    assert _look() == []
    centres.change_settings(settings={"watch.readings": 0}, by=administrator)
    (alarm,) = _look()
    assert (alarm.rule, alarm.tenant_id) == (Rule.LIMITS_CHANGED, ours["tenant_id"])
    assert alarm.account_id == administrator.account_id


def test_ops_02_a_program_is_admitted_by_nobody_unseen_and_nobody_settles_the_own_alarm(
    ours: dict[str, Any], security_administrator: Actor
) -> None:
    program = accounts.create_program(
        sign_in_name="p.doctor", display_name="程序", roles=["doctor"], by=security_administrator
    )
    assert _look() == []
    accounts.issue_token(account_id=program.id, label="x", by=security_administrator)
    (alarm,) = _look()
    assert (alarm.rule, alarm.account_id) == (Rule.PROGRAM_ADMITTED, security_administrator.account_id)
    with pytest.raises(OwnAlarm):
        note_alarm(alarm_id=alarm.id, reason="没有问题", by=security_administrator)
    noted = note_alarm(alarm_id=alarm.id, reason="已核对", by=world.district_actor("district_security"))
    assert noted.noted_at is not None


def test_aud_06_readings_by_person_lead_to_the_rows(
    app: Flask, sign_in: Any, ours: dict[str, Any], doctor: Actor, registrar: Actor
) -> None:
    patient = make_patient(registrar)
    _read(doctor, patient, 7)
    _look()
    client = sign_in("auditor")
    client.set_cookie("his_language", "en")
    page = client.get("/alarms/readings").text
    assert ("李静" in page, ">7<" in page, "By hour of the day" in page) == (True, True, True)
    rows = client.get(f"/alarms/readings/{doctor.account_id}").text
    assert rows.count("File read") == 7
    assert "File read" not in client.get(f"/alarms/readings/{registrar.account_id}").text
    assert "李静" not in client.get("/alarms/readings?first=2026-11-01&last=2026-11-10").text
    assert sign_in("security_administrator").get("/alarms/readings").status_code == 403


# The rules alone


def _fact(**given: Any) -> Fact:
    at = given.pop("at", world.NOW)
    values = {"no": 1, "tenant_id": 5, "account_id": 7, "local": at + timedelta(hours=8), **given}
    return Fact(at=at, **values)


@pytest.mark.one_engine
def test_ops_02_networks_and_nights() -> None:
    assert not are_apart("10.1.2.3", 1, "10.1.200.9", 1)
    assert are_apart("10.1.2.3", 1, "10.2.2.3", 1)
    assert are_apart("192.168.1.4", 1, "192.168.1.5", 2)  # the same private range in two centres
    assert not are_apart("192.168.1.4", 1, "192.168.1.4", 2)  # the place was changed at one desk
    assert are_apart("2001:db8:1::5", 1, "2001:db8:2::5", 1)
    limits = Limits(night_from=22, night_to=6)
    hours = [hour for hour in range(24) if limits.is_night(world.NOW.replace(hour=hour))]
    assert hours == [0, 1, 2, 3, 4, 5, 22, 23]
    assert [
        hour for hour in range(24) if Limits(night_from=1, night_to=3).is_night(NIGHT.replace(hour=hour))
    ] == [1, 2]


@pytest.mark.one_engine
def test_ops_02_an_hour_slides_and_zero_switches_a_rule_off() -> None:
    early = world.NOW - timedelta(minutes=65)
    known = [
        Count(
            kind="failed_account",
            key="7",
            tenant_id=5,
            since=bucket(at),
            last_at=at,
            n=n,
            first_no=no,
            last_no=no,
        )
        for at, n, no in ((early, 99, 1), (world.NOW - timedelta(minutes=30), 8, 2))
    ]
    failure = _fact(no=3, action="sign_in.refused")
    assert judge(failure, Counts(known)) == []
    counts = Counts(known)
    judge(failure, counts)
    (found,) = judge(replace(failure, no=4), counts)
    assert (found.count, found.first_no, found.last_no) == (10, 2, 4)
    off = replace(failure, limits=Limits(failures_account=0))
    assert judge(off, Counts([replace(known[1], n=500)])) == []


@pytest.mark.one_engine
def test_aud_06_a_proxy_document_or_an_empty_address_says_nothing() -> None:
    fact = _fact(patient_id=9)
    reader = Person(name="李静", document="A", home="")
    assert judge_person(fact, Person(name="李一"), reader, {"A": 7}) == []
    assert judge_person(fact, Person(name="李一", home="x"), None, {"A": 7}) == []
