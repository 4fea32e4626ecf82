"""Pure rules of unified payment."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.payments.rules.addresses import is_channel_address
from modules.payments.rules.asking import UNTIL, ask_next
from modules.payments.rules.protocol import BodyUnreadable, body_of, outcome_of, read, to_fen, to_yuan
from modules.payments.rules.states import NEXT, OrderState, RefundState, may_move, may_refund_move

SINCE = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)


def test_an_unknown_result_is_asked_about_at_these_moments() -> None:
    moments, now = [], SINCE
    while (found := ask_next(SINCE, now)) is not None:
        moments.append(int((found - SINCE).total_seconds()))
        now = found
    assert moments[:8] == [5, 15, 30, 60, 300, 2100, 3900, 5700]
    assert len(moments) == 5 + 47
    assert UNTIL - 1800 < moments[-1] <= UNTIL


@given(seconds=st.integers(0, 100_000))
def test_the_next_moment_is_always_ahead(seconds: int) -> None:
    now = SINCE + timedelta(seconds=seconds)
    found = ask_next(SINCE, now)
    assert found is None or now < found <= now + timedelta(minutes=30)


def test_an_order_is_asked_about_when_it_expires() -> None:
    expires = SINCE + timedelta(minutes=10)
    assert ask_next(SINCE, SINCE + timedelta(minutes=6), also_at=expires) == expires
    assert ask_next(SINCE, expires, also_at=expires) == SINCE + timedelta(seconds=2100)


@given(fen=st.integers(1, 10**10))
def test_fen_and_yuan_are_the_same_money(fen: int) -> None:
    assert to_fen(to_yuan(fen)) == fen
    assert to_yuan(fen) == Decimal(fen) / 100


@given(body=st.text(max_size=200) | st.binary(max_size=80).map(lambda found: found.decode("latin-1")))
def test_nonsense_is_unknown_and_breaks_nothing(body: str) -> None:
    assert outcome_of(body).value == "unknown"


@pytest.mark.parametrize(
    "trade",
    [
        {"out_trade_no": "P1", "state": "SUCCESS"},
        {"out_trade_no": "P1", "state": "SUCCESS", "total_fen": -1},
        {"out_trade_no": "P1", "state": "SUCCESS", "total_fen": True},
        {"out_trade_no": "P1", "state": "SUCCESS", "total_fen": 62.4},
        {"out_trade_no": "P1", "state": "SUCCESS", "total_fen": 10**12},
        {"out_trade_no": "P1", "state": "SUCCESS", "total_fen": 1, "paid_at": "yesterday"},
        ["P1"],
    ],
)
def test_a_trade_that_is_not_of_the_protocol_is_not_read(trade: object) -> None:
    with pytest.raises(BodyUnreadable):
        read(body_of(code="OK", trade=trade))


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("OK", "answered"), ("NOT_EXIST", "answered"), ("REFUSED", "refused"), ("SYSTEM_ERROR", "unknown")],
)
def test_only_a_clear_word_is_a_refusal(code: str, outcome: str) -> None:
    assert outcome_of(body_of(code=code)).value == outcome


def test_no_state_is_ever_reached_twice() -> None:
    def ahead(state: OrderState, seen: frozenset[OrderState]) -> None:
        assert state not in seen
        for after in NEXT[state]:
            ahead(after, seen | {state})

    ahead(OrderState.CREATED, frozenset())
    assert not may_move(OrderState.SUCCESS, OrderState.CLOSED)
    assert may_refund_move(RefundState.REFUNDING, RefundState.REFUND_FAIL)
    assert not may_refund_move(RefundState.REFUND_FAIL, RefundState.REFUNDING)


def test_the_simulators_address_is_of_this_machine() -> None:
    assert is_channel_address("http://127.0.0.1:8090", allow_here=True)
    assert not is_channel_address("http://127.0.0.1:8090", allow_here=False)
    assert is_channel_address("https://api.example/pay", allow_here=False)
