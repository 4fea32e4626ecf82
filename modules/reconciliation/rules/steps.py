"""The next step of a difference: one for each, fixed by its class and by how its order stands now."""

from dataclasses import dataclass
from decimal import Decimal

from modules.reconciliation.rules.states import EntryClass, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the payment order and the refund of a difference stand at this moment."""

    is_open: bool = False  # the channel still owes an answer about the order
    surplus: Decimal = Decimal("0.00")  # what may go back without touching a bill
    refund_waits: bool = False  # a refund was sent or is to be sent again
    was_carried: bool = False


def next_step(kind: EntryClass, standing: Standing) -> Step:
    """What is to be done. Source: clinic.md C5, 处理."""
    if kind is EntryClass.SHORT:
        return Step.RECOLLECT if standing.was_carried else Step.CARRY
    if standing.refund_waits and kind in {EntryClass.STATE, EntryClass.LONG, EntryClass.DUPLICATE}:
        return Step.RETRY_REFUND
    if standing.is_open and kind in {EntryClass.LONG, EntryClass.STATE}:
        return Step.ASK
    if standing.surplus > 0 and kind in {EntryClass.LONG, EntryClass.DUPLICATE, EntryClass.AMOUNT}:
        return Step.REFUND
    return Step.EXPLAIN
