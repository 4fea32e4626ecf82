"""All sums of a centre anew, day by day, each in a transaction of its own."""

from collections.abc import Iterator

from app.actor import system_actor
from app.db import tenant_unit
from modules.reports import queries
from modules.reports.services.building import AT_ONCE, note_missing_days, pursue


def rebuild(tenant_id: int) -> Iterator[tuple[int, int]]:
    """Make every sum of a centre anew; says after each piece how many days are done, and of how many."""
    note_missing_days(everything=True, by=system_actor(tenant_id, origin="system"))
    with tenant_unit(tenant_id):
        total = queries.count_stale_days()
    done = 0
    while moved := pursue(tenant_id):
        done += moved
        yield done, max(total, done)
        if moved < AT_ONCE:
            return
