"""What the three sides say about a merchant's day, put together by number."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from app import clock
from modules.charging import queries as charging
from modules.charging.queries import ChannelEntry
from modules.payments import queries as payments
from modules.payments.queries import Movements, OrderState, RefundState, Surplus
from modules.reconciliation.rules.comparing import ZERO, Facts, Key
from modules.reconciliation.rules.refunds import Booked, Sent, pair
from modules.reconciliation.rules.statements import Line


@dataclass(frozen=True, slots=True)
class Gathered:
    """The entries of a day, and what our books say it came to."""

    facts: list[Facts]
    his: Decimal


def gather(
    *, merchant_ids: Collection[int], channel: str, is_active: bool, on: date, lines: Sequence[Line]
) -> Gathered:
    """A day of a merchant number. Four statements, and one more for each 900 numbers of other days."""
    begins, ends = clock.day_bounds(on)
    entries = charging.channel_entries(on, channel)
    named = {entry.reference for entry in entries if entry.reference} | {line.out_trade_no for line in lines}
    found = payments.movements(
        merchant_ids,
        begins,
        ends,
        numbers=named,
        refund_numbers={line.out_refund_no for line in lines if line.out_refund_no},
    )
    ours = [entry for entry in entries if _is_ours(entry, found, merchant_ids, is_active)]
    facts: dict[Key, Facts] = {}
    _add_lines(facts, lines)
    _add_payments(facts, ours)
    _add_refunds(facts, ours, found, clock.day_bounds(on))
    _add_orders(facts, found, merchant_ids, (begins, ends))
    for key, one in facts.items():
        if one.his_amount is not None and one.out_trade_no not in found.orders:
            facts[key] = replace(one, is_by_hand=True)
    return Gathered(list(facts.values()), sum((entry.amount for entry in ours), ZERO))


def _is_ours(entry: ChannelEntry, found: Movements, merchant_ids: Collection[int], is_active: bool) -> bool:
    """Whether a tender went through this merchant; what was noted by hand belongs to the one in use."""
    order = found.orders.get(entry.reference)
    return is_active if order is None else order.merchant_id in merchant_ids


def _add_lines(facts: dict[Key, Facts], lines: Iterable[Line]) -> None:
    for line in lines:
        facts[line.key] = Facts(
            out_trade_no=line.out_trade_no,
            out_refund_no=line.out_refund_no,
            at=line.at,
            line_amount=line.amount,
            fee_amount=line.fee,
            trade_no=line.trade_no,
        )


def _add_payments(facts: dict[Key, Facts], ours: Iterable[ChannelEntry]) -> None:
    for entry in ours:
        if entry.is_payment:
            _book(facts, (_number(entry), ""), entry.settlement_id, entry, entry.amount)


def _book(
    facts: dict[Key, Facts], key: Key, settlement_id: int, entry: ChannelEntry, amount: Decimal
) -> None:
    known = facts.get(key) or Facts(out_trade_no=key[0], out_refund_no=key[1], at=entry.at)
    booked = (known.his_amount or ZERO) + amount
    facts[key] = replace(known, at=entry.at, his_amount=booked, settlement_id=settlement_id)


def _number(entry: ChannelEntry) -> str:
    """The payment order's number; the receipt's where none was typed."""
    return entry.reference or entry.number


def _add_refunds(
    facts: dict[Key, Facts], ours: Sequence[ChannelEntry], found: Movements, bounds: tuple[Any, Any]
) -> None:
    """What reversals took off each order, beside the refund orders of the day that carried it."""
    by_order: dict[str, list[ChannelEntry]] = {}
    for entry in ours:
        if not entry.is_payment:
            by_order.setdefault(_number(entry), []).append(entry)
    for number, entries in by_order.items():
        booked = _taken_off(entries)
        sent = {
            refund.id: Sent(refund.id, refund.amount)
            for refund, order in found.refunds.values()
            if order.out_trade_no == number and bounds[0] <= refund.created_at < bounds[1]
        }
        paired, alone = pair(booked, list(sent.values()))
        numbers = {refund.id: refund.out_refund_no for refund, _ in found.refunds.values()}
        moments = {entry.settlement_id: entry for entry in entries}
        for refund_id, one in paired.items():
            _book(
                facts, (number, numbers[refund_id]), one.settlement_id, moments[one.settlement_id], one.amount
            )
        for one in alone:
            entry = moments[one.settlement_id]
            _book(facts, (number, entry.number), one.settlement_id, entry, one.amount)


def _taken_off(entries: Iterable[ChannelEntry]) -> list[Booked]:
    """A reversal and what was settled again count as one; what leaves the channel's part as it was counts as none."""
    chains: dict[int, list[ChannelEntry]] = {}
    for entry in entries:
        chains.setdefault(entry.original_id or 0, []).append(entry)
    sums = [
        (chain[0].settlement_id, sum((entry.amount for entry in chain), ZERO)) for chain in chains.values()
    ]
    return [Booked(settlement_id, amount) for settlement_id, amount in sums if amount]


def _add_orders(
    facts: dict[Key, Facts], found: Movements, merchant_ids: Collection[int], bounds: tuple[Any, Any]
) -> None:
    sent_back = _sent_back(found)
    for order in found.orders.values():
        key = (order.out_trade_no, "")
        is_of_day = order.paid_at is not None and bounds[0] <= order.paid_at < bounds[1]
        if order.merchant_id not in merchant_ids or not (key in facts or is_of_day):
            continue
        known = facts.get(key) or Facts(out_trade_no=order.out_trade_no, at=order.paid_at or order.created_at)
        facts[key] = replace(
            known,
            order_amount=order.paid_amount or order.amount,
            order_id=order.id,
            is_done=bool(order.paid_amount) and order.state is not OrderState.DISPUTED,
            is_second=order.surplus is Surplus.DUPLICATE,
            is_disputed=order.state is OrderState.DISPUTED,
            is_returned=bool(order.paid_amount) and sent_back.get(order.id) == order.paid_amount,
        )
    for number, (refund, order) in found.refunds.items():
        key = (order.out_trade_no, number)
        is_of_day = refund.done_at is not None and bounds[0] <= refund.done_at < bounds[1]
        is_back = refund.state is RefundState.REFUNDED
        if order.merchant_id not in merchant_ids or not (key in facts or (is_of_day and is_back)):
            continue
        known = facts.get(key) or Facts(
            out_trade_no=order.out_trade_no, out_refund_no=number, at=refund.done_at or refund.created_at
        )
        facts[key] = replace(
            known,
            order_amount=-refund.amount,
            order_id=order.id,
            refund_id=refund.id,
            is_done=is_back,
            is_second=order.surplus is Surplus.DUPLICATE,
            is_returned=is_back and order.surplus is not Surplus.NONE,
        )


def _sent_back(found: Movements) -> dict[int, Decimal]:
    """Order → what the channel has given back of it, of the refunds at hand."""
    sums: dict[int, Decimal] = {}
    for refund, order in found.refunds.values():
        if refund.state is RefundState.REFUNDED:
            sums[order.id] = sums.get(order.id, ZERO) + refund.amount
    return sums
