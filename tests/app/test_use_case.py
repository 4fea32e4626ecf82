"""What the decorator promises for every use case."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from support import world

from app.actor import Actor
from app.db import db
from app.errors import CommandReused, InvalidInput, PermissionDenied
from app.records import AuditRow, CommandLog
from app.use_cases import command, perform
from tenants import services
from tenants.models import Station


def _count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_second_arrival_of_a_command_returns_the_first_result(administrator: Actor, reading: None) -> None:
    before = _count(Station)
    with command("c-1"):
        first = services.add_station(code="S9", name="桥北站", by=administrator)
    with command("c-1"):
        second = services.add_station(code="S9", name="桥北站", by=administrator)
    assert second.id == first.id
    assert _count(Station) == before + 1


def test_a_command_id_with_other_contents_is_refused(administrator: Actor) -> None:
    with command("c-1"):
        services.add_station(code="S9", name="桥北站", by=administrator)
    with command("c-1"), pytest.raises(CommandReused):
        services.add_station(code="S8", name="桥南站", by=administrator)


def test_a_command_id_answers_only_who_sent_it_first(ours: dict[str, Any], administrator: Actor) -> None:
    colleague = replace(administrator, account_id=ours["people"]["auditor"]["account_id"])
    with command("c-1"):
        services.add_station(code="S9", name="桥北站", by=administrator)
    with command("c-1"), pytest.raises(CommandReused):
        services.add_station(code="S9", name="桥北站", by=colleague)


def test_nobody_takes_the_relays_ids_beforehand(administrator: Actor, reading: None) -> None:
    given = {"code": "S9", "name": "桥北站"}
    perform("tenants.add_station", given, by=administrator, command_id="delivery:7")
    assert db.session.scalar(select(CommandLog.command_id)) != "delivery:7"


def test_the_same_command_id_in_two_centres_is_two_commands(
    administrator: Actor, theirs: dict[str, Any]
) -> None:
    with command("c-1"):
        first = services.add_station(code="S9", name="桥北站", by=administrator)
    with command("c-1"):
        second = services.add_station(code="S9", name="桥北站", by=world.actor(theirs, "administrator"))
    assert second.id != first.id


@pytest.mark.control("APP-01")
def test_wrong_input_is_refused_on_its_field_and_leaves_nothing(administrator: Actor, reading: None) -> None:
    before = _count(AuditRow)
    with pytest.raises(InvalidInput) as refusal:
        services.add_station(code="S 9", name="桥", by=administrator)
    assert set(refusal.value.complaints) == {"code", "name"}
    assert _count(AuditRow) == before


@pytest.mark.control("AUD-01")
def test_who_may_not_is_refused_and_the_refusal_is_in_the_trail(doctor: Actor, reading: None) -> None:
    with pytest.raises(PermissionDenied):
        services.add_station(code="S9", name="桥北站", by=doctor)
    last = db.session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).one()
    assert (last.outcome, last.use_case, last.account_id) == (
        "refused",
        "tenants.add_station",
        doctor.account_id,
    )


@pytest.mark.control("AUD-01")
def test_each_use_case_leaves_one_audit_row_and_one_command_even_without_an_id(
    administrator: Actor, reading: None
) -> None:
    rows, commands = _count(AuditRow), _count(CommandLog)
    station = services.add_station(code="S9", name="桥北站", by=administrator)
    db.session.rollback()
    assert (_count(AuditRow), _count(CommandLog)) == (rows + 1, commands + 1)
    last = db.session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).one()
    assert (last.action, last.subject_id) == ("station.added", station.id)
