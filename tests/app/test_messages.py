"""Messages that the relay has given up: read field by field, corrected, sent again, abandoned; each decision once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar

import pytest
from flask import Flask
from sqlalchemy import select
from support.racing import at_once

from app import clock, ids, relay
from app.actor import Actor, system_actor
from app.db import db
from app.db.statements import count_statements
from app.db.units import kernel_unit
from app.errors import CommandReused, InvalidInput, NotFound
from app.events import Event, Private, Words, subscriptions
from app.outbox import services
from app.records import AuditRow, ControlDelivery, ControlEventRow, Delivery, DeliveryStatus, EventRow
from app.use_cases import command
from tenants import services as tenants

REASON = "数量录错了"
WORDS = {
    "zh_Hans": ("请输入数字。", "至少 5 个字符。"),
    "en": ("Please type a number.", "Needs at least 5 characters."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    drug: Annotated[str, Private()]
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Event):
    """Something with a bit of everything."""

    words: ClassVar[str] = "Resident"
    visit_id: int
    on: Annotated[date, Words("Day")]
    is_urgent: bool
    lines: tuple[Line, ...]
    practitioner_id: int | None = None


HEARD: list[Told] = []


def hear(event: Told) -> None:
    HEARD.append(event)


PAYLOAD = {
    "visit_id": 7,
    "on": "2026-11-19",
    "is_urgent": False,
    "lines": [{"drug": "阿司匹林", "quantity": "3"}, {"drug": "二甲双胍", "quantity": "x"}],
    "practitioner_id": None,
    "by": {"account_id": 1, "name": "李静", "practitioner_id": None},
}


@pytest.fixture(autouse=True)
def told(app: Flask) -> Iterator[None]:
    HEARD.clear()
    relay.run_until_empty()
    subscriptions.add_later(Told, hear)
    yield
    for name in subscriptions.later.pop(Told):
        del subscriptions.by_name[name]
    del subscriptions.types["Told"]


def _dead(tenant_id: int, *, in_control: bool = False, error: str = "decimal_parsing", on: int = 19) -> int:
    delivery, event = (ControlDelivery, ControlEventRow) if in_control else (Delivery, EventRow)
    with kernel_unit("" if in_control else "p1"):
        said = event(
            id=ids.new_id(),
            tenant_id=tenant_id,
            name="Told",
            at=clock.now(),
            on=date(2026, 11, on),
            payload=PAYLOAD,
        )
        row = delivery(
            tenant_id=tenant_id,
            event_id=said.id,
            event_name="Told",
            subscriber=subscriptions.later[Told][0],
            status=DeliveryStatus.DEAD.value,
            attempts=8,
            due_at=clock.now(),
            last_error=error,
        )
        db.session.add_all([said, row])
        db.session.commit()
        return row.id


def _rows(delivery: Any = Delivery) -> list[Any]:
    with kernel_unit("p1" if delivery is Delivery else ""):
        found = select(delivery).where(delivery.event_name == "Told").order_by(delivery.id)
        return list(db.session.scalars(found))


def _command_id(page: str) -> str:
    found = re.search(r'action="[^"]*correction[^"]*".*?name="command_id" value="([^"]+)"', page, re.DOTALL)
    assert found
    return found[1]


def _reveal(ours: dict[str, Any]) -> None:
    by = system_actor(ours["tenant_id"])
    tenants.change_grant(role="administrator", permission=services.REVEAL, is_granted=True, by=by)


def test_a_message_is_read_field_by_field_without_its_health_details(
    sign_in: Any, ours: dict[str, Any]
) -> None:
    number = _dead(ours["tenant_id"])
    client = sign_in("administrator")
    client.get("/")
    with count_statements() as counted:
        page = client.get(f"/trail/outbox/{number}").text
    assert counted.count <= 3
    assert 'name="values-visit_id" value="7"' in page
    assert 'name="values-lines-1-quantity" value="x"' in page
    assert "lines-0-drug" in page
    assert "values-lines-0-drug" not in page
    assert "阿司匹林" not in page
    assert "李静" in page
    assert "decimal_parsing" in page


def test_an_event_and_its_values_go_by_their_words(sign_in: Any, ours: dict[str, Any]) -> None:
    number = _dead(ours["tenant_id"])
    client = sign_in("administrator")
    client.set_cookie("his_language", "zh_Hans")
    page = client.get(f"/trail/outbox/{number}").text
    assert '<h1 class="page-title">居民</h1>' in page
    assert re.search(r'for="f-values-on">日期<', page)
    assert 'value="Told">居民</option>' in client.get("/trail/outbox").text


def test_who_may_reads_the_details_too_and_that_is_in_the_trail(sign_in: Any, ours: dict[str, Any]) -> None:
    number = _dead(ours["tenant_id"])
    _reveal(ours)
    page = sign_in("administrator").get(f"/trail/outbox/{number}").text
    assert 'name="values-lines-0-drug" value="阿司匹林"' in page
    with kernel_unit("p1"):
        read = db.session.scalars(select(AuditRow).where(AuditRow.action == "delivery.opened")).one()
    assert (read.subject_kind, read.subject_id) == ("kernel_delivery", number)


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_a_wrong_value_and_a_short_reason_are_told_on_their_fields(
    sign_in: Any, ours: dict[str, Any], language: str
) -> None:
    number = _dead(ours["tenant_id"])
    client = sign_in("administrator")
    client.set_cookie("his_language", language)
    wrong_number, short = WORDS[language]
    typed = {"values-lines-1-quantity": "y", "reason": REASON}
    answer = client.post(f"/trail/outbox/{number}/correction", data=typed)
    assert answer.status_code == 422
    assert f'id="f-values-lines-1-quantity-error"><div>{wrong_number}</div>' in answer.text
    assert 'name="values-lines-1-quantity" value="y"' in answer.text
    answer = client.post(f"/trail/outbox/{number}/correction", data={**typed, "reason": "错"})
    assert answer.status_code == 422
    assert f'id="f-reason-error"><div>{short}</div>' in answer.text
    assert [row.status for row in _rows()] == ["dead"]


def test_a_corrected_message_goes_in_the_place_of_the_old_one(sign_in: Any, ours: dict[str, Any]) -> None:
    number = _dead(ours["tenant_id"])
    before = _rows()[0]
    client = sign_in("administrator")
    page = client.get(f"/trail/outbox/{number}").text
    typed = {
        "command_id": _command_id(page),
        "reason": REASON,
        "values-visit_id": "8",
        "values-on": "2026-11-18",
        "values-is_urgent": "true",
        "values-lines-0-quantity": "3",
        "values-lines-1-quantity": "2.5",
        "values-practitioner_id": "",
    }
    answers = [client.post(f"/trail/outbox/{number}/correction", data=typed) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    relay.run_until_empty()
    old, new = _rows()
    assert (old.status, new.status) == ("corrected", "done")
    same = ("event_id", "attempts", "last_error", "due_at", "done_at", "reason")
    assert [getattr(old, name) for name in same] == [getattr(before, name) for name in same]
    assert (new.corrected_from, new.reason) == (old.id, REASON)
    [heard] = HEARD
    assert (heard.visit_id, heard.on, heard.is_urgent) == (8, date(2026, 11, 18), True)
    assert [(line.drug, line.quantity) for line in heard.lines] == [
        ("阿司匹林", Decimal(3)),
        ("二甲双胍", Decimal("2.5")),
    ]
    assert heard.actor.name == "李静"
    assert answers[0].location.split("?")[0] in client.get(f"/trail/outbox/{number}").text
    with kernel_unit("p1"):
        said = db.session.get_one(EventRow, old.event_id)
        assert said.payload == PAYLOAD


def test_the_trail_shows_before_and_after_but_no_health_details(
    administrator: Actor, ours: dict[str, Any]
) -> None:
    number = _dead(ours["tenant_id"])
    by = _with(administrator, services.REVEAL)
    typed = {"lines-0-drug": "布洛芬", "lines-1-quantity": "2", "visit_id": "7"}
    services.correct_message(delivery_id=number, values=typed, reason=REASON, by=by)
    with kernel_unit("p1"):
        row = db.session.scalars(select(AuditRow).where(AuditRow.action == "delivery.corrected")).one()
    assert row.detail["changed"] == {"lines-0-drug": ["…", "…"], "lines-1-quantity": ["x", "2"]}
    assert row.detail["reason"] == REASON
    assert "布洛芬" not in str(row.detail)
    assert "阿司匹林" not in str(row.detail)


def _with(actor: Actor, permission: str) -> Actor:
    return replace(actor, permissions=actor.permissions | {permission})


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"lines-0-drug": "布洛芬"}, "values-lines-0-drug"),
        ({"lines-9-quantity": "1"}, "values-lines-9-quantity"),
        ({"by-name": "别人"}, "values-by-name"),
        ({"lines-1-quantity": "2", "visit_id": str(2**70)}, "values-visit_id"),
        ({"lines-1-quantity": "2", "visit_id": ""}, "values-visit_id"),
        ({"lines-1-quantity": "2", "on": "昨天"}, "values-on"),
        ({"lines-1-quantity": "2", "on": "0044-01-01"}, "values-on"),
    ],
)
def test_what_cannot_be_said_is_refused_on_its_field(
    administrator: Actor, ours: dict[str, Any], typed: dict[str, str], field: str
) -> None:
    number = _dead(ours["tenant_id"])
    with pytest.raises(InvalidInput) as refused:
        services.correct_message(delivery_id=number, values=typed, reason=REASON, by=administrator)
    assert list(refused.value.complaints) == [field]
    assert [row.status for row in _rows()] == ["dead"]


def test_a_correction_that_changes_nothing_is_refused(administrator: Actor, ours: dict[str, Any]) -> None:
    number = _dead(ours["tenant_id"])
    with kernel_unit("p1"):
        row = db.session.scalars(select(EventRow).where(EventRow.name == "Told")).one()
        row.payload = {**PAYLOAD, "lines": []}
        db.session.commit()
    with pytest.raises(services.NothingCorrected):
        services.correct_message(
            delivery_id=number, values={"visit_id": "7"}, reason=REASON, by=administrator
        )


def test_a_field_that_the_type_has_gained_since_is_asked_for(sign_in: Any, ours: dict[str, Any]) -> None:
    number = _dead(ours["tenant_id"])
    with kernel_unit("p1"):
        row = db.session.scalars(select(EventRow).where(EventRow.name == "Told")).one()
        row.payload = {
            "visit_id": 7,
            "lines": [{"drug": "阿司匹林"}],
            "colour": "red",
            "is_urgent": True,
            "by": PAYLOAD["by"],
        }
        db.session.commit()
    client = sign_in("administrator")
    assert 'name="values-lines-0-quantity" value=""' in client.get(f"/trail/outbox/{number}").text
    typed = {"values-lines-0-quantity": "1", "values-on": "", "reason": REASON}
    answer = client.post(f"/trail/outbox/{number}/correction", data=typed)
    assert 'id="f-values-on-error"' in answer.text
    answer = client.post(f"/trail/outbox/{number}/correction", data={**typed, "values-on": "2026-11-19"})
    assert answer.status_code == 303
    relay.run_until_empty()
    assert [event.lines[0].quantity for event in HEARD] == [1]


def test_a_message_of_a_kind_that_is_gone_shows_nothing_private_and_can_only_be_abandoned(
    sign_in: Any, ours: dict[str, Any]
) -> None:
    number = _dead(ours["tenant_id"])
    kind = subscriptions.types.pop("Told")
    client = sign_in("administrator")
    page = client.get(f"/trail/outbox/{number}").text
    assert "阿司匹林" not in page
    assert "values-" not in page
    data = {"reason": REASON, "values-visit_id": "9"}
    assert client.post(f"/trail/outbox/{number}/correction", data=data).status_code == 422
    assert client.post(f"/trail/outbox/{number}/abandonment", data=data).status_code == 303
    subscriptions.types["Told"] = kind
    assert [row.status for row in _rows()] == ["abandoned"]


def test_of_windows_at_once_one_decides(app: Flask, administrator: Actor, ours: dict[str, Any]) -> None:
    number = _dead(ours["tenant_id"])
    values = {"lines-1-quantity": "2"}
    outcomes = at_once(
        app,
        *[
            lambda: services.correct_message(
                delivery_id=number, values=values, reason=REASON, by=administrator
            )
        ]
        * 2,
        lambda: services.abandon_message(delivery_id=number, reason=REASON, by=administrator),
        lambda: services.abandon_message(delivery_id=number, reason=REASON, by=administrator),
    )
    refused = [one for one in outcomes if isinstance(one, services.NotGivenUp)]
    assert len(refused) == 3, outcomes
    assert len([row for row in _rows() if row.status != "corrected"]) == 1
    relay.run_until_empty()
    assert [row.status for row in _rows()] in (["abandoned"], ["corrected", "done"])
    assert len(HEARD) == len(_rows()) - 1


def test_an_abandoned_message_keeps_its_reason_and_is_never_sent(sign_in: Any, ours: dict[str, Any]) -> None:
    number = _dead(ours["tenant_id"])
    client = sign_in("administrator")
    answer = client.post(f"/trail/outbox/{number}/abandonment", data={"reason": "短"})
    assert answer.status_code == 422
    assert 'id="f-abandon-reason-error"' in answer.text
    data = {"reason": "已经手工补录"}
    assert client.post(f"/trail/outbox/{number}/abandonment", data=data).status_code == 303
    assert client.post(f"/trail/outbox/{number}/abandonment", data=data).status_code == 422
    client.post(f"/trail/outbox/{number}/sending")
    relay.run_until_empty()
    assert HEARD == []
    [row] = _rows()
    assert (row.status, row.reason, row.attempts) == ("abandoned", "已经手工补录", 8)
    assert relay.unfinished("p1") == {}
    assert "已经手工补录" in client.get("/trail/outbox?status=abandoned").text


def test_several_are_sent_again_by_choice_or_by_filter(sign_in: Any, ours: dict[str, Any]) -> None:
    tenant = ours["tenant_id"]
    numbers = [_dead(tenant, error="Timeout: one", on=17), _dead(tenant, error="Timeout: two", on=18)]
    numbers += [_dead(tenant, error="KeyError", on=18), _dead(tenant, error="Timeout: three", on=19)]
    client = sign_in("administrator")
    listed = client.get("/trail/outbox?error=Timeout&first=2026-11-18&event=Told").text
    assert [str(number) in listed for number in numbers] == [False, True, False, True]
    chosen = {"which": "chosen", "delivery_ids": numbers[:1], "command_id": "c" * 20}
    assert client.post("/trail/outbox/sending", data=chosen).status_code == 303
    assert client.post("/trail/outbox/sending", data=chosen).status_code == 303
    assert _states() == ["waiting", "dead", "dead", "dead"]
    fitting = {"which": "all", "error": "Timeout", "first": "2026-11-18", "last": "2026-11-18"}
    answer = client.post("/trail/outbox/sending", data=fitting, follow_redirects=True)
    assert _states() == ["waiting", "waiting", "dead", "dead"]
    assert "共 1 条消息，其中 1 条已重新发送" in answer.text
    client.post("/trail/outbox/sending", data={"which": "chosen"})
    assert _states() == ["waiting", "waiting", "dead", "dead"]


def _states() -> list[str]:
    return [row.status for row in _rows()]


def test_the_messages_of_another_centre_are_not_here(
    sign_in: Any, administrator: Actor, theirs: dict[str, Any]
) -> None:
    number = _dead(theirs["tenant_id"])
    client = sign_in("administrator")
    assert client.get(f"/trail/outbox/{number}").status_code == 404
    for act in ("correction", "abandonment"):
        data = {"reason": REASON, "values-lines-1-quantity": "1"}
        assert client.post(f"/trail/outbox/{number}/{act}", data=data).status_code == 404
    with pytest.raises(NotFound):
        services.send_messages(delivery_ids=[number], by=administrator)
    assert _states() == ["dead"]


def test_the_district_looks_after_its_own_messages(sign_in: Any, ours: dict[str, Any]) -> None:
    number, foreign = _dead(0, in_control=True), _dead(ours["tenant_id"], in_control=True)
    client = sign_in("district_operator", "district")
    page = client.get("/trail/outbox").text
    assert str(number) in page
    assert str(foreign) not in page
    typed = {"reason": REASON, "values-lines-1-quantity": "4"}
    assert client.post(f"/trail/outbox/{foreign}/correction", data=typed).status_code == 404
    assert client.post(f"/trail/outbox/{number}/correction", data=typed).status_code == 303
    centre = sign_in("administrator")
    assert centre.post(f"/trail/outbox/{foreign}/sending?where=district").status_code == 303
    rows = _rows(ControlDelivery)
    assert [(row.tenant_id, row.status) for row in rows] == [
        (0, "corrected"),
        (ours["tenant_id"], "waiting"),
        (0, "waiting"),
    ]


def test_one_command_id_for_two_decisions_is_refused(administrator: Actor, ours: dict[str, Any]) -> None:
    first, second = _dead(ours["tenant_id"]), _dead(ours["tenant_id"])
    with command("same"):
        services.abandon_message(delivery_id=first, reason=REASON, by=administrator)
    with command("same"), pytest.raises(CommandReused):
        services.abandon_message(delivery_id=second, reason=REASON, by=administrator)
    assert _states() == ["abandoned", "dead"]


def test_a_fault_tells_which_field_was_wrong_but_not_what_it_said(ours: dict[str, Any]) -> None:
    number = _dead(ours["tenant_id"], error="")
    services.send_messages(delivery_ids=[number], by=system_actor(ours["tenant_id"]))
    relay.run_once("p1")
    assert _rows()[0].last_error == "ValidationError: lines-1-quantity: decimal_parsing"
