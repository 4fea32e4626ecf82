"""One pass of the watch over a database: read what is new, judge it, open alarms, remember how far it came.

Alarms are written first and mark and counts after them; two processes may do the same work, but only one of them
advances the mark, and an alarm that stands already is not opened again.
"""

import time
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app import audit
from app.db import db, update_rows
from app.db.units import Mode, Unit, kernel_unit, open_unit
from app.watch import people
from app.watch.chain import ROWS, Proof, Seen, prove_again, read_new
from app.watch.models import mark_type
from app.watch.opening import open_alarms
from app.watch.rules import Counts, judge
from app.watch.tallies import keep, known_counts

LOOK_SECONDS = 5.0
PASSES = 10  # of one look


class Watch:
    """What one process remembers: when it looked last."""

    def __init__(self) -> None:
        self._looked = float("-inf")

    def look(self) -> int:
        """A pass over every database, not more often than every few seconds; returns how many alarms it opened."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return 0
        self._looked = time.monotonic()
        return sum(look_at(partition) for partition in audit.partitions())


def look_at(partition: str) -> int:
    """Passes over one database ("" is control) until nothing is left; returns how many alarms were opened.

    After an upgrade the whole trail is new: a look takes some of it, so that the relay's other work goes on.
    """
    opened = 0
    for _ in range(PASSES):
        more, count = _pass(partition)
        opened += count
        if not more:
            break
    return opened


def _pass(partition: str) -> tuple[bool, int]:
    with open_unit(Unit(Mode.READ, None, partition, all_tenants=True)):
        mark = db.session.scalar(select(mark_type(partition)))
        seen = read_new(partition, mark)
        proof = prove_again(partition, mark)
        known = known_counts(partition, seen.facts)
    if not seen.rows and not seen.facts and not seen.findings and not proof.findings:
        if proof.moves:
            _advance(partition, mark, seen, proof, Counts())
        return False, 0
    counts = Counts(known)
    findings = [*seen.findings, *proof.findings]
    for fact in seen.facts:
        findings += judge(fact, counts)
    findings += people.judge_readings([fact for fact in seen.facts if fact.is_reading])
    opened = open_alarms(partition, findings)
    is_mine = _advance(partition, mark, seen, proof, counts)
    return is_mine and len(seen.rows) == ROWS, opened


def _advance(partition: str, mark: Any, seen: Seen, proof: Proof, counts: Counts) -> bool:
    """Remember how far the pass came; False when another process was faster, whose counts then stand."""
    table = mark_type(partition)
    values = {
        "seen_no": seen.number,
        "seen_hash": seen.hash,
        "proved_no": proof.number,
        "proved_hash": proof.hash,
        "sign_in_id": seen.sign_in_id,
    }
    with kernel_unit(partition):
        try:
            if mark is None:
                db.session.add(table(id=1, passes=1, **values))
                db.session.flush()
            else:
                mine = update(table).where(table.id == 1, table.passes == mark.passes)
                if not update_rows(mine.values(passes=mark.passes + 1, **values)):
                    return False
            keep(partition, counts)
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
            return False
    return True
