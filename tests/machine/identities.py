"""What must hold after every step, reckoned from the rows themselves and by none of the product's own sums."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from machine.centre import Centre
from sqlalchemy import func, select, text
from support.world import TODAY

from app import clock
from app.actor import system_actor
from app.db import db, isolation, migrate, tenant_unit
from app.registry import installed
from modules.charging.models import Deposit, Settlement, SettlementLine, Shift, Tender
from modules.charging.rules.tenders import INSURED, TenderMethod
from modules.insurance.models import InsuranceSettlement
from modules.insurance.queries import SettlementState
from modules.payments.models import Order, PrepaidEntry
from modules.payments.queries import Channel
from modules.reconciliation import services as reconciliation
from modules.reconciliation.models import Day

OF_MONEY_AND_STOCK = (
    "payments",
    "insurance",
    "charging",
    "invoices",
    "reconciliation",
    "dispensing",
    "storeroom",
    "distribution",
)

# Each statement finds the rows that break an identity; none may come back.
BROKEN = {
    "C6 parts": "SELECT id FROM insurance_settlement WHERE tenant_id = :tenant AND state = 'settled' AND total_amount"
    " <> full_own_amount + over_limit_amount + first_pay_amount + in_scope_amount",
    "C6 payers": "SELECT id FROM insurance_settlement WHERE tenant_id = :tenant AND state = 'settled' AND total_amount"
    " <> fund_amount + account_amount + mutual_aid_amount + cash_amount + hospital_amount",
    "C4 tenders of a settlement": "SELECT s.id FROM charging_settlement s WHERE s.tenant_id = :tenant AND"
    " s.amount <> (SELECT coalesce(sum(t.amount), 0) FROM charging_tender t WHERE t.settlement_id = s.id)",
    "C4 lines of a settlement": "SELECT s.id FROM charging_settlement s WHERE s.tenant_id = :tenant AND"
    " s.amount <> (SELECT coalesce(sum(l.amount), 0) FROM charging_settlement_line l WHERE l.settlement_id = s.id)",
    "C5 refunds of an order": "SELECT id FROM payments_order WHERE tenant_id = :tenant AND"
    " (refunded_amount > paid_amount OR refunded_amount <> (SELECT coalesce(sum(r.amount), 0) FROM payments_refund r"
    " WHERE r.order_id = payments_order.id AND r.state <> 'refund_fail'))",
    "C4 deposits are the accounts' entries": "SELECT e.id FROM payments_prepaid_entry e WHERE e.tenant_id = :tenant AND"
    " e.kind IN ('top_up', 'pay_out') AND e.amount <> (SELECT coalesce(sum(d.amount), 0) FROM charging_deposit d"
    " WHERE d.entry_id = e.id)",
    "C5 prepaid": "SELECT id FROM payments_prepaid_account WHERE tenant_id = :tenant AND balance < 0",
    "D3 below zero": "SELECT id FROM dispensing_balance WHERE tenant_id = :tenant AND"
    " (on_hand < 0 OR held < 0 OR frozen < 0 OR held + frozen > on_hand)",
    "D3 moves of a batch at a place": "SELECT b.id FROM dispensing_balance b WHERE b.tenant_id = :tenant AND b.on_hand"
    " <> (SELECT coalesce(sum(m.quantity), 0) FROM dispensing_stock_move m"
    " WHERE m.batch_id = b.batch_id AND m.to_location_id = b.location_id)"
    " - (SELECT coalesce(sum(m.quantity), 0) FROM dispensing_stock_move m"
    " WHERE m.batch_id = b.batch_id AND m.from_location_id = b.location_id)",
    "a settlement reversed twice": "SELECT mirrors_id FROM charging_settlement WHERE tenant_id = :tenant AND"
    " mirrors_id IS NOT NULL GROUP BY mirrors_id HAVING count(*) > 1",
    "a part paid twice": "SELECT min(id) FROM payments_order WHERE tenant_id = :tenant AND state = 'success' AND"
    " paid_amount > refunded_amount AND subject_kind = 'charging_checkout_part'"
    " GROUP BY subject_id HAVING count(*) > 1",
}


def hold(tenant_id: int) -> None:
    """Every identity of a centre, and every line of ``flask check`` of its modules."""
    with migrate.owned() as engines, engines["p1"].begin() as connection:
        isolation.see_everybody(connection)
        broken = {
            name: [row[0] for row in connection.execute(text(statement), {"tenant": tenant_id})]
            for name, statement in BROKEN.items()
        }
    assert {name: rows for name, rows in broken.items() if rows} == {}
    findings = [
        finding
        for name, module in installed().modules.items()
        if name in OF_MONEY_AND_STOCK
        for check in module.checks
        for finding in check(tenant_id)
    ]
    assert [finding for finding in findings if not finding.holds] == []


def of_shift(tenant_id: int, shift: Shift) -> None:
    """A closed shift: what was taken less what was given back, by tender and by fee class, is what it says (C4)."""
    with tenant_unit(tenant_id):
        mine = select(Settlement.id).where(Settlement.shift_id == shift.id)
        net = _sum(Settlement.amount, Settlement.shift_id == shift.id)
        cash = _sum(Tender.amount, Tender.settlement_id.in_(mine), Tender.method == TenderMethod.CASH)
        by_class = _sum(SettlementLine.amount, SettlementLine.settlement_id.in_(mine))
        laid_in = select(Deposit.entry_id).where(Deposit.shift_id == shift.id)
        deposits = _sum(PrepaidEntry.amount, PrepaidEntry.id.in_(laid_in))
    assert net == by_class == shift.net_amount
    assert shift.expected_cash == shift.float_amount + cash + deposits


def agree(centre: Centre) -> None:
    """When nothing is on its way any more: our books = the channels' = the insurer's, to the fen and one by one."""
    with tenant_unit(centre.tenant_id):
        outside = (Order.channel != Channel.PREPAID, Order.paid_amount != Order.refunded_amount)
        ours = dict(
            db.session.execute(
                select(Order.out_trade_no, Order.paid_amount - Order.refunded_amount).where(*outside)
            ).all()
        )
        tendered = _sum(Tender.amount, Tender.method.in_((TenderMethod.WECHAT, TenderMethod.ALIPAY)))
        settled = dict(
            db.session.execute(
                select(InsuranceSettlement.setl_id, InsuranceSettlement.total_amount).where(
                    InsuranceSettlement.state == SettlementState.SETTLED
                )
            ).all()
        )
        funds = _sum(Tender.amount, Tender.method.in_(INSURED))
    theirs = {
        trade.out_trade_no: Decimal(trade.total_fen - trade.refunded_fen).scaleb(-2)
        for trade in centre.outside.channels.books.trades.values()
        if trade.merchant_no.startswith(f"{centre.mark}-")
        and trade.state == "SUCCESS"
        and trade.total_fen != trade.refunded_fen
    }
    assert ours == theirs
    assert tendered == sum(theirs.values())
    insured = {
        number: one["info"]
        for number, one in centre.outside.insurer.books.settlements.items()
        if not one["is_cancelled"] and one["fixmedins"] == centre.institution
    }
    assert settled == {number: info["medfee_sumamt"] for number, info in insured.items()}
    assert funds == sum(info["fund_pay_sumamt"] + info["acct_pay"] for info in insured.values())


def reconcile(centre: Centre) -> None:
    """Every day of both channels is compared: its formula holds, and over all days nothing is left between."""
    clock.stop(clock.moment_of(clock.today() + timedelta(days=2), time(10)))
    reconciliation.begin_days(since=TODAY - timedelta(days=1), by=system_actor(centre.tenant_id))
    while reconciliation.conduct.pursue(centre.tenant_id):
        pass
    with tenant_unit(centre.tenant_id):
        for channel in ("wechat", "alipay"):
            days = list(db.session.scalars(select(Day).where(Day.channel == channel)))
            assert days
            assert [day.on for day in days if not day.formula.holds] == []
            assert sum(day.formula.his for day in days) == sum(day.formula.net for day in days)


def _sum(column: Any, *where: Any) -> Decimal:
    return db.session.scalar(select(func.sum(column)).where(*where)) or Decimal(0)
