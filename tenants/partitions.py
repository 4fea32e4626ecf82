"""What the operator sees of the partitions: centres, copies, and what routing did in all processes together."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from app import processes
from app.config import Settings
from app.db import db
from app.db.places import Partition
from app.db.units import control_reading
from app.i18n import N_
from tenants.models import Centre

CONTROL = "control"
REASONS = {
    "no_copy": N_("no copy could be used"),
    "behind": N_("the copy had not seen the reader's own write"),
    "lost": N_("control did not answer"),
}
ROUTES = {"primary": N_("from the primary"), "writes": N_("writing")}  # a copy goes by its own name
_NAMED = re.compile(r"^(\w+)\[(.*)\]$")


@dataclass
class ReplicaRow:
    """A copy, as most processes see it: the worst state of all counts."""

    name: str
    state: str = "in"
    lag: float = 0.0
    reason: str = ""


@dataclass
class PartitionRow:
    """A partition (or control) with the sums over the processes of the last minute."""

    name: str
    centres: int = 0
    epoch: int = 1
    promoted_at: datetime | None = None
    is_closed: bool = False
    replicas: dict[str, ReplicaRow] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # by route
    fallbacks: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # by reason
    retries: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # by reason
    mark_waits: int = 0
    unknown: int = 0


_WORST = ("in", "suspect", "out")


def overview() -> tuple[list[PartitionRow], int]:
    """Control and every partition, and how many processes were added up. Three statements."""
    rows = {name: PartitionRow(name) for name in (CONTROL, *_settings().partition_urls)}
    with control_reading():
        living = db.session.execute(select(Centre.partition, func.count()).group_by(Centre.partition))
        for name, count in living:
            rows.setdefault(name, PartitionRow(name)).centres = count
        for known in db.session.scalars(select(Partition)):
            row = rows.setdefault(known.name, PartitionRow(known.name))
            row.epoch, row.promoted_at, row.is_closed = known.epoch, known.promoted_at, known.is_closed
        seen = processes.present()
    for process in seen:
        _add(rows, process.figures)
    return list(rows.values()), len(seen)


def _add(rows: dict[str, PartitionRow], figures: dict[str, Any]) -> None:
    for key, value in figures.get("counted", {}).items():
        found = _NAMED.match(key)
        if found is None:
            continue
        name, *rest = found[2].split(",")
        if name in rows:
            _count(rows[name], found[1], rest, int(value))
    for seen in figures.get("replicas", []):
        if seen["partition"] in rows:
            copies = rows[seen["partition"]].replicas
            copy = copies.setdefault(seen["replica"], ReplicaRow(seen["replica"]))
            copy.lag = max(copy.lag, float(seen["lag"]))
            if _WORST.index(seen["state"]) > _WORST.index(copy.state):
                copy.state, copy.reason = seen["state"], seen["reason"]


def _count(row: PartitionRow, metric: str, rest: list[str], value: int) -> None:
    label = rest[0] if rest else ""
    by_label = {
        "units_total": row.units,
        "read_fallbacks_total": row.fallbacks,
        "retries_total": row.retries,
    }
    if metric in by_label:
        by_label[metric][label] += value
    elif metric == "mark_waits_total":
        row.mark_waits += value
    elif metric == "unknown_outcomes_total":
        row.unknown += value


def _settings() -> Settings:
    settings: Settings = current_app.extensions["his_settings"]
    return settings
