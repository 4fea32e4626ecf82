"""An insured settlement from reckoning to its end, on good days and bad ones, against the insurer's own books."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support import world

from app import clock, outgoing
from app.actor import Actor
from app.db import db, tenant_unit
from app.db.statements import count_statements
from app.errors import NotFound, PermissionDenied
from app.events import subscriptions
from app.pursuit import pursue_all
from modules.charging.simulators.insurer import Insurer
from modules.insurance import queries, services
from modules.insurance.errors import (
    AlreadyWithInsurer,
    AnswerMissing,
    InsurerAway,
    InsurerRefused,
    NotConnected,
    TotalsWrong,
    WrongState,
)
from modules.insurance.events import InsuranceCancelled, InsuranceFailed, InsuranceSettled
from modules.insurance.models import InsuranceExchange, InsuranceSettlement
from modules.insurance.rules.states import SettlementState
from modules.insurance.services import steps

D = Decimal
S = SettlementState
KEPT = (
    ("service", "X0001", "一般诊疗费", "1", "10.00", "12"),
    ("drug", "D0001", "西药甲", "10", "12.00", "09"),
    ("service", "X0024", "泌尿系彩超", "1", "60.00", "03"),
    ("service", "X0018", "一次性真空采血管", "16", "1.00", "08"),
)


def amounts(row: InsuranceSettlement) -> tuple[Decimal, ...]:
    return row.total_amount, row.fund_amount, row.account_amount, row.cash_amount


def valid(insurer: Insurer) -> list[Any]:
    return [one for one in insurer.books.settlements.values() if not one["is_cancelled"]]


@pytest.fixture
def heard(app: Any) -> Any:
    """Events of insurance as they are said."""
    found: list[Any] = []
    kinds = (InsuranceSettled, InsuranceFailed, InsuranceCancelled)
    for kind in kinds:
        subscriptions.add_now(kind, found.append)
    yield found
    for kind in kinds:
        subscriptions.now[kind].remove(found.append)


def test_g4_through_the_insurer(reckon: Any, cashier: Actor, insurer: Insurer, heard: list[Any]) -> None:
    row = reckon()
    assert (row.state, amounts(row)) == (S.PRESETTLED, (D("286.00"), D("123.60"), D("100.00"), D("62.40")))
    assert valid(insurer) == []
    done = services.settle(row.id, by=cashier)
    assert (done.state, amounts(done)) == (S.SETTLED, amounts(row))
    assert [one["info"]["setl_id"] for one in valid(insurer)] == [done.setl_id]
    assert [(type(one), one.fund_amount, one.cash_amount) for one in heard] == [
        (InsuranceSettled, D("123.60"), D("62.40"))
    ]


def test_g4_near_the_cap_through_the_insurer(reckon: Any, person: Any, insurer: Insurer) -> None:
    insurer.books.enrol("990000198506152462", pool=420)
    assert amounts(reckon()) == (D("286.00"), D("80.00"), D("100.00"), D("106.00"))


def test_g4_with_medical_aid_through_the_insurer(reckon: Any, person: Any, insurer: Insurer) -> None:
    insurer.books.enrol("990000198506152462", aid_ratio="0.50")
    row = reckon()
    assert (row.medical_aid_amount, row.account_amount, row.cash_amount) == (
        D("66.20"),
        D("96.20"),
        D("0.00"),
    )


def test_g5_cancelled_whole_and_settled_anew(
    reckon: Any, cashier: Actor, insurer: Insurer, look: Any, heard: list[Any]
) -> None:
    first = services.settle(reckon().id, by=cashier)
    gone = services.cancel(first.id, reason="退药", keeps_visit=True, by=cashier)
    assert (gone.state, gone.cancel_id != "") == (S.CANCELLED, True)
    again = services.settle(reckon(KEPT).id, by=cashier)
    assert amounts(again) == (D("206.00"), D("80.40"), D("100.00"), D("25.60"))
    assert first.cash_amount - again.cash_amount == D("36.80")
    assert [one["info"]["setl_id"] for one in valid(insurer)] == [again.setl_id]
    assert [type(one) for one in heard] == [InsuranceSettled, InsuranceCancelled, InsuranceSettled]


def test_a_cancelled_visit_with_nothing_left_is_gone_there_too(
    reckon: Any, cashier: Actor, insurer: Insurer
) -> None:
    services.cancel(services.settle(reckon().id, by=cashier).id, reason="退费", by=cashier)
    assert insurer.heard[-3:] == ["2208", "2205", "2202"]
    standing = next(iter(insurer.books.standings.values()))
    assert (standing.deductible, standing.pool, standing.balance) == (D(150), D(300), D(100))


def test_lines_keep_how_the_insurer_shared_them_out(reckon: Any, ours: Any) -> None:
    row = reckon()
    with tenant_unit(ours["tenant_id"]):
        lines = queries.lines_of(row.id)
    assert [(line.level, line.first_pay_amount, line.full_own_amount) for line in lines] == [
        ("01", D(0), D(0)),
        ("01", D(0), D(0)),
        ("02", D("8.00"), D(0)),
        ("02", D("6.00"), D(0)),
        ("03", D(0), D("16.00")),
    ]


def test_settle_pressed_twice_settles_once(reckon: Any, cashier: Actor, insurer: Insurer) -> None:
    row = reckon()
    services.settle(row.id, by=cashier)
    with pytest.raises(WrongState):
        services.settle(row.id, by=cashier)
    assert insurer.heard.count("2207") == 1


def test_a_bill_that_is_settled_is_not_reckoned_again(reckon: Any, cashier: Actor) -> None:
    services.settle(reckon().id, by=cashier)
    with pytest.raises(AlreadyWithInsurer):
        reckon()


def test_reckoning_anew_drops_the_attempt_before_and_its_lines(
    reckon: Any, look: Any, insurer: Insurer
) -> None:
    first, second = reckon(), reckon(KEPT)
    assert (look(first.id).state, second.state) == (S.DROPPED, S.PRESETTLED)
    assert [line["chrg_bchno"] for line in insurer.books.lines["M000000000001"]] == [second.batch_no] * 4


def test_answer_lost_after_it_settled_is_adopted_and_not_doubled(
    reckon: Any, cashier: Actor, insurer: Insurer, heard: list[Any]
) -> None:
    row = reckon()
    insurer.misbehave("lose_answer", infno="2207")
    done = services.settle(row.id, by=cashier)
    assert (done.state, done.is_adopted, len(valid(insurer))) == (S.SETTLED, True, 1)
    assert insurer.heard.count("2207") == 1
    assert [one.is_adopted for one in heard] == [True]


def test_no_answer_at_all_stays_unknown_and_is_pursued_until_it_is_known(
    reckon: Any, cashier: Actor, insurer: Insurer, look: Any
) -> None:
    row = reckon()
    insurer.misbehave("lose_answer", infno="2207")
    insurer.misbehave("dead", infno="5203", times=2)
    with pytest.raises(AnswerMissing):
        services.settle(row.id, by=cashier)
    assert look(row.id).state is S.UNKNOWN
    clock.stop(world.NOW + timedelta(minutes=1))
    assert pursue_all() == 0  # still dead
    assert look(row.id).state is S.UNKNOWN
    clock.stop(world.NOW + timedelta(minutes=10))
    assert pursue_all() == 1
    assert (look(row.id).state, len(valid(insurer))) == (S.SETTLED, 1)
    assert pursue_all() == 0


def test_a_message_that_never_arrived_is_reversed(
    reckon: Any, cashier: Actor, insurer: Insurer, look: Any, heard: list[Any]
) -> None:
    row = reckon()
    insurer.misbehave("dead", infno="2207")
    with pytest.raises(InsurerRefused):
        services.settle(row.id, by=cashier)
    assert (look(row.id).state, valid(insurer)) == (S.REVERSED, [])
    assert insurer.heard[-3:] == ["2207", "5203", "2601"]
    assert [type(one) for one in heard] == [InsuranceFailed]
    assert services.settle(reckon().id, by=cashier).state is S.SETTLED  # a new attempt goes through


def test_power_cut_between_the_insurer_and_our_commit(
    reckon: Any, cashier: Actor, insurer: Insurer, look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = reckon()

    def dies(**given: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as cut:
        cut.setattr(steps, "note_settled", dies)
        with pytest.raises(SystemExit):
            services.settle(row.id, by=cashier)
    assert (look(row.id).state, len(valid(insurer))) == (S.SETTLING, 1)
    assert pursue_all() == 0  # perhaps somebody still waits for the answer
    clock.stop(world.NOW + timedelta(seconds=30))
    assert pursue_all() == 1
    assert (look(row.id).state, look(row.id).is_adopted, len(valid(insurer))) == (S.SETTLED, True, 1)


def test_wrong_totals_when_reckoning_are_refused_and_kept(
    reckon: Any, insurer: Insurer, ours: Any, person: Any
) -> None:
    insurer.misbehave("wrong_totals", infno="2206")
    with pytest.raises(TotalsWrong) as refusal:
        reckon()
    assert "各层之和" in refusal.value.details["reason"]
    with tenant_unit(ours["tenant_id"]):
        row = queries.list_settlements().rows[0]
        kept = queries.exchanges_of(row.id)
    assert (row.state, row.reason != "", row.total_amount) == (S.FAILED, True, D(0))
    assert [one.infno for one in kept] == ["2201", "2203A", "2204", "2206"]
    assert "123.60" not in kept[-1].sealed_answer
    assert "124.60" in kept[-1].answer


def test_wrong_totals_when_settling_are_asked_about(reckon: Any, cashier: Actor, insurer: Insurer) -> None:
    row = reckon()
    insurer.misbehave("wrong_totals", infno="2207")
    done = services.settle(row.id, by=cashier)
    assert (done.state, done.is_adopted, amounts(done)[1]) == (S.SETTLED, True, D("123.60"))


def test_wrong_signature_is_no_answer(reckon: Any, cashier: Actor, insurer: Insurer) -> None:
    row = reckon()
    insurer.misbehave("wrong_signature", infno="2207")
    done = services.settle(row.id, by=cashier)
    assert (done.state, done.is_adopted, len(valid(insurer))) == (S.SETTLED, True, 1)


def test_a_dead_insurer_leaves_a_choice_charge_now_and_settle_later(
    reckon: Any, cashier: Actor, insurer: Insurer, person: Any, ours: Any, look: Any
) -> None:
    insurer.misbehave("dead", infno="2204")
    with pytest.raises(InsurerAway) as refusal:
        reckon()
    number = refusal.value.details["settlement_id"]
    assert services.defer_settlement(settlement_id=number, by=cashier).state is S.DEFERRED
    with tenant_unit(ours["tenant_id"]):
        assert queries.count_deferred() == 1
    insurer.misbehave("dead", infno="2206")
    with pytest.raises(InsurerAway):
        services.settle_deferred(number, by=cashier)
    assert look(number).state is S.DEFERRED
    done = services.settle_deferred(number, by=cashier)
    assert (done.state, amounts(done)[3]) == (S.SETTLED, D("62.40"))


def test_the_insurers_refusal_is_shown_in_its_words(reckon: Any, insurer: Insurer, person: Any) -> None:
    insurer.misbehave("refuse", infno="2206")
    with pytest.raises(InsurerRefused, match="refused") as refusal:
        reckon()
    assert refusal.value.details["reason"] == "系统繁忙，请稍后再试"


def test_lost_answer_of_a_cancellation(
    reckon: Any, cashier: Actor, insurer: Insurer, look: Any, heard: list[Any]
) -> None:
    row = services.settle(reckon().id, by=cashier)
    insurer.misbehave("lose_answer", infno="2208")
    with pytest.raises(AnswerMissing):
        services.cancel(row.id, reason="退费", by=cashier)
    assert look(row.id).state is S.CANCELLING
    clock.stop(world.NOW + timedelta(minutes=1))
    assert pursue_all() == 1
    assert (look(row.id).state, valid(insurer), insurer.heard.count("2208")) == (S.CANCELLED, [], 1)
    assert isinstance(heard[-1], InsuranceCancelled)


def test_a_refused_cancellation_leaves_it_settled(
    reckon: Any, cashier: Actor, insurer: Insurer, look: Any
) -> None:
    row = services.settle(reckon().id, by=cashier)
    insurer.misbehave("refuse", infno="2208")
    with pytest.raises(InsurerRefused):
        services.cancel(row.id, reason="退费", by=cashier)
    assert (look(row.id).state, len(valid(insurer))) == (S.SETTLED, 1)


def test_nobody_waits_longer_than_eight_seconds() -> None:
    from modules.insurance.gateways import insurer as gateway

    assert gateway.BUDGET_SECONDS <= 8
    assert outgoing.CONNECT_SECONDS + outgoing.ANSWER_SECONDS <= 8


def test_a_slow_insurer_is_left_at_the_end_of_the_budget(
    reckon: Any, insurer: Insurer, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(outgoing, "ANSWER_SECONDS", 0.2)
    insurer.misbehave("slow", infno="2206", seconds=1)
    with pytest.raises(InsurerAway):
        reckon()


def test_one_sign_in_for_each_operator_and_day(
    reckon: Any, cashier: Actor, registrar: Actor, insurer: Insurer
) -> None:
    services.settle(reckon().id, by=cashier)
    assert insurer.heard.count("9001") == 1
    reckon(subject_id=2, by=registrar)
    assert insurer.heard.count("9001") == 2
    assert insurer.heard.count("2201") == 1


def test_people_who_are_not_insured_are_refused(connected: None, patient_id: int, cashier: Actor) -> None:
    with pytest.raises(InsurerRefused) as refusal:
        services.read_person(patient_id=patient_id, card_type="02", card_no="990000195801011239", by=cashier)
    assert refusal.value.details["reason"] == "未查询到参保信息"


def test_what_is_kept_of_a_person_is_sealed(person: Any) -> None:
    assert person.sealed_person_no.startswith("$1$")
    assert person.sealed_document_no.startswith("$1$")
    assert person.document_no == "990000198506152462"


def test_a_centre_without_connection_settles_nothing(visit: Any, patient_id: int, cashier: Actor) -> None:
    with pytest.raises(NotConnected):
        services.read_person(patient_id=patient_id, card_type="02", card_no="990000198506152462", by=cashier)


def test_another_centres_settlement_is_not_found(
    reckon: Any, theirs: dict[str, Any], insurer: Insurer, insurer_address: str
) -> None:
    row, stranger = reckon(), world.actor(theirs, "cashier")
    for act in (services.defer_settlement, services.drop_settlement):
        with pytest.raises(NotFound):
            act(settlement_id=row.id, by=stranger)
    with pytest.raises(NotFound):
        services.ask(row.id, by=stranger)
    said = len(insurer.heard)
    for conduct in (services.settle, services.settle_deferred):
        with pytest.raises((NotFound, NotConnected)):
            conduct(row.id, by=stranger)
    assert len(insurer.heard) == said


def test_a_doctor_settles_nothing(reckon: Any, doctor: Actor) -> None:
    row = reckon()
    with pytest.raises(PermissionDenied):
        services.settle(row.id, by=doctor)


def test_statements_of_an_insured_settlement(reckon: Callable[..., Any], cashier: Actor) -> None:
    reckon(subject_id=9)
    with count_statements() as reckoning:
        row = reckon()
    with count_statements() as settling:
        services.settle(row.id, by=cashier)
    assert (reckoning.count, settling.count) == (19, 12)


def test_an_exchange_is_never_changed(reckon: Any, ours: Any) -> None:
    row = reckon()
    with tenant_unit(ours["tenant_id"]):
        kept = db.session.query(InsuranceExchange).filter_by(settlement_id=row.id).all()
    assert {one.outcome.value for one in kept} == {"done"}
