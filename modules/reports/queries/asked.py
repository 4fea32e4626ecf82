"""What is asked of a report, as its address or its job says it."""

from dataclasses import dataclass
from datetime import date

from app.actor import Actor
from modules.dispensing.queries import DocumentKind
from modules.reports.queries.money import By
from modules.reports.queries.reach import Reach, reach_of, reading
from modules.reports.rules.days import Bucket
from tenants import queries as tenants


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Days, cut and filters; what a report does not know of it passes over."""

    begins_on: date
    ends_on: date
    centre: str = ""
    by: By | None = None
    key: str | None = None
    bucket: Bucket = Bucket.DAY
    station_id: int | None = None
    department_id: int | None = None
    kind: DocumentKind | None = None
    location_id: int | None = None
    drug_id: int | None = None

    def reach(self, by: Actor) -> Reach:
        """The centres it is about."""
        return reach_of(by, self.centre)


def departments_of(reach: Reach, asked: Asked) -> frozenset[int] | None:
    """The departments that are meant; None: all, those that are not known included."""
    if asked.department_id is not None:
        return frozenset({asked.department_id})
    if asked.station_id is None or reach.one is None:
        return None
    with reading(reach.one.id):
        return frozenset(row.id for row in tenants.all_departments() if row.station_id == asked.station_id)
