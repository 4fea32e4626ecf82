"""What was counted in a database, read for a pass and kept after it."""

from dataclasses import fields

from sqlalchemy import and_, or_, select

from app.db import db
from app.watch.models import tally_type
from app.watch.rules import HOUR, Count, Counts, Fact, keys_of


def known_counts(partition: str, facts: list[Fact]) -> list[Count]:
    """The counts of the last hour that these rows add to. At most one statement."""
    wanted = keys_of(facts)
    if not wanted:
        return []
    tally = tally_type(partition)
    by_kind = [
        and_(tally.kind == kind, tally.key.in_(sorted(key for one, key in wanted if one == kind)))
        for kind in sorted({one for one, _ in wanted})
    ]
    first = min(fact.at for fact in facts) - HOUR
    rows = db.session.scalars(select(tally).where(tally.since >= first, or_(*by_kind)))
    return [Count(**{one.name: getattr(row, one.name) for one in fields(Count)}) for row in rows]


def keep(partition: str, counts: Counts) -> None:
    """Write the counts that a pass has changed, in the unit that advances the mark."""
    changed = [counts.all[key] for key in counts.changed]
    if not changed:
        return
    tally = tally_type(partition)
    keys = sorted({one.key for one in changed})
    first = min(one.since for one in changed)
    rows = db.session.scalars(select(tally).where(tally.key.in_(keys), tally.since >= first))
    standing = {(row.kind, row.key, row.address, row.since, row.tenant_id): row for row in rows}
    for key in counts.changed:
        one, row = counts.all[key], standing.get(key)
        if row is None:
            db.session.add(tally(**{part.name: getattr(one, part.name) for part in fields(Count)}))
        else:
            row.n, row.last_at, row.first_no, row.last_no = one.n, one.last_at, one.first_no, one.last_no
