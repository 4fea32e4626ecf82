"""The nightly proof: what fails is a task until it is explained or holds again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from app import clock, daily
from app.actor import Actor
from app.db import isolation, migrate, tenant_unit
from app.db.statements import count_statements
from app.errors import InvalidInput, NotFound
from app.pursuit import pursue_all
from app.registry import Finding, installed
from app.tenancy import tenant_of
from modules.proving import queries, services
from modules.proving.errors import NothingToExplain
from modules.proving.models import Fault, FaultState, Night, NightState
from modules.proving.rules import Known, changes_of

D = Decimal
MORE = (
    "UPDATE dispensing_balance SET on_hand = on_hand + 7 WHERE id ="
    " (SELECT min(id) FROM dispensing_balance WHERE tenant_id = :tenant)"
)
BROKEN = "dispensing: batches whose moves and balance differ"


@pytest.fixture
def damage(ours: dict[str, Any]) -> Callable[[str], None]:
    """As the database's owner, behind the product's back."""

    def change(statement: str) -> None:
        with migrate.owned() as engines, engines["p1"].begin() as connection:
            isolation.see_everybody(connection)
            connection.execute(text(statement), {"tenant": ours["tenant_id"]})

    return change


@pytest.fixture
def prove(ours: dict[str, Any], accountant: Actor) -> Callable[[], tuple[Night, dict[str, Fault]]]:
    """Prove the books as they stand now."""

    def run() -> tuple[Night, dict[str, Fault]]:
        services.begin_night(by=accountant)
        assert pursue_all() >= 1
        with tenant_unit(ours["tenant_id"]):
            return queries.proofs().nights[0], queries.live_faults()

    return run


def test_the_daily_work_proves_the_books_of_a_centre(ours: dict[str, Any]) -> None:
    outcome = daily.do_one(tenant_of(ours["tenant_id"]), "proving.begin_night")
    assert outcome.state == "done"
    pursue_all()
    with tenant_unit(ours["tenant_id"]):
        (night,) = queries.proofs().nights
    assert night.state is NightState.HOLDS
    assert night.failing == 0
    assert night.identities >= 30  # of money and of stock, and the rows that prove themselves
    assert night.on == clock.today()


def test_a_balance_that_was_changed_behind_the_ledger_is_a_task_until_it_holds_again(
    ours: dict[str, Any], stocked: None, damage: Any, prove: Any, accountant: Actor
) -> None:
    damage(MORE)
    night, faults = prove()
    assert night.state is NightState.FAILS
    assert (faults[BROKEN].found, faults[BROKEN].wanted) == ("1", "0")
    assert night.failing == len(faults)

    services.explain_fault(fault_id=faults[BROKEN].id, reason="演示时改动，明日更正", by=accountant)
    with pytest.raises(NothingToExplain):
        services.explain_fault(fault_id=faults[BROKEN].id, reason="再说明一次", by=accountant)
    _, again = prove()
    assert again[BROKEN].state is FaultState.EXPLAINED, "the same numbers are no new question"

    damage(MORE.replace("+", "-"))
    night, faults = prove()
    assert (night.state, faults) == (NightState.HOLDS, {})
    with tenant_unit(ours["tenant_id"]):
        (gone,) = [one for one in queries.proofs().gone.rows if one.identity == BROKEN]
    assert gone.reason == "演示时改动，明日更正"


def test_a_receipt_that_differs_from_its_ways_of_paying_is_named(
    ours: dict[str, Any], receipt: str, damage: Any, prove: Any
) -> None:
    damage("UPDATE charging_tender SET amount = amount + 1 WHERE tenant_id = :tenant")
    _, faults = prove()
    assert faults["charging: each receipt = its ways of paying"].found == receipt


def test_other_numbers_than_were_explained_are_a_question_again() -> None:
    same, other = Finding("x", "3", "0"), Finding("x", "4", "0")
    known = {"x": Known("3", "0", is_explained=True), "y": Known("1", "0", is_explained=False)}
    assert changes_of([same], known).again == frozenset()
    changes = changes_of([other, Finding("z", "1", "2"), Finding("y", "0", "0")], known)
    assert changes.again == {"x"}
    assert set(changes.new) == {"z"}
    assert changes.gone == {"y"}


def test_an_explanation_is_taken_for_the_numbers_that_were_shown_only(
    ours: dict[str, Any], receipt: str, damage: Any, prove: Any, accountant: Actor, sign_in: Any
) -> None:
    name = "charging: charges - refunds = by tender"
    damage("UPDATE charging_tender SET amount = amount + 1 WHERE tenant_id = :tenant")
    shown = prove()[1][name]
    damage("UPDATE charging_tender SET amount = amount + 1 WHERE tenant_id = :tenant")
    prove()
    typed = {
        "reason": "已查明，明日更正",
        "expected_found": shown.found,
        "expected_wanted": shown.wanted,
    }
    client = sign_in("accountant")
    answer = client.post(f"/proofs/faults/{shown.id}/explain", data=typed)
    assert answer.status_code == 422
    assert "其间已重新核验" in answer.text
    services.explain_fault(fault_id=shown.id, reason="已查明，明日更正", by=accountant)
    answer = client.post(f"/proofs/faults/{shown.id}/explain", data={"reason": "再说明一次"})
    assert "此项已由他人说明" in answer.text


def test_what_is_asked_for_while_a_proof_is_under_way_is_proven_once_more(
    ours: dict[str, Any], accountant: Actor
) -> None:
    night = services.begin_night(by=accountant)
    begun_at = clock.now()
    note = partial(services.note_night, night_id=night.id, findings=[], by=accountant)
    with clock.at(begun_at + timedelta(seconds=5)):
        services.begin_night(by=accountant)
        assert note(begun_at=begun_at).state is NightState.WAITING
        assert pursue_all() == 1
    with tenant_unit(ours["tenant_id"]):
        assert queries.proofs().nights[0].state is NightState.HOLDS


def test_a_second_process_finds_nothing_left_to_prove(ours: dict[str, Any], prove: Any) -> None:
    first, _ = prove()
    assert pursue_all() == 0
    second, _ = prove()
    assert second.id == first.id, "one row for a day"


def test_a_fault_of_another_centre_is_not_found(
    ours: dict[str, Any], stocked: None, damage: Any, prove: Any, accountant: Actor, theirs: dict[str, Any]
) -> None:
    damage(MORE)
    _, faults = prove()
    stranger = replace(accountant, tenant_id=theirs["tenant_id"])
    with pytest.raises(NotFound):
        services.explain_fault(fault_id=faults[BROKEN].id, reason="不是我们的", by=stranger)
    with pytest.raises(InvalidInput):
        services.explain_fault(fault_id=faults[BROKEN].id, reason="短", by=accountant)


def test_the_page_explains_and_proves(
    ours: dict[str, Any], stocked: None, damage: Any, prove: Any, sign_in: Any
) -> None:
    damage(MORE)
    _, faults = prove()
    client = sign_in("accountant")
    client.get("/proofs/")
    with count_statements() as counted:
        page = client.get("/proofs/")
    assert counted.count <= 8, counted.statements
    assert "药房：流水与结存不符的批次" in page.text
    url = f"/proofs/faults/{faults[BROKEN].id}/explain"
    assert client.post(url, data={"reason": "短"}).status_code == 422
    assert client.post(url, data={"reason": "已查明，明日更正"}).status_code == 303
    assert "已查明，明日更正" in client.get("/proofs/").text
    assert client.post("/proofs/begin").status_code == 303
    assert "hx-get" in client.get("/proofs/nights").text, "it asks again while the proof is under way"
    pursue_all()
    assert "hx-get" not in client.get("/proofs/nights").text
    auditor = sign_in("auditor")
    assert auditor.get("/proofs/").status_code == 200
    assert auditor.post("/proofs/begin").status_code == 403
    assert sign_in("doctor").get("/proofs/").status_code == 403


def test_a_check_that_breaks_off_is_a_task_and_the_night_ends(
    prove: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = installed().modules["charging"]

    def torn(tenant_id: int) -> list[Finding]:
        raise ZeroDivisionError

    monkeypatch.setitem(installed().modules, "charging", replace(module, checks=(torn, *module.checks)))
    night, faults = prove()
    assert (night.state, night.failing) == (NightState.FAILS, 1)
    (fault,) = faults.values()
    assert "torn" in fault.found
    monkeypatch.undo()
    night, faults = prove()
    assert (night.state, faults) == (NightState.HOLDS, {})
