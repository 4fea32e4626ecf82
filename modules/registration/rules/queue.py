"""Who is called next: priority groups, passed numbers and patients back with a report (分诊叫号)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Priority(IntEnum):
    """Ranks of the queue; the lower is called first. Source: house rule."""

    EMERGENCY = 0
    PRIORITY = 1
    ORDINARY = 2


class PriorityReason(StrEnum):
    """Why somebody is called before others."""

    EMERGENCY = "emergency"
    ELDERLY = "elderly"
    MILITARY = "military"
    DISABLED = "disabled"


def priority_of(
    *,
    age_years: int | None,
    is_emergency: bool = False,
    is_military: bool = False,
    is_disabled: bool = False,
    elderly_from_years: int = 65,
) -> tuple[Priority, tuple[PriorityReason, ...]]:
    """Return the rank and its reasons; the elderly age is a tenant's choice, 65-70 (house rule)."""
    elderly = age_years is not None and age_years >= elderly_from_years
    claims = (
        (PriorityReason.EMERGENCY, is_emergency),
        (PriorityReason.ELDERLY, elderly),
        (PriorityReason.MILITARY, is_military),
        (PriorityReason.DISABLED, is_disabled),
    )
    reasons = tuple(reason for reason, holds in claims if holds)
    if is_emergency:
        return Priority.EMERGENCY, reasons
    return (Priority.PRIORITY if reasons else Priority.ORDINARY), reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """One waiting patient. `sequence` is unique in the queue and counts from 1.

    `window_start` is the appointed time (None: came without one, called after the appointments of the same
    rank that are due). `passed_at_call` is the number of calls made when the patient was called and absent.
    """

    sequence: int
    priority: Priority = Priority.ORDINARY
    window_start: datetime | None = None
    is_returning: bool = False
    passed_at_call: int | None = None


def queue_key(entry: QueueEntry) -> tuple[int, float, int]:
    """Return the sorting key: priority, start of the time window, sequence. Source: house rule."""
    window = float("inf") if entry.window_start is None else entry.window_start.timestamp()
    return (entry.priority.value, window, entry.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRules:
    """Tenant's parameters: a passed number re-enters after `reenter_after` calls (0-20, usually 2-3).

    One returning patient (回诊) is called after every `return_every` others (1-20). Source: house rule.
    """

    reenter_after: int = 3
    return_every: int = 3


def order_queue(
    entries: Sequence[QueueEntry],
    *,
    rules: QueueRules,
    calls_made: int = 0,
    others_since_return: int = 0,
) -> list[QueueEntry]:
    """Return all waiting entries in the order in which they will be called, each exactly once.

    Emergencies always lead. `calls_made` counts all calls of the queue today, `others_since_return` the
    non-returning patients called since the last returning one.
    """
    present = sorted((entry for entry in entries if entry.passed_at_call is None), key=queue_key)
    emergencies = [entry for entry in present if entry.priority is Priority.EMERGENCY]
    waiting = [entry for entry in present if entry not in emergencies]
    line = emergencies + interleave_returning(
        [entry for entry in waiting if not entry.is_returning],
        [entry for entry in waiting if entry.is_returning],
        every=rules.return_every,
        already_called=others_since_return,
    )
    return _reenter(line, entries, rules=rules, calls_made=calls_made)


def interleave_returning(
    others: Sequence[QueueEntry], returning: Sequence[QueueEntry], *, every: int, already_called: int = 0
) -> list[QueueEntry]:
    """Mix one returning patient after every `every` others, keeping both orders. Source: house rule."""
    line: list[QueueEntry] = []
    back = list(returning)
    since = already_called
    for entry in others:
        if back and since >= every:
            line.append(back.pop(0))
            since = 0
        line.append(entry)
        since += 1
    return line + back


def _reenter(
    line: list[QueueEntry], entries: Sequence[QueueEntry], *, rules: QueueRules, calls_made: int
) -> list[QueueEntry]:
    passed = [(entry.passed_at_call, entry) for entry in entries if entry.passed_at_call is not None]
    for passed_at, entry in sorted(passed, key=lambda pair: (pair[0], queue_key(pair[1])), reverse=True):
        still_ahead = rules.reenter_after - (calls_made - passed_at)
        line.insert(min(max(still_ahead, 0), len(line)), entry)
    return line
