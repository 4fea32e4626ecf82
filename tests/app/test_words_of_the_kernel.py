"""Keys, clock, money, numbers: what every module builds upon."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app import clock, money, numbering
from app.db import Mode, db, tenant_unit
from app.db.text import contains_text, starts_with
from app.ids import IdMaker
from app.numbering import NumberCounter
from tenants.models import Department


def test_keys_grow_and_never_repeat() -> None:
    maker = IdMaker(5)
    keys = [maker.next_id() for _ in range(5000)]
    assert keys == sorted(set(keys))
    assert {(key >> 10) & 4095 for key in keys} == {5}
    assert keys[-1] < 2**63


@given(st.decimals(min_value=0, max_value=10**6, places=6))
def test_an_amount_is_rounded_half_up_to_the_fen(value: Decimal) -> None:
    rounded = money.round_amount(value)
    assert abs(rounded - value) <= Decimal("0.005")
    assert money.round_amount(rounded) == rounded


def test_half_a_fen_goes_up() -> None:
    assert money.round_amount(Decimal("2.645")) == Decimal("2.65")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 16, 0, 0, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 20, 17, 30, 0, tzinfo=UTC), date(2026, 11, 21)),
    ],
)
def test_an_early_morning_belongs_to_the_centres_day_not_the_servers(moment: datetime, day: date) -> None:
    with clock.at(moment):
        assert clock.today() == day


@pytest.mark.control("APP-02")
def test_numbers_have_no_gaps_and_no_twins_between_desks(app: Any, ours: dict[str, Any]) -> None:
    found: list[int] = []
    lock = threading.Lock()

    def desk() -> None:
        for _ in range(10):
            with app.app_context(), tenant_unit(ours["tenant_id"], Mode.WRITE):
                value = numbering.next_value("test", on=date(2026, 11, 20))
                db.session.commit()
            with lock:
                found.append(value)

    threads = [threading.Thread(target=desk) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 61))


def test_each_centre_counts_its_own_numbers(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    for centre in (ours, theirs):
        with tenant_unit(centre["tenant_id"], Mode.WRITE):
            assert numbering.next_number("x", on=date(2026, 11, 20), prefix="T") == "T26112000001"
            db.session.commit()
    with tenant_unit(ours["tenant_id"]):
        assert len(list(db.session.scalars(select(NumberCounter).where(NumberCounter.name == "x")))) == 1


@pytest.mark.parametrize("needle", ["[", "%", "_", "'", "\\"])
@pytest.mark.control("APP-03")
def test_a_search_takes_every_sign_literally(ours: dict[str, Any], needle: str) -> None:
    with tenant_unit(ours["tenant_id"]):
        assert (
            list(db.session.scalars(select(Department).where(contains_text(Department.name, needle)))) == []
        )
        assert list(db.session.scalars(select(Department).where(starts_with(Department.name, needle)))) == []
