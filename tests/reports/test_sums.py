"""The sums say what the ledgers say, however often they are made."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from support import world
from support.world import NOW, TODAY

from app import clock, relay
from app.actor import Actor, system_actor
from app.db import Mode, db, tenant_unit
from app.db.units import current_unit
from modules.charging import queries as charging
from modules.dispensing import queries as stock
from modules.reports import queries, services
from modules.reports.models import Day, Level, MoneySum, PlaceSum, PrescribingSum, StockSum
from modules.reports.queries import Asked, By, MoneyFilter, StockFilter, reach_of
from modules.reports.queries.stock import Flow, Held
from modules.reports.rules.days import Bucket
from modules.reports.services import building

D = Decimal
use = import_module("modules.reports.queries.use")  # its package names a function like it
OPENED = date(2026, 10, 21)  # the day of the world's opening stock


def everything(tenant_id: int) -> dict[str, list[Any]]:
    """All sums as plain values, without keys."""
    found = {}
    with tenant_unit(tenant_id):
        for model in (MoneySum, StockSum, PlaceSum, PrescribingSum, Level):
            columns = [column for column in model.__table__.columns if column.name != "id"]
            found[model.__tablename__] = sorted(
                (
                    tuple(getattr(row, column.name) for column in columns)
                    for row in db.session.scalars(db.select(model))
                ),
                key=repr,
            )
    return found


def holds(tenant_id: int, until: date) -> bool:
    with tenant_unit(tenant_id):
        found = queries.findings(until)
    assert len(found) == 4
    assert [one for one in found if not one.holds] == []
    return True


def test_the_sums_are_the_ledgers(ours: dict[str, Any], morning: Any) -> None:
    assert holds(ours["tenant_id"], TODAY)
    assert queries.check_sums(ours["tenant_id"])  # of the days before today
    with tenant_unit(ours["tenant_id"]):
        ledger = charging.settlement_totals(TODAY, TODAY)[TODAY]
        sides = dict(
            db.session.execute(
                db.select(MoneySum.side, db.func.sum(MoneySum.amount)).group_by(MoneySum.side)
            ).all()
        )
    assert ledger > 0
    assert set(sides.values()) == {ledger}


def test_a_changed_sum_is_found(ours: dict[str, Any], morning: Any) -> None:
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        row = db.session.scalars(db.select(MoneySum).where(MoneySum.side == "fee")).first()
        row.amount += D("0.01")
        some = db.session.scalars(db.select(StockSum).where(StockSum.kind == "issue")).first()
        some.cost_amount += D("0.01")
        db.session.commit()
    with tenant_unit(ours["tenant_id"]):
        wrong = [one.name for one in queries.findings(TODAY) if not one.holds]
    assert wrong == [
        "reports: settlements by fee class = ledger",
        "reports: stock of the sums = ledger",
        "reports: stock of places = stock of their drugs",
    ]


@pytest.mark.parametrize("is_month", [False, True])
def test_a_changed_sum_of_a_place_is_found(ours: dict[str, Any], morning: Any, is_month: bool) -> None:
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        row = db.session.scalars(db.select(PlaceSum).where(PlaceSum.is_month == is_month)).first()
        row.cost_amount += D("0.01")
        db.session.commit()
    with tenant_unit(ours["tenant_id"]):
        wrong = [one.name for one in queries.findings(TODAY) if not one.holds]
    assert wrong == ["reports: stock of places = stock of their drugs"]


def test_months_say_what_their_days_say(ours: dict[str, Any], morning: Any, accountant: Actor) -> None:
    """A period of whole months and ends, against the sums of its drugs one by one."""
    reach = reach_of(accountant)
    for since in (date(2026, 10, 1), date(2026, 10, 15), date(2026, 10, 22), date(2026, 11, 1), TODAY):
        chosen = StockFilter(begins_on=since, ends_on=date(2026, 11, 30))
        with tenant_unit(ours["tenant_id"]):
            whole = queries.flows(reach, chosen)
            drugs = set(db.session.scalars(db.select(StockSum.drug_id)))
            single = [queries.flows(reach, replace(chosen, drug_id=drug)) for drug in drugs]
            days = queries.flows_by_day(reach, chosen)
            months = queries.flows_by_day(reach, chosen, Bucket.MONTH)
        assert whole
        added: dict[Any, Flow] = {}
        for one in single:
            for key, flow in one.items():
                added[key] = added.get(key, Flow()).plus(replace(flow, quantity=D(0)))
        assert whole == added
        for sums in (days, months):
            assert sum(came for came, _ in sums.values()) == sum(
                flow.cost_amount for key, flow in whole.items() if key[4]
            )


def test_what_is_found_out_later_reaches_its_month(
    ours: dict[str, Any], morning: Any, accountant: Actor, add_up: Any
) -> None:
    """A day of October is added up anew in January; October, and what opens every month behind it, follow."""
    reach, by = reach_of(accountant), system_actor(ours["tenant_id"], origin="job")
    clock.stop(NOW + timedelta(days=70))
    services.begin_day(by=by)
    add_up()
    chosen = StockFilter(begins_on=date(2026, 10, 1), ends_on=date(2026, 12, 31))
    before = everything(ours["tenant_id"])
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        right = queries.flows(reach, chosen)
        for model in (StockSum, PlaceSum):
            for row in db.session.scalars(db.select(model).where(model.on < date(2026, 11, 1))):
                row.cost_amount += D("7.00")
        for level in db.session.scalars(db.select(Level)):
            level.cost_amount += D("7.00")
        db.session.commit()
    with tenant_unit(ours["tenant_id"]):
        assert queries.flows(reach, chosen) != right
    services.note_day(on=OPENED, by=by)
    add_up()
    with tenant_unit(ours["tenant_id"]):
        assert queries.flows(reach, chosen) == right
    assert everything(ours["tenant_id"]) == before
    assert holds(ours["tenant_id"], date(2027, 1, 28))


def test_a_year_of_the_district_reads_months(ours: dict[str, Any], morning: Any) -> None:
    """Nothing but the sums of months is there, and that is enough."""
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        place = ours["locations"]["pharmacy"]
        months = [date(2023 + n // 12, n % 12 + 1, 1) for n in range(36)]
        db.session.add_all(
            PlaceSum(
                is_month=True,
                on=month,
                location_id=place,
                kind="issue",
                comes_in=False,
                cost_amount=D("1.00"),
                retail_amount=D("1.00"),
                entries=1,
            )
            for month in months
        )
        db.session.commit()
    reach = reach_of(world.district_actor("supervisor"))
    year = StockFilter(begins_on=date(2024, 1, 1), ends_on=date(2024, 12, 31))
    (flow,) = queries.flows(reach, year).values()
    assert (flow.cost_amount, flow.entries) == (D("12.00"), 12)


def test_made_anew_they_are_the_same(ours: dict[str, Any], morning: Any) -> None:
    before = everything(ours["tenant_id"])
    assert all(
        before[name] for name in ("reports_money", "reports_stock", "reports_prescribing", "reports_level")
    )
    assert [done for done, _ in services.rebuild(ours["tenant_id"])][-1] >= 2
    assert everything(ours["tenant_id"]) == before


def test_what_moves_while_a_day_waits_is_added_up_with_it(
    ours: dict[str, Any], morning: Any, make_stock: Any, add_up: Any
) -> None:
    make_stock("D0161", 7)
    relay.run_until_empty()
    with tenant_unit(ours["tenant_id"]):
        (waiting,) = queries.stale_days(size=5)
        since = db.session.get_one(Day, waiting[0]).stale_since
    clock.stop(clock.now() + timedelta(seconds=30))
    make_stock("D0162", 7)
    relay.run_until_empty()
    with tenant_unit(ours["tenant_id"]):
        assert queries.stale_days(size=5) == [waiting]
        assert db.session.get_one(Day, waiting[0]).stale_since == since
        assert current_unit() is not None
    add_up()
    with tenant_unit(ours["tenant_id"]):
        assert queries.count_stale_days() == 0
    assert holds(ours["tenant_id"], TODAY)


def test_days_nobody_told_of_are_found_after_midnight(ours: dict[str, Any], administrator: Actor) -> None:
    """The world's stock came in before anything was delivered; the day that is over is added up in any case."""
    by = system_actor(ours["tenant_id"], origin="job")
    services.begin_day(by=by)
    with tenant_unit(ours["tenant_id"]):
        assert [on for _, on in queries.stale_days(size=9)] == [OPENED, TODAY - timedelta(days=1)]
    services.pursue(ours["tenant_id"])
    assert holds(ours["tenant_id"], TODAY)


def test_a_month_begins_with_what_the_one_before_left(
    ours: dict[str, Any], morning: Any, accountant: Actor, drug_id: Any
) -> None:
    """Opening + in - out = closing, over one month, over both, and the closing is the balance."""
    reach = reach_of(accountant)
    with tenant_unit(ours["tenant_id"]):
        months = set(db.session.scalars(db.select(Level.month)))
        october = queries.openings(reach, StockFilter(begins_on=date(2026, 10, 1), ends_on=TODAY))
        november = queries.openings(reach, StockFilter(begins_on=date(2026, 11, 1), ends_on=TODAY))
        late = queries.openings(reach, StockFilter(begins_on=TODAY, ends_on=TODAY))
        moved = queries.flows(reach, StockFilter(begins_on=date(2026, 11, 1), ends_on=TODAY))
        ledger = stock.stock_totals(TODAY)
    assert months == {date(2026, 11, 1)}
    assert sum(held.cost_amount for held in october.values()) == 0
    place = (ours["tenant_id"], ours["locations"]["pharmacy"])
    assert november[place].cost_amount == late[place].cost_amount > 0
    change = sum((flow.cost_amount if key[4] else -flow.cost_amount for key, flow in moved.items()), D(0))
    assert november[place].cost_amount + change == sum(cost for _, cost in ledger.values())


def test_january_still_opens_with_it(ours: dict[str, Any], morning: Any, accountant: Actor) -> None:
    reach = reach_of(accountant)
    clock.stop(NOW + timedelta(days=70))
    chosen = StockFilter(begins_on=date(2027, 1, 1), ends_on=date(2027, 1, 29))
    with tenant_unit(ours["tenant_id"]):
        before = queries.openings(reach, chosen)
    services.begin_day(by=system_actor(ours["tenant_id"], origin="job"))
    with tenant_unit(ours["tenant_id"]):
        assert queries.openings(reach, chosen) == before
        assert set(db.session.scalars(db.select(Level.month))) == {
            date(2026, 11, 1),
            date(2026, 12, 1),
            date(2027, 1, 1),
        }
        assert sum(held.cost_amount for held in before.values()) == sum(
            cost for _, cost in stock.stock_totals(date(2026, 12, 31)).values()
        )


@pytest.mark.parametrize("by", [by for by in By if by is not By.CENTRE])
def test_every_way_of_taking_income_apart_comes_to_the_same(
    by: By, ours: dict[str, Any], morning: Any, accountant: Actor
) -> None:
    reach = reach_of(accountant)
    chosen = MoneyFilter(begins_on=TODAY, ends_on=TODAY, by=by)
    with tenant_unit(ours["tenant_id"]):
        found = queries.takings(reach, chosen)
        ledger = charging.settlement_totals(TODAY, TODAY)[TODAY]
        assert sum(row.net for row in found.values()) == ledger
        for key, sums in found.items():
            narrowed = MoneyFilter(begins_on=TODAY, ends_on=TODAY, by=by, key=key)
            assert queries.takings_by_day(reach, narrowed)[TODAY].net == sums.net
            receipts = queries.receipts_of(ours["tenant_id"], TODAY, narrowed)
            assert sum(row.amount for row in receipts) == sums.net


def test_the_supervisor_sees_both_centres_and_a_centre_only_itself(
    ours: dict[str, Any], theirs: dict[str, Any], morning: Any, accountant: Actor
) -> None:
    services.begin_day(by=system_actor(theirs["tenant_id"]))
    services.pursue(theirs["tenant_id"])
    whole = reach_of(world.district_actor("supervisor"))
    assert whole.is_whole
    openings = queries.openings(whole, StockFilter(begins_on=TODAY, ends_on=TODAY))
    assert {key[0] for key in openings} == {ours["tenant_id"], theirs["tenant_id"]}
    own = queries.openings(reach_of(accountant), StockFilter(begins_on=TODAY, ends_on=TODAY))
    assert {key[0] for key in own} == {ours["tenant_id"]}
    assert {key: openings[key] for key in own} == own


def test_the_command_makes_the_sums_of_named_centres_anew(
    app: Flask, ours: dict[str, Any], theirs: dict[str, Any], morning: Any
) -> None:
    def made(centre: dict[str, Any]) -> set[Any]:
        with tenant_unit(centre["tenant_id"]):
            return set(db.session.scalars(db.select(Day.built_at)))

    before = made(theirs)
    clock.stop(clock.now() + timedelta(minutes=5))
    said = app.test_cli_runner().invoke(args=["reports-rebuild", "C1"])
    assert said.exit_code == 0, said.output
    assert "C1: 2 days added up" in said.output
    assert "C2" not in said.output
    assert made(theirs) == before
    assert made(ours) == {clock.now()}
    assert holds(ours["tenant_id"], TODAY)


def test_nights_on_which_nothing_ran_are_made_up_for(ours: dict[str, Any], morning: Any) -> None:
    """Today was added up at noon; what was handed out in the afternoon is in the books though no night followed."""
    with tenant_unit(ours["tenant_id"]):
        assert TODAY in queries.unfinished_days()
    clock.stop(NOW + timedelta(days=50))
    services.begin_day(by=system_actor(ours["tenant_id"], origin="job"))
    with tenant_unit(ours["tenant_id"]):
        assert TODAY in [on for _, on in queries.stale_days(size=9)]
    while services.pursue(ours["tenant_id"]):
        pass
    with tenant_unit(ours["tenant_id"]):
        assert TODAY not in queries.unfinished_days()


def test_what_breaks_off_between_days_and_levels_begins_again(
    ours: dict[str, Any], morning: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.note_missing_days(everything=True, by=system_actor(ours["tenant_id"], origin="job"))
    carry = building.carry_levels

    def breaks_off(**_: Any) -> None:
        raise RuntimeError("the process ends")

    monkeypatch.setattr(building, "carry_levels", breaks_off)
    with pytest.raises(RuntimeError):
        services.pursue(ours["tenant_id"])
    with tenant_unit(ours["tenant_id"]):
        assert [on for _, on in queries.stale_days(size=9)] == [OPENED]
    monkeypatch.setattr(building, "carry_levels", carry)
    assert services.pursue(ours["tenant_id"]) == 1
    assert holds(ours["tenant_id"], TODAY)


def test_use_of_drugs_reads_its_flows_once(monkeypatch: pytest.MonkeyPatch, accountant: Actor) -> None:
    """Forty centres with a thousand drugs each: every flow is looked at once, not once for each drug."""

    class Flows(dict[Any, Any]):
        passes = 0

        def items(self) -> Any:
            self.passes += 1
            return super().items()

    flows = Flows({(1, 0, drug, "issue", False): Flow(D(drug), D(1), D(2), 1) for drug in range(1, 51)})
    held = Flows({(1, drug): Held(D(1), D(10)) for drug in range(1, 51)})
    monkeypatch.setattr(use, "flows", lambda *_, **__: flows)
    monkeypatch.setattr(use, "openings", lambda *_, **__: held)
    found = use.used_drugs(reach_of(accountant), Asked(begins_on=TODAY, ends_on=TODAY))
    assert (len(found), flows.passes, held.passes) == (50, 1, 1)
    assert {
        (row.cost_amount, row.retail_amount, row.opening_amount, row.closing_amount) for row in found
    } == {(D(1), D(2), D(10), D(9))}


def test_levels_are_reckoned_while_their_rows_are_held(
    ours: dict[str, Any], morning: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reckoned before, they would pass over what another process adds up until its turn."""
    stock_at, there = queries.stock_at, []

    def reckoned(day: date, *, known_at: date) -> Any:
        there.append(db.session.scalar(db.select(db.func.count(Level.id)).where(Level.month == day)))
        return stock_at(day, known_at=known_at)

    monkeypatch.setattr(queries, "stock_at", reckoned)
    services.carry_levels(since=OPENED, by=system_actor(ours["tenant_id"], origin="job"))
    assert there == [0]
    assert holds(ours["tenant_id"], TODAY)
