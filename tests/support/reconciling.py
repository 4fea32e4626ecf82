"""Days of money for tests of reconciliation: bills paid through the played channel, by the hand of a cashier."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from support import outpatient, world

from app import clock
from app.actor import Actor, system_actor
from app.db import tenant_unit
from modules.charging import queries as charging
from modules.charging import services
from modules.charging.models import Bill
from modules.charging.services import RefundLineInput, TenderInput, conduct
from modules.charging.simulators.channels import Channels
from modules.payments import queries as payments
from modules.payments import services as payment_services
from modules.payments.models import Order
from modules.payments.queries import Channel, Way
from modules.reconciliation import queries
from modules.reconciliation import services as reconciliation
from modules.reconciliation.models import Day, Entry
from modules.reconciliation.rules.states import Form as StatementForm
from modules.reconciliation.rules.states import Step

D = Decimal
PAYS, TYPES = "134567890123456783", "134567890123456782"
CHINA = timezone(timedelta(hours=8))


def at(text: str) -> datetime:
    """A moment of November 2026 in China: ``19 23:59:58``."""
    return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)


class Till:
    """A cashier beside a played channel; what it does happens at the moment the clock is stopped at."""

    def __init__(self, centre: dict[str, Any], desk: dict[str, Actor], channel: Channels) -> None:
        self.centre, self.desk, self.channel = centre, desk, channel
        self.cashier = desk["cashier"]

    def bill(self, amount: str) -> Bill:
        """A bill of more than an amount."""
        bill = outpatient.make_bill(self.centre, self.desk["registrar"])
        with tenant_unit(self.centre["tenant_id"]):
            price = next(row for row in charging.search_prices("X0020") if row.item_code == "X0020")
        count = max(1, int(D(amount) / price.amount) + 1)
        services.add_charge(bill_id=bill.id, item_id=price.item_id, quantity=D(count), by=self.cashier)
        return bill

    def begin(self, amount: str, code: str = PAYS) -> tuple[Bill, int]:
        """Begin the settlement of a bill of which an amount goes through the channel, the rest in cash."""
        bill = self.bill(amount)
        with tenant_unit(self.centre["tenant_id"]):
            due = charging.bill_view(bill.id).due_amount
        checkout = services.begin_checkout(
            bill_id=bill.id,
            expected_amount=due,
            tenders=[
                TenderInput(method="wechat", amount=D(amount)),
                TenderInput(method="cash", amount=due - D(amount)),
            ],
            by=self.cashier,
        )
        conduct.carry(checkout.id, code, by=self.cashier)
        return bill, checkout.id

    def pay(self, amount: str) -> Bill:
        """A bill of which an amount is paid through the channel."""
        return self.begin(amount)[0]

    def order(self, bill: Bill) -> Order:
        """The payment order of a bill."""
        with tenant_unit(self.centre["tenant_id"]):
            return payments.get_order(charging.orders_of_bill(bill.id)[0])

    def lose(self, amount: str) -> Bill:
        """A payment that was closed here and taken by the channel all the same, which never said so."""
        bill, checkout_id = self.begin(amount, TYPES)
        self.channel.misbehave("late_success")
        self.channel.misbehave("no_callback")
        conduct.let_go(checkout_id, by=self.cashier)
        return bill

    def refund(self, bill: Bill, amount: str) -> None:
        """All of a bill goes back, and with it what the channel took."""
        with tenant_unit(self.centre["tenant_id"]):
            view = charging.bill_view(bill.id)
            settlement = view.refundable[0]
        rest = settlement.amount - D(amount)
        services.refund_lines(
            settlement_id=settlement.id,
            lines=[RefundLineInput(charge_id=row.id, quantity=row.quantity) for row in view.charges],
            tenders=[
                TenderInput(method="wechat", amount=D(amount)),
                TenderInput(method="cash", amount=rest),
            ],
            reason="患者退费",
            by=self.cashier,
        )
        conduct.send_refunds(bill.id, by=self.cashier)

    def pay_twice(self, amount: str) -> Bill:
        """A bill that is paid by a second order as well; the money that is too much is not on its way back yet."""
        bill, _ = self.begin(amount, TYPES)
        first = self.order(bill)
        second = payment_services.open_order(
            subject_kind=first.subject_kind,
            subject_id=first.subject_id,
            channel=Channel.WECHAT,
            amount=first.amount,
            way=Way.QR,
            by=self.cashier,
        )
        payment_services.conduct.show_qr(second.id, by=self.cashier)
        merchant_no = next(iter(self.channel.books.merchants))
        for order in (first, second):
            self.channel.scan(merchant_no, order.out_trade_no)
            payment_services.conduct.ask(order.id, by=self.cashier)
        return bill

    def compare(self, on: str, channel: str = "wechat") -> Day:
        """Begin what is over and fetch what is due; the day as it stands then."""
        by = system_actor(self.centre["tenant_id"])
        reconciliation.begin_days(by=by)
        reconciliation.conduct.pursue(self.centre["tenant_id"])
        return self.day(on, channel)

    def confirm(self, on: str, channel: str = "wechat") -> None:
        """The accountant ties a day out."""
        reconciliation.confirm_day(day_id=self.day(on, channel).id, by=self.desk["accountant"])

    def day(self, on: str, channel: str = "wechat") -> Day:
        """A day as it stands."""
        with tenant_unit(self.centre["tenant_id"]):
            source = next(row.key for row in queries.list_sources() if row.channel == channel)
            found = queries.find_day(source, at(f"{on} 12:00:00").date())
            assert found is not None
            return found

    def entries(self, on: str, channel: str = "wechat") -> dict[str, Entry]:
        """The entries of a day by the number they are matched by."""
        day = self.day(on, channel)
        with tenant_unit(self.centre["tenant_id"]):
            return {row.out_refund_no or row.out_trade_no: row for row in queries.entries_of(day.id).values()}

    def classes(self, on: str) -> dict[str, list[Decimal]]:
        """Class → the differences of its entries, in their order."""
        found: dict[str, list[Decimal]] = {}
        for entry in self.entries(on).values():
            found.setdefault(entry.kind.value, []).append(entry.difference)
        return found


@contextmanager
def moment(text: str) -> Iterator[None]:
    """Let the clock of the whole process stand at a moment of November."""
    before = clock.now()
    clock.stop(at(text))
    try:
        yield
    finally:
        clock.stop(before)


@pytest.fixture
def till(ours: dict[str, Any], world_outside: Channels, request: pytest.FixtureRequest) -> Till:
    """A cashier beside the played channel, whose merchant was set up on the 18th."""
    with moment("18 08:00:00"):
        request.getfixturevalue("merchant")
    return Till(ours, {role: world.actor(ours, role) for role in world.STAFF}, world_outside)


def furnish(centre: dict[str, Any], desk: dict[str, Actor], mark: str) -> None:
    """A row of everything reconciliation keeps: a day with a difference that was explained, terms and an arrival."""
    accountant, number = desk["accountant"], f"S{centre['tenant_id']}"
    yesterday = clock.today() - timedelta(days=1)
    reconciliation.begin_days(since=yesterday, by=system_actor(centre["tenant_id"]))
    with tenant_unit(centre["tenant_id"]):
        source = next(row for row in queries.list_sources() if row.channel == "wechat")
        newest = queries.newest_day(source.key)
        assert newest is not None
        day = queries.find_day(source.key, newest)
        assert day is not None
    reconciliation.set_terms(
        merchant_id=day.merchant_id or 0, form="csv", fee_percent=D("0.6"), by=desk["administrator"]
    )
    rows = [
        "time,out_trade_no,out_refund_no,trade_no,kind,amount,fee,status",
        f"{newest}T10:00:00+08:00,{number},,T1,PAY,9.00,0.05,SUCCESS",
        "TOTAL,1,9.00,0.00,0.05,8.95",
    ]
    content = base64.b64encode("\r\n".join(rows).encode()).decode()
    reconciliation.conduct.bring_statement(day.id, content, StatementForm.CSV, by=accountant)
    with tenant_unit(centre["tenant_id"]):
        (entry,) = queries.entries_of(day.id).values()
    reconciliation.conduct.do_step(entry.id, Step.EXPLAIN, f"{mark}核对", by=accountant)
    reconciliation.note_arrival(
        day_id=day.id, arrived_on=clock.today(), amount=D("8.95"), reference=number, by=accountant
    )
