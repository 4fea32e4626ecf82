from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.dispensing.rules.batches import (
    BatchPick,
    BatchStock,
    ExpiryAlert,
    PackQuantity,
    allocate,
    allocate_return,
    expiry_alert,
    is_issuable,
    split_into_packs,
)

D = Decimal
TODAY = date(2026, 11, 21)
A, B, C, X = 1, 2, 3, 4


def batch(batch_id, expires_on, available, unit_cost, **given_):
    return BatchStock(
        batch_id=batch_id, expires_on=expires_on, available=D(available), unit_cost=D(unit_cost), **given_
    )


AMLODIPINE = [
    batch(A, date(2027, 3, 31), 30, "2.25"),
    batch(B, date(2027, 1, 31), 12, "2.10"),
    batch(C, date(2026, 12, 10), 20, "2.00"),
    batch(X, date(2026, 11, 20), 5, "2.00"),
]
BATCHES = st.lists(
    st.builds(
        BatchStock,
        batch_id=st.integers(1, 99),
        expires_on=st.integers(-40, 400).map(lambda days: TODAY + timedelta(days=days)),
        available=st.integers(0, 50).map(Decimal),
        unit_cost=st.decimals("0.01", "99", places=4),
        is_frozen=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda each: each.batch_id,
)


def test_issuing_40_takes_12_of_b_and_28_of_a_for_88_20():
    result = allocate(AMLODIPINE, D(40), today=TODAY)
    assert [(pick.batch_id, pick.quantity) for pick in result.picks] == [(B, 12), (A, 28)]
    assert result.cost_amount == D("88.20")
    assert not result.is_refused


def test_of_one_expiry_bags_leave_before_packs():
    ends = date(2027, 3, 31)
    lying = [batch(A, ends, 30, "2.25"), batch(B, ends, 12, "2.25", is_bags=True)]
    result = allocate(lying, D(20), today=TODAY)
    assert [(pick.batch_id, pick.quantity) for pick in result.picks] == [(B, 12), (A, 8)]


def test_issuing_45_is_refused_because_42_are_available():
    result = allocate(AMLODIPINE, D(45), today=TODAY)
    assert (result.is_refused, result.available, result.picks) == (True, 42, ())


def test_a_return_of_10_goes_back_to_a_which_left_last():
    issued = allocate(AMLODIPINE, D(40), today=TODAY).picks
    assert allocate_return(issued, D(10)) == (BatchPick(A, D(10), D("2.25")),)
    assert allocate_return(issued, D(30)) == (BatchPick(A, D(28), D("2.25")), BatchPick(B, D(2), D("2.10")))
    assert allocate_return(issued, D(41)) is None
    assert allocate_return(issued, D(0)) is None


def test_the_earlier_receipt_leaves_first_when_both_expire_together():
    day = date(2027, 5, 1)
    late = batch(1, day, 5, 1, received_on=date(2026, 9, 1))
    early = batch(2, day, 5, 1, received_on=date(2026, 8, 1))
    assert [pick.batch_id for pick in allocate([late, early], D(6), today=TODAY).picks] == [2, 1]


def test_frozen_stock_and_stock_inside_the_stop_days_stay():
    assert not is_issuable(batch(1, TODAY + timedelta(days=30), 5, 1), today=TODAY)
    assert is_issuable(batch(1, TODAY + timedelta(days=31), 5, 1), today=TODAY)
    assert not is_issuable(batch(1, TODAY + timedelta(days=99), 5, 1, is_frozen=True), today=TODAY)


def test_nothing_is_issued_for_nothing():
    with pytest.raises(ValueError, match="positive"):
        allocate(AMLODIPINE, D(0), today=TODAY)


@given(batches=BATCHES, quantity=st.integers(1, 200))
def test_an_issue_is_whole_in_order_of_expiry_and_within_stock(batches, quantity):
    result = allocate(batches, D(quantity), today=TODAY)
    stock = {each.batch_id: each for each in batches}
    taken = sum(pick.quantity for pick in result.picks)
    assert taken == (0 if result.is_refused else quantity)
    expiries = [stock[pick.batch_id].expires_on for pick in result.picks]
    assert expiries == sorted(expiries)
    for pick in result.picks:
        assert 0 < pick.quantity <= stock[pick.batch_id].available
        assert is_issuable(stock[pick.batch_id], today=TODAY)
    assert all(pick.quantity == stock[pick.batch_id].available for pick in result.picks[:-1])


@given(batches=BATCHES, quantity=st.integers(1, 200), data=st.data())
def test_returns_never_exceed_what_each_batch_gave(batches, quantity, data):
    issued = allocate(batches, D(quantity), today=TODAY).picks
    if issued:
        back = allocate_return(issued, D(data.draw(st.integers(1, quantity))))
        gave = {pick.batch_id: pick.quantity for pick in issued}
        assert all(pick.quantity <= gave[pick.batch_id] for pick in back)


@given(batches=BATCHES, quantity=st.integers(1, 200))
def test_returning_everything_restores_every_batch(batches, quantity):
    issued = allocate(batches, D(quantity), today=TODAY).picks
    if issued:
        assert allocate_return(issued, D(quantity)) == issued[::-1]


@pytest.mark.parametrize(
    ("days", "alert"),
    [
        (-1, ExpiryAlert.EXPIRED),
        (0, ExpiryAlert.STOPPED),
        (30, ExpiryAlert.STOPPED),
        (31, ExpiryAlert.WITHIN_3_MONTHS),
        (92, ExpiryAlert.WITHIN_3_MONTHS),
        (93, ExpiryAlert.WITHIN_6_MONTHS),
        (183, ExpiryAlert.WITHIN_6_MONTHS),
        (184, ExpiryAlert.NONE),
    ],
)
def test_a_batch_warns_as_it_nears_its_end(days, alert):
    assert expiry_alert(TODAY + timedelta(days=days), today=TODAY) is alert


def test_stock_is_read_in_boxes_and_loose_tablets():
    assert split_into_packs(D(366), pack_factor=24) == PackQuantity(15, D(6))
    assert split_into_packs(D(-25), pack_factor=24) == PackQuantity(1, D(1), is_negative=True)
    with pytest.raises(ValueError, match="1 or more"):
        split_into_packs(D(1), pack_factor=0)


@given(quantity=st.integers(0, 10**6), factor=st.integers(1, 1000))
def test_boxes_and_loose_units_are_the_quantity(quantity, factor):
    shown = split_into_packs(D(quantity), pack_factor=factor)
    assert shown.packs * factor + shown.loose == quantity
    assert 0 <= shown.loose < factor
