"""The main lists with ten million visits, their bills and prescription heads in one partition, against 100 thousand.

The rows are made by the server itself: copies of one real visit, bill and prescription, spread over forty centres
and over the days before today, a hundred a day in each centre. A list that walks history shows it.
"""

import random
import sys
import time
from collections.abc import Callable
from typing import Any

import psycopg
from flask import Flask

from app import clock
from app.db import tenant_unit
from app.db.engines import dispose_engines
from app.factory import create_app
from bench import growth, journeys, town
from bench.place import Place, postgres_place
from modules.charging import queries as charging
from modules.prescriptions import queries as prescriptions
from modules.registration import queries as registration

SIZES = (100_000, 10_000_000)
CENTRES, A_DAY, IN_SESSION, OF_PATIENT = 40, 100, 50, 8
NEWEST = 10_000_000_000_000  # keys of made rows lie below those of real ones, the newest first
TABLES = ("registration_visit", "charging_bill", "prescriptions_prescription")
_MADE = {
    "id": f"{NEWEST} - n",
    "visit_id": f"{NEWEST} - n",
    "tenant_id": f"CASE WHEN mod(n, {CENTRES}) = 0 THEN %(centre)s ELSE 900000 + mod(n, {CENTRES}) END",
    "patient_id": f"{NEWEST} + n / {CENTRES * OF_PATIENT}",
    "session_id": f"{NEWEST} + n / {CENTRES * IN_SESSION}",
    "queue_no": f"mod(n / {CENTRES}, {IN_SESSION}) + 1",
    "on": f"date %(today)s - 1 - (n / {CENTRES * A_DAY})::int",
    "visit_number": "'V' || n",
    "signed_at": f"timestamp %(today)s - interval '1 day' * (1 + n / {CENTRES * A_DAY})",
    "valid_until": f"timestamp %(today)s - interval '1 day' * (n / {CENTRES * A_DAY})",
    "status": "%(status)s",
    "slot_id": "NULL",
    "appointment_id": "NULL",
    "heading": "'{}'",
    "findings": "'[]'",
}
_NUMBERS = {"registration_visit": "'V' || n", "prescriptions_prescription": "'R' || n"}
_STATUS = {"registration_visit": "finished", "prescriptions_prescription": "dispensed", "charging_bill": ""}


def main() -> None:
    """Build, measure, print."""
    with postgres_place() as place:
        for name, value in measure(place).items():
            print(f"  {name:60} {f'{value:.3f}' if isinstance(value, float) else value}")


def measure(place: Place, sizes: tuple[int, int] = SIZES) -> dict[str, Any]:
    """p95 of each list at both sizes and their ratio."""
    app = create_app(place.settings())
    built = town.build(app, residents=60)
    caller = journeys.InProcess(built.plan, app.test_client())
    with app.app_context():
        for _ in range(40):
            journeys.journey(caller, *built.plan.take(1))
    found: dict[str, list[float]] = {}
    figures: dict[str, Any] = {}
    held = 0
    for size in sizes:
        began = time.perf_counter()
        _grow(place, built.tenant_id, held, size)
        held = size
        figures[f"making {size:,} visits, s"] = time.perf_counter() - began
        for name, value in growth.p95s(app, built.tenant_id, _questions(app, built)).items():
            found.setdefault(name, []).append(value)
    figures["partition, GB"] = _gigabytes(place)
    for name, (small, large) in found.items():
        figures[f"{name}: p95 ms at {sizes[0]:,}"] = small
        figures[f"{name}: p95 ms at {sizes[1]:,}"] = large
        figures[f"{name}: ratio (wanted 1.5)"] = large / small
    dispose_engines(app)
    return figures


def _gigabytes(place: Place) -> float:
    with psycopg.connect(f"host={place.cluster.folder} user=his dbname=p1") as line:
        return float(line.execute("SELECT pg_database_size('p1')").fetchone()[0]) / 1e9  # type: ignore[index]


def _grow(place: Place, centre: int, held: int, until: int) -> None:
    """Made rows number ``held`` to ``until`` - 1 of each table; indexes are built afterwards, as a restore does."""
    folder = place.cluster.folder
    with psycopg.connect(f"host={folder} user=his dbname=p1", autocommit=True) as line:
        line.execute("SET session_replication_role = replica")
        line.execute("SET maintenance_work_mem = '1GB'")
        for table in TABLES:
            print(f"{table}: {until:,} …", file=sys.stderr, flush=True)
            again = take_indexes_away(line, table)
            columns = [row[0] for row in line.execute(COLUMNS, (table,)).fetchall()]
            made = {**_MADE, "number": _NUMBERS.get(table, "''")}
            chosen = ", ".join(made.get(name, f't."{name}"') for name in columns)
            facts = {
                "centre": centre,
                "today": str(clock.today()),
                "status": _STATUS[table],
                "from": held,
                "to": until - 1,
            }
            quoted = ", ".join(f'"{name}"' for name in columns)
            source = f"(SELECT * FROM {table} WHERE id > {2 * NEWEST} ORDER BY id LIMIT 1) AS t"
            line.execute(
                psycopg.ClientCursor(line).mogrify(
                    f"INSERT INTO {table} ({quoted}) SELECT {chosen} FROM {source}, "
                    "generate_series(%(from)s::bigint, %(to)s::bigint) AS n",
                    facts,
                )
            )
            for statement in again:
                line.execute(statement)
            line.execute(f"VACUUM (ANALYZE, FREEZE) {table}")


COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"


def take_indexes_away(line: Any, table: str) -> list[str]:
    """Drop what slows a bulk load down; returns the statements that bring it back."""
    again = []
    for name, definition in line.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'u'",
        (table,),
    ).fetchall():
        line.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        again.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for name, definition in line.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT LIKE 'pk_%%'",
        (table,),
    ).fetchall():
        line.execute(f"DROP INDEX {name}")
        again.append(definition)
    return again


def _questions(app: Flask, built: town.Built) -> dict[str, Callable[[random.Random], Any]]:
    with app.app_context(), tenant_unit(built.tenant_id):
        day = registration.list_visits(on=clock.today())
    visits = [row.id for row in getattr(day, "rows", day)]

    def made(dice: random.Random) -> int:
        return CENTRES * dice.randrange(SIZES[0] // CENTRES)

    return {
        "visits of the day": lambda dice: registration.list_visits(on=clock.today()),
        "counts of the day": lambda dice: registration.count_visits(clock.today()),
        "bills of the day": lambda dice: charging.list_bills(on=clock.today()),
        "bills to be paid": lambda dice: charging.list_due_bills(on=clock.today()),
        "bill by number": lambda dice: charging.find_bill_by_number(f"V{made(dice)}"),
        "a visit's prescriptions": lambda dice: prescriptions.list_of_visit(dice.choice(visits)),
        "a patient's prescriptions": lambda dice: prescriptions.list_of_patient(
            [NEWEST + made(dice) // (CENTRES * OF_PATIENT)]
        ),
        "prescription by number": lambda dice: prescriptions.find_by_number(f"R{made(dice)}"),
        "prescriptions that expired": lambda dice: prescriptions.list_expired_ids(),
    }


if __name__ == "__main__":
    main()
