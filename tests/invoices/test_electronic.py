"""Electronic invoices: issued after the money, whatever the platform does; one for each settlement."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.einvoice import PlayedPlatform

from app import clock
from app.actor import Actor
from app.pursuit import pursue_all
from modules.charging.models import Settlement
from modules.invoices import queries, services
from modules.invoices.errors import BeingIssued, NotToRetry
from modules.invoices.gateways.platform import Outcome, Said, say
from modules.invoices.models import Book, ElectronicInvoice, Paper
from modules.invoices.rules.foot import foot_of
from modules.invoices.rules.messages import NotUnderstood, issued_of
from modules.invoices.rules.states import ExchangeState, SendingState
from modules.invoices.rules.trying import try_next
from modules.invoices.services import conduct

D = Decimal
S = SendingState
Electronic = Callable[[int], ElectronicInvoice]
Settle = Callable[..., Settlement]


def test_a_settlement_gets_its_blue_invoice_after_the_money(
    issuing: PlayedPlatform,
    settle: Settle,
    electronic: Electronic,
    deliver: Callable[[], None],
    invoices_hold: Callable[[], bool],
) -> None:
    settlement = settle()
    assert electronic(settlement.id) is None
    assert issuing.heard == []
    deliver()
    found = electronic(settlement.id)
    assert (found.state, found.total_amount, found.code) == (S.ISSUED, settlement.amount, "99060126")
    assert (len(found.number), len(found.check_code)) == (10, 6)
    assert found.url.endswith(f"{found.code}/{found.number}/{found.check_code}")
    deliver()
    assert issuing.heard == ["issue"]
    assert invoices_hold()


def test_an_institution_without_a_platform_owes_nothing(
    platform: PlayedPlatform, settle: Settle, electronic: Electronic, deliver: Callable[[], None]
) -> None:
    settlement = settle()
    deliver()
    assert (electronic(settlement.id), platform.heard) == (None, [])


def test_a_platform_that_is_down_for_a_day_stops_no_desk_and_gets_everything_afterwards(
    issuing: PlayedPlatform,
    settle: Settle,
    refund: Settle,
    electronic: Electronic,
    deliver: Callable[[], None],
    invoices_hold: Callable[[], bool],
) -> None:
    issuing.is_away = True
    settled = [settle() for _ in range(4)]
    deliver()
    begun = clock.now()
    for hours in (1, 6, 12):
        with clock.at(begun + timedelta(hours=hours)):
            pursue_all()
    refund(settled[0])
    deliver()
    assert electronic(settled[0].id).state is S.DROPPED  # never sent, so nothing has to be reversed
    assert [electronic(one.id).state for one in settled[1:]] == [S.WAITING] * 3
    assert electronic(settled[1].id).fault
    issuing.is_away = False
    with clock.at(begun + timedelta(hours=24)):
        pursue_all()
    assert [electronic(one.id).state for one in settled[1:]] == [S.ISSUED] * 3
    assert issuing.heard == ["issue"] * 3
    assert invoices_hold()


def test_a_dead_platform_is_not_asked_about_the_rest(
    issuing: PlayedPlatform,
    settle: Settle,
    ours: dict[str, Any],
    deliver: Callable[[], None],
    look: Callable[..., Any],
) -> None:
    issuing.is_away = True
    settled = [settle() for _ in range(3)]
    deliver()
    tried = [look(queries.electronic_of, one.id).attempts for one in settled]
    assert tried == [1, 0, 0]
    assert conduct.pursue(ours["tenant_id"]) == 1


@pytest.mark.parametrize("how", ["lose_answer", "wrong_signature", "wrong_totals", "dead"])
def test_an_answer_that_is_lost_or_wrong_is_asked_about_and_nothing_is_issued_twice(
    issuing: PlayedPlatform,
    settle: Settle,
    electronic: Electronic,
    deliver: Callable[[], None],
    invoices_hold: Callable[[], bool],
    how: str,
) -> None:
    issuing.misbehave(how, service="issue")
    settlement = settle()
    deliver()
    assert electronic(settlement.id).state is S.SENT
    with clock.at(clock.now() + timedelta(seconds=5)):
        pursue_all()
    found = electronic(settlement.id)
    assert (found.state, found.fault) == (S.ISSUED, "")
    expected = ["issue", "query", "issue"] if how == "dead" else ["issue", "query"]
    assert issuing.heard == expected
    assert len(issuing.books.invoices) == 1
    assert invoices_hold()


def test_two_processes_do_not_send_the_same_invoice(
    issuing: PlayedPlatform,
    settle: Settle,
    electronic: Electronic,
    deliver: Callable[[], None],
    cashier: Actor,
) -> None:
    issuing.is_away = True
    settlement = settle()
    deliver()
    issuing.is_away = False
    row = electronic(settlement.id)
    with clock.at(clock.now() + timedelta(seconds=5)):
        for _ in range(3):
            conduct.carry(row.id, by=cashier)
    assert issuing.heard == ["issue"]


def test_a_refused_invoice_waits_for_somebody_and_is_tried_again(
    issuing: PlayedPlatform,
    settle: Settle,
    electronic: Electronic,
    deliver: Callable[[], None],
    accountant: Actor,
) -> None:
    issuing.misbehave("refuse")
    settlement = settle()
    deliver()
    row = electronic(settlement.id)
    assert (row.state, row.fault) == (S.REFUSED, "系统维护中，请稍后再试")
    with clock.at(clock.now() + timedelta(days=1)):
        pursue_all()
        assert electronic(settlement.id).state is S.REFUSED
        services.retry_electronic(invoice_id=row.id, by=accountant)
        assert conduct.carry(row.id, by=accountant).state is S.ISSUED
        with pytest.raises(NotToRetry):
            services.retry_electronic(invoice_id=row.id, by=accountant)


def test_a_refund_gets_a_red_invoice_and_what_is_kept_a_blue_one(
    issuing: PlayedPlatform,
    make_bill: Callable[..., Any],
    prescribe: Callable[..., Any],
    settle: Settle,
    refund: Settle,
    electronic: Electronic,
    deliver: Callable[[], None],
    look: Callable[..., Any],
    invoices_hold: Callable[[], bool],
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 24), ("D0002", 24))
    settlement = settle(bill)
    deliver()
    mirror = refund(settlement, lines=1)
    deliver()
    blue, red = electronic(settlement.id), electronic(mirror.id)
    assert (blue.state, red.state) == (S.REVERSED, S.ISSUED)
    assert (red.total_amount, red.blue_id) == (-settlement.amount, blue.id)
    kept = [row for row in look(queries.list_electronic).rows if row.id not in (blue.id, red.id)]
    assert [row.state for row in kept] == [S.ISSUED]
    assert kept[0].number not in (blue.number, red.number)
    again = refund(look(_settlement, kept[0].settlement_id))
    deliver()
    assert (electronic(again.id).state, electronic(kept[0].settlement_id).state) == (S.ISSUED, S.REVERSED)
    assert issuing.heard == ["issue", "red", "issue", "red"]
    assert invoices_hold()


def _settlement(settlement_id: int) -> Settlement:
    from modules.charging.queries import get_settlement

    return get_settlement(settlement_id)


def test_a_refund_before_the_answer_came_reverses_what_was_issued(
    issuing: PlayedPlatform,
    settle: Settle,
    refund: Settle,
    electronic: Electronic,
    deliver: Callable[[], None],
    invoices_hold: Callable[[], bool],
) -> None:
    issuing.misbehave("lose_answer", service="issue")
    settlement = settle()
    deliver()
    mirror = refund(settlement)
    deliver()
    assert (electronic(settlement.id).state, electronic(mirror.id).state) == (S.SENT, S.WAITING)
    for seconds in (5, 60):
        with clock.at(clock.now() + timedelta(seconds=seconds)):
            pursue_all()
    assert (electronic(settlement.id).state, electronic(mirror.id).state) == (S.REVERSED, S.ISSUED)
    assert invoices_hold()


def test_a_blue_invoice_that_was_refused_needs_no_red_one(
    issuing: PlayedPlatform,
    settle: Settle,
    refund: Settle,
    electronic: Electronic,
    deliver: Callable[[], None],
) -> None:
    issuing.misbehave("dead", service="issue")
    settlement = settle()
    deliver()
    mirror = refund(settlement)
    deliver()
    issuing.misbehave("refuse", service="issue")
    for seconds in (5, 60):
        with clock.at(clock.now() + timedelta(seconds=seconds)):
            pursue_all()
    assert (electronic(settlement.id).state, electronic(mirror.id).state) == (S.DROPPED, S.DROPPED)
    assert issuing.books.invoices == {}


def test_a_refund_that_is_told_of_before_its_settlement_issues_nothing(
    issuing: PlayedPlatform, settle: Settle, refund: Settle, electronic: Electronic, cashier: Actor
) -> None:
    settlement = settle()
    mirror = refund(settlement)
    services.note_refunded(original_id=settlement.id, mirror_id=mirror.id, by=cashier)
    services.note_settled(settlement_id=settlement.id, by=cashier)
    pursue_all()
    assert (electronic(settlement.id).state, electronic(mirror.id)) == (S.DROPPED, None)
    assert issuing.heard == []


def test_an_electronic_invoice_is_exchanged_for_paper_once_even_after_a_jam(
    issuing: PlayedPlatform,
    make_book: Callable[..., Book],
    settle: Settle,
    electronic: Electronic,
    paper_of: Callable[[int], Paper],
    deliver: Callable[[], None],
    look: Callable[..., Any],
    cashier: Actor,
) -> None:
    make_book(to=cashier)
    settlement = settle()
    deliver()
    services.print_paper(settlement_id=settlement.id, by=cashier)
    deliver()
    blue = electronic(settlement.id)
    kept = issuing.books.invoices[f"990101/{blue.business_no}"]
    assert kept.paper == "A000001"
    issuing.misbehave("lose_answer", service="exchange")
    services.replace_paper(paper_id=paper_of(settlement.id).id, reason="卡纸", by=cashier)
    deliver()
    with clock.at(clock.now() + timedelta(seconds=5)):
        pursue_all()
    exchange = look(queries.exchange_of, blue.id)
    assert (kept.paper, exchange.state, exchange.told_number) == ("A000002", ExchangeState.TOLD, "A000002")
    assert blue.state is S.ISSUED


def test_paper_in_the_place_of_an_invoice_that_was_never_sent(
    issuing: PlayedPlatform,
    make_book: Callable[..., Book],
    settle: Settle,
    electronic: Electronic,
    deliver: Callable[[], None],
    cashier: Actor,
) -> None:
    make_book(to=cashier)
    issuing.is_away = True
    waiting, unheard = settle(), settle()
    services.print_paper(settlement_id=unheard.id, by=cashier)  # before the outbox came to it
    deliver()
    services.print_paper(settlement_id=waiting.id, by=cashier)
    issuing.is_away = False
    with clock.at(clock.now() + timedelta(days=1)):
        deliver()
    assert {electronic(one.id).state for one in (waiting, unheard)} == {S.DROPPED}
    assert issuing.heard == []


def test_paper_waits_while_the_platform_has_not_answered(
    issuing: PlayedPlatform,
    make_book: Callable[..., Book],
    settle: Settle,
    deliver: Callable[[], None],
    cashier: Actor,
) -> None:
    make_book(to=cashier)
    issuing.misbehave("lose_answer")
    settlement = settle()
    deliver()
    with pytest.raises(BeingIssued):
        services.print_paper(settlement_id=settlement.id, by=cashier)


def test_what_was_sent_once_is_not_taken_for_unsent_when_a_second_try_reaches_nobody(
    issuing: PlayedPlatform,
    make_book: Callable[..., Book],
    settle: Settle,
    electronic: Electronic,
    deliver: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    cashier: Actor,
) -> None:
    make_book(to=cashier)
    issuing.misbehave("dead", service="issue")
    settlement = settle()
    deliver()  # the first message is still on its way: nobody knows

    def broken(line: Any, service: str, told: Any) -> Any:
        return say(line, service, told) if service == "query" else Said(Outcome.UNREACHABLE, {})

    monkeypatch.setattr(conduct, "say", broken)
    with clock.at(clock.now() + timedelta(seconds=5)):
        pursue_all()
    assert electronic(settlement.id).state is S.SENT
    with pytest.raises(BeingIssued):
        services.print_paper(settlement_id=settlement.id, by=cashier)


@pytest.mark.one_engine
def test_the_foot_of_g4() -> None:
    foot = foot_of(
        D("286.00"),
        {"pooled_fund": D("123.60"), "personal_account": D("100.00"), "cash": D("62.40")},
        pool=D("123.60"),
        full_own=D("16.00"),
    )
    assert foot.holds
    assert (foot.pool, foot.other, foot.account, foot.cash) == (D("123.60"), D(0), D("100.00"), D("62.40"))
    assert (foot.self_pay, foot.full_own) == (D("146.40"), D("16.00"))
    assert (-foot).holds


@pytest.mark.one_engine
@given(
    st.fixed_dictionaries(
        {
            name: st.decimals(0, 500, places=2)
            for name in ("pooled_fund", "hospital_part", "personal_account", "cash")
        }
    ),
    st.decimals(0, 1, places=2),
    st.none() | st.decimals(0, 900, places=2),
)
def test_the_foot_holds_whatever_was_paid(
    tenders: dict[str, Decimal], share: Decimal, own: Decimal | None
) -> None:
    pool = (tenders["pooled_fund"] * share).quantize(D("0.01"))
    foot = foot_of(sum(tenders.values(), D(0)), tenders, pool=pool, full_own=own)
    assert foot.holds
    assert min(foot.pool, foot.other, foot.account, foot.cash, foot.self_pay, foot.full_own) >= 0


@pytest.mark.one_engine
@pytest.mark.parametrize(
    "wrong",
    [
        {"billCode": "9906012"},
        {"billNo": "1"},
        {"checkCode": ""},
        {"pictureUrl": "javascript:1"},
        {"totalAmt": "x"},
    ],
)
def test_numbers_of_another_shape_are_no_invoice(wrong: dict[str, str]) -> None:
    told = {
        "billCode": "99060126",
        "billNo": "0000000001",
        "checkCode": "a1b2c3",
        "pictureUrl": "https://einvoice.example/look",
        "totalAmt": "10.00",
    }
    assert issued_of(told).total == D("10.00")
    with pytest.raises(NotUnderstood):
        issued_of(told | wrong)


@pytest.mark.one_engine
def test_the_platform_is_tried_soon_and_then_every_half_hour() -> None:
    now = datetime(2026, 11, 20, 1, 30)  # noqa: DTZ001  any moment
    waits = [(try_next(attempt, now) - now).total_seconds() for attempt in range(1, 8)]
    assert waits == [5, 15, 30, 60, 300, 1800, 1800]
