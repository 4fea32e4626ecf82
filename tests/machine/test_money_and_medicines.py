"""Whatever two centres do, in whatever order, with whatever goes wrong outside: everything balances (issue C)."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from machine import asking, buying, identities, packs, papers, paying, sparing, stock
from machine.centre import DRUGS, Centre
from machine.outside import Outside

from app import clock, relay
from app.errors import DomainError
from app.pursuit import pursue_all

IS_SOAK = bool(os.environ.get("HIS_SOAK") or os.environ.get("HIS_MACHINE_RUNS"))
RUNS = int(os.environ.get("HIS_MACHINE_RUNS", "200" if IS_SOAK else "4"))
STEPS = 50
PATIENCE = 40  # rounds of ten minutes until nothing is on its way
CHANNEL_MISDEEDS = (
    "dead",
    "lost",
    "duplicate_callback",
    "no_callback",
    "late_success",
    "wrong_amount",
    "wrong_signature",
    "midnight",
)
PLATFORM_MISDEEDS = ("dead", "lose_answer", "wrong_signature", "wrong_totals", "refuse")
INSURER_MISDEEDS = ("dead", "lose_answer", "wrong_totals", "wrong_signature", "refuse")
TRADES = ("2206", "2207", "2207", "2208", "2204", "")
WAYS_ON = (
    "ask",
    "let_go",
    "give_up",
    "uninsured",
    "later",
    "refund",
    "refund_anew",
    "keep",
    "collect",
    "reckon",
)
Fresh = Callable[[], tuple[Flask, list[dict[str, Any]]]]


class Acts:
    """What may happen next, each with its dice; the number beside it says how often it does."""

    def __init__(self, outside: Outside, centres: list[Centre]) -> None:
        self.outside, self.centres = outside, centres

    def welcome(self, centre: Centre, dice: Random) -> None:
        """A visit."""
        drugs = {code: dice.randint(1, 60) for code in dice.sample(DRUGS, dice.randint(0, 3))}
        centre.welcome(drugs, is_insured=dice.random() < 0.5)

    def pay_at_window(self, centre: Centre, dice: Random) -> None:
        """Cash, mostly."""
        paying.pay_at_window(centre, _bill(centre, dice), dice.choice(("cash", "cash", "bank_card")))

    def begin(self, centre: Centre, dice: Random) -> None:
        """A settlement with somebody outside."""
        bill = _bill(centre, dice)
        is_insured = dice.random() < (0.8 if bill in centre.insured else 0.05)
        method = dice.choice(("wechat", "wechat", "alipay", "prepaid"))
        paying.begin(centre, bill, method, is_insured=is_insured)

    def confirm(self, centre: Centre, dice: Random) -> None:
        """The patient agrees, and pays or cannot."""
        method = dice.choice(("cash", "cash", "wechat", "alipay", "prepaid"))
        paying.confirm(centre, _checkout(centre, dice), method, dice.randint(0, 9))

    def go_on(self, centre: Centre, dice: Random) -> None:
        """Any button, fitting or not."""
        paying.go_on(centre, _checkout(centre, dice), dice.choice(WAYS_ON))

    def give_back(self, centre: Centre, dice: Random) -> None:
        """A refund."""
        paying.give_back(centre, _bill(centre, dice), dice.randint(0, 9), dice.randint(1, 60))

    def close_shift(self, centre: Centre, dice: Random) -> None:
        """Close the shift, or open one."""
        closed = paying.close_shift(centre, dice.randint(-3, 3))
        if closed is not None:
            identities.of_shift(centre.tenant_id, closed)

    def confirm_shift(self, centre: Centre, dice: Random) -> None:
        """The accountant's part."""
        paying.confirm_shift(centre, dice.randint(0, 9))

    def prepaid(self, centre: Centre, dice: Random) -> None:
        """Into or out of a resident's account."""
        paying.prepaid(centre, dice.choice(centre.patients), dice.choice((-20, -5, 10, 50, 80)))

    def hand_out(self, centre: Centre, dice: Random) -> None:
        """Of the last few prescriptions."""
        stock.hand_out(centre, dice.randint(0, 9))

    def bring_back(self, centre: Centre, dice: Random) -> None:
        """Unopened drugs."""
        stock.bring_back(centre, dice.randint(0, 9), dice.randint(1, 20))

    def withdraw(self, centre: Centre, dice: Random) -> None:
        """By the doctor."""
        stock.withdraw(centre, dice.randint(0, 9))

    def receive(self, centre: Centre, dice: Random) -> None:
        """A delivery."""
        stock.receive(centre, dice.randint(0, 9), dice.randint(1, 9), dice.choice("ABC"))

    def requisition(self, centre: Centre, dice: Random) -> None:
        """From the storeroom."""
        stock.requisition(centre, dice.randint(0, 9), dice.randint(1, 90), dice.choice((0, 0, 3)))

    def remove(self, centre: Centre, dice: Random) -> None:
        """A loss."""
        place = dice.choice(("storeroom", "pharmacy"))
        stock.remove(centre, place, dice.randint(0, 99), dice.randint(1, 40))

    def count(self, centre: Centre, dice: Random) -> None:
        """A stocktake."""
        stock.count(centre, dice.randint(-5, 5))

    def one_step(self, centre: Centre, dice: Random) -> None:
        """Of the pharmacy; sometimes part of it stays owed."""
        step = dice.choice(("prepare", "prepare", "give", "give", "put_back", "rest", "rehold"))
        stock.one_step(centre, dice.randint(0, 9), step, dice.choice((0, 0, 5)))

    def set_apart(self, centre: Centre, dice: Random) -> None:
        """Quarantine."""
        place = dice.choice(("storeroom", "pharmacy"))
        stock.set_apart(centre, place, dice.randint(0, 99), dice.randint(1, 40))

    def call_back(self, centre: Centre, dice: Random) -> None:
        """A recall."""
        stock.call_back(centre, dice.randint(0, 99))

    def hand_out_book(self, centre: Centre, dice: Random) -> None:
        """Of invoices."""
        papers.hand_out_book(centre)

    def print_invoice(self, centre: Centre, dice: Random) -> None:
        """On paper."""
        papers.print_invoice(centre, _bill(centre, dice), dice.randint(0, 9))

    def jam(self, centre: Centre, dice: Random) -> None:
        """At the printer of invoices."""
        papers.jam(centre, dice.randint(0, 9), dice.choice(("spoil", "replace", "red")))

    def reprice(self, centre: Centre, dice: Random) -> None:
        """A price changes while bills are open."""
        papers.reprice(centre, dice.randint(0, 9), dice.randint(500, 1500))

    def work_off(self, centre: Centre, dice: Random) -> None:
        """Days are compared and their differences handled, and tied out when nothing is open."""
        papers.work_off(centre)

    def reduce(self, centre: Centre, dice: Random) -> None:
        """Rules of what is taken off; only one of the centres has any."""
        sparing.reduce(centre, dice)

    def entitle(self, centre: Centre, dice: Random) -> None:
        """To what a rule gives."""
        sparing.entitle(centre, dice)

    def waive(self, centre: Centre, dice: Random) -> None:
        """By hand."""
        sparing.waive(centre, _bill(centre, dice), dice)

    def ask_back(self, centre: Centre, dice: Random) -> None:
        """By the doctor."""
        asking.ask_back(centre, dice)

    def answer(self, centre: Centre, dice: Random) -> None:
        """To what was asked back."""
        asking.answer(centre, dice)

    def scan_pack(self, centre: Centre, dice: Random) -> None:
        """At the pharmacy's window."""
        packs.scan(centre, dice.randint(0, 9), dice.randint(0, 3), dice.choice((0, 0, 6, 30)))

    def without_code(self, centre: Centre, dice: Random) -> None:
        """What has none."""
        packs.without_code(centre, dice.randint(0, 9))

    def take_off(self, centre: Centre, dice: Random) -> None:
        """A scan that was wrong."""
        packs.take_off(centre)

    def repack(self, centre: Centre, dice: Random) -> None:
        """Bags of tablets."""
        packs.repack(centre, dice.randint(0, 99), dice.randint(1, 3), dice.randint(1, 10))

    def through_the_district(self, centre: Centre, dice: Random) -> None:
        """Bought together."""
        buying.through_the_district(centre, dice)

    def take_in(self, centre: Centre, dice: Random) -> None:
        """What the district sent."""
        buying.take_in(centre, dice)

    def misbehave(self, centre: Centre, dice: Random) -> None:
        """Somebody outside has a bad moment."""
        times = dice.randint(1, 2)
        if dice.random() < 0.2:
            self.outside.platform.misbehave(dice.choice(PLATFORM_MISDEEDS), times=times, seconds=0)
        elif dice.random() < 0.5:
            self.outside.channels.misbehave(dice.choice(CHANNEL_MISDEEDS), times, seconds=0)
        else:
            trade = dice.choice(TRADES)
            self.outside.insurer.misbehave(dice.choice(INSURER_MISDEEDS), infno=trade, times=times, seconds=0)

    def scan(self, centre: Centre, dice: Random) -> None:
        """A payer pays what was shown, perhaps late."""
        trades = [trade for trade in self.outside.channels.books.trades.values() if trade.state != "SUCCESS"]
        if trades:
            trade = dice.choice(trades[-4:])
            self.outside.channels.scan(trade.merchant_no, trade.out_trade_no)

    def time_passes(self, centre: Centre, dice: Random) -> None:
        """What channels report arrives, and what they owe is asked for."""
        clock.stop(clock.now() + timedelta(minutes=dice.choice((1, 1, 5, 5, 20, 60, 180, 700))))
        self.outside.channels.deliver()
        relay.run_until_empty()
        pursue_all()


OFTEN = {
    "welcome": 14,
    "begin": 12,
    "confirm": 12,
    "go_on": 8,
    "pay_at_window": 6,
    "give_back": 9,
    "hand_out": 8,
    "time_passes": 8,
    "misbehave": 6,
    "bring_back": 4,
    "scan": 4,
    "close_shift": 2,
    "confirm_shift": 2,
    "prepaid": 3,
    "withdraw": 2,
    "receive": 2,
    "requisition": 3,
    "remove": 2,
    "count": 1,
    "one_step": 8,
    "set_apart": 2,
    "call_back": 2,
    "hand_out_book": 2,
    "print_invoice": 4,
    "jam": 3,
    "reprice": 2,
    "work_off": 2,
    "reduce": 2,
    "entitle": 1,
    "waive": 2,
    "ask_back": 4,
    "answer": 2,
    "scan_pack": 4,
    "without_code": 1,
    "take_off": 1,
    "repack": 1,
    "through_the_district": 1,
    "take_in": 2,
}


class District(RuleBasedStateMachine):
    """Two centres of one partition, and what is outside of both."""

    fresh: Fresh
    seen: Counter[str]
    part: int

    @initialize()
    def open(self) -> None:
        app, centres = self.fresh()
        self.outside = Outside(app)
        self.stack = ExitStack()
        self.stack.enter_context(self.outside.reached())
        self.centres = [Centre(ids, str(number), self.outside) for number, ids in enumerate(centres, start=1)]
        for centre in self.centres:
            centre.open()
            centre.welcome({"D0001": 30}, is_insured=False)
            centre.welcome({"D0001": 30, "D0007": 16}, is_insured=True)
        self.acts, self.steps = Acts(self.outside, self.centres), 0

    @rule(seed=st.integers(0, 2**32))
    def act(self, seed: int) -> None:
        """Something happens in one of the centres; a refusal is an answer, and leaves nothing behind."""
        self.steps += 1
        dice = Random(f"{self.part}.{seed}.{self.steps}")
        name = dice.choices(list(OFTEN), list(OFTEN.values()))[0]
        try:
            getattr(self.acts, name)(dice.choice(self.centres), dice)
        except DomainError as refusal:
            self.seen[f"{name}: {refusal}"[:120]] += 1
        else:
            self.seen[name] += 1

    @invariant()
    def everything_holds(self) -> None:
        for centre in getattr(self, "centres", ()):
            identities.hold(centre.tenant_id)

    def teardown(self) -> None:
        """Everything works again: whatever is on its way comes to its end, and all books are the same."""
        if not hasattr(self, "centres"):
            return
        try:
            self._come_to_rest()
            for centre in self.centres:
                identities.hold(centre.tenant_id)
                identities.agree(centre)
                identities.reconcile(centre)
                identities.hold(centre.tenant_id)
        finally:
            self.stack.close()

    def _standing(self, mark: str, checkout_id: int) -> tuple[str, ...]:
        """How far a settlement came, for whoever looks for the reason."""
        centre = self.centres[int(mark) - 1]
        checkout, parts = centre.checkout(checkout_id)
        try:
            paying.end(centre, checkout_id)
        except DomainError as refusal:
            return (checkout.kind.value, checkout.state.value, str(refusal), str(parts))
        return (checkout.kind.value, checkout.state.value, str(parts))

    def _come_to_rest(self) -> None:
        self.outside.behave()
        waiting = {(centre.mark, checkout) for centre in self.centres for checkout in centre.checkouts}
        for _ in range(PATIENCE):
            clock.stop(clock.now() + timedelta(minutes=10))
            self.outside.channels.deliver()
            relay.run_until_empty()
            pursue_all()
            for centre in self.centres:
                for checkout in centre.checkouts:
                    if (centre.mark, checkout) in waiting:
                        with suppress(DomainError):
                            if paying.end(centre, checkout):
                                waiting.discard((centre.mark, checkout))
            if not waiting and not self.outside.channels.reports:
                break
        assert [self._standing(mark, checkout) for mark, checkout in sorted(waiting)] == []
        for _ in range(3):
            clock.stop(clock.now() + timedelta(minutes=10))
            pursue_all()


def _bill(centre: Centre, dice: Random) -> int:
    return dice.choice(centre.bills[-5:])


def _checkout(centre: Centre, dice: Random) -> int:
    """One of the last, rather one that is still open."""
    last = centre.checkouts[-4:]
    still_open = [one for one in last if centre.checkout(one)[0].is_open]
    return dice.choice(still_open if still_open and dice.random() < 0.85 else last or [0])


@pytest.fixture
def fresh(app: Flask, renew: Callable[[], None], ours: Any, theirs: Any) -> Iterator[Fresh]:
    """Fresh copies of the databases for each example."""

    def make() -> tuple[Flask, list[dict[str, Any]]]:
        renew()
        return app, [ours, theirs]

    return make


@pytest.mark.slow
@pytest.mark.one_engine
@pytest.mark.parametrize("part", range(10))  # parts run side by side
def test_money_and_medicines_balance_after_every_step(
    fresh: Fresh, part: int, record_property: Callable[[str, object], None]
) -> None:
    told = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=not IS_SOAK,  # the suite plays the same days each time, a soak always others
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),  # throws of dice do not shrink
    )
    machine = type(
        f"District{part}",
        (District,),
        {"fresh": staticmethod(fresh), "seen": (seen := Counter()), "part": part},
    )
    run_state_machine_as_test(machine, settings=told, _min_steps=STEPS)
    record_property("walked", ", ".join(f"{act} {count}" for act, count in sorted(seen.items())))
