"""Proving: every check of every module of a centre, read outside any use case, then noted in one."""

from app import clock
from app.actor import system_actor
from app.checks import findings_of
from app.db import tenant_unit
from modules.proving import queries
from modules.proving.services.nights import found_of, note_night


def pursue(tenant_id: int) -> int:
    """Prove what is asked for in a centre; returns how many nights were proven."""
    with tenant_unit(tenant_id):
        due = queries.nights_due(clock.now())
    for night_id in due:
        begun = clock.now()
        found = [found_of(finding) for finding in findings_of(tenant_id)]
        note_night(
            night_id=night_id, begun_at=begun, findings=found, by=system_actor(tenant_id, origin="job")
        )
    return len(due)
