"""The reports' first pages with ten million movements of stock in one partition, against 100 thousand.

The server makes the movements itself, copies of a real issue spread over forty centres and the days before today, the
sums of every day from them, and as many days of income; the measured centre's sums are then proven against its ledger.
"""

import random
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
from flask import Flask

from app import clock, pursuit, relay
from app.actor import system_actor
from app.db import tenant_unit
from app.db.engines import dispose_engines
from app.factory import create_app
from app.tenancy import tenant_of
from bench import growth, journeys, town
from bench.millions import COLUMNS, NEWEST, take_indexes_away
from bench.place import Place, postgres_place
from modules.dispensing.queries import DocumentKind
from modules.reports import queries, services
from modules.reports.queries import Asked, Reach

SIZES = (100_000, 10_000_000)
CENTRES, LINES, A_DAY = (
    40,
    5,
    16,
)  # documents a day in each centre: 100 thousand movements are a month of work
DAYS = 30  # that a page is asked for
_TENANT = f"CASE WHEN mod(d, {CENTRES}) = 0 THEN %(centre)s ELSE 900000 + mod(d, {CENTRES}) END"
_ON = f"date %(today)s - 1 - (d / {CENTRES * A_DAY})::int"
_MADE = {
    "dispensing_document": {
        "id": f"{NEWEST} - d",
        "tenant_id": _TENANT,
        "number": "'F' || d",
        "prescription_id": "NULL",
        "on": _ON,
    },
    "dispensing_stock_move": {
        "id": f"{NEWEST} - n",
        "tenant_id": _TENANT,
        "document_id": f"{NEWEST} - d",
        "line_no": f"mod(n, {LINES}) + 1",
        "batch_id": "b.id",
        "drug_id": "b.drug_id",
        "source_id": "NULL",
    },
}
_STOCK = """
INSERT INTO reports_stock
  (id, tenant_id, "on", location_id, drug_id, kind, comes_in, quantity, cost_amount, retail_amount, entries)
SELECT -row_number() OVER () - %(from)s, m.tenant_id, d."on", m.from_location_id, m.drug_id, d.kind, false,
       sum(m.quantity), sum(m.cost_amount), sum(m.cost_amount), count(*)
FROM dispensing_stock_move m JOIN dispensing_document d ON d.id = m.document_id
WHERE m.id <= %(newest)s - %(from)s AND m.id > %(newest)s - %(to)s
GROUP BY m.tenant_id, d."on", m.from_location_id, m.drug_id, d.kind
ON CONFLICT ON CONSTRAINT uq_reports_stock_key DO UPDATE SET
  quantity = reports_stock.quantity + excluded.quantity, cost_amount = reports_stock.cost_amount + excluded.cost_amount,
  retail_amount = reports_stock.retail_amount + excluded.retail_amount,
  entries = reports_stock.entries + excluded.entries
"""
_PLACES = """
INSERT INTO reports_place
  (id, tenant_id, is_month, "on", location_id, kind, comes_in, cost_amount, retail_amount, entries)
SELECT -row_number() OVER () - %(from)s, tenant_id, false, "on", location_id, kind, comes_in,
       sum(cost_amount), sum(retail_amount), sum(entries)
FROM reports_stock WHERE id < 0 GROUP BY tenant_id, "on", location_id, kind, comes_in
ON CONFLICT ON CONSTRAINT uq_reports_place_key DO UPDATE SET
  cost_amount = excluded.cost_amount, retail_amount = excluded.retail_amount, entries = excluded.entries
"""
_MONEY = f"""
INSERT INTO reports_money
  (id, tenant_id, "on", side, kind, code, scheme, department_id, practitioner_id, amount, entries)
SELECT -row_number() OVER () - %(from)s, {_TENANT}, {_ON}, t.side, t.kind, t.code, t.scheme, t.department_id,
       t.practitioner_id, t.amount, t.entries
FROM (SELECT * FROM reports_money WHERE id > 0) AS t,
     generate_series((%(from)s / {LINES})::bigint, (%(to)s / {LINES})::bigint - 1) AS d
WHERE mod(d / {CENTRES}, {A_DAY}) = 0
"""
_KNOWN = f"""
INSERT INTO reports_day (id, tenant_id, "on", built_at)
SELECT -row_number() OVER () - %(from)s, {_TENANT}, {_ON}, now()
FROM generate_series((%(from)s / {LINES})::bigint, (%(to)s / {LINES})::bigint - 1) AS d
WHERE mod(d / {CENTRES}, {A_DAY}) = 0
ON CONFLICT DO NOTHING
"""


def main() -> None:
    """Build, measure, print; other sizes may be named."""
    sizes = (int(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 2 else SIZES
    with postgres_place() as place:
        for name, value in measure(place, sizes).items():
            print(f"  {name:60} {f'{value:.3f}' if isinstance(value, float) else value}")


def measure(place: Place, sizes: tuple[int, int] = SIZES) -> dict[str, Any]:
    """p95 of each first page at both sizes and their ratio."""
    app = create_app(place.settings())
    built = town.build(app, residents=60)
    caller = journeys.InProcess(built.plan, app.test_client())
    with app.app_context():
        town.open_centres(1)  # a district has more than one
        for _ in range(40):
            journeys.journey(caller, *built.plan.take(1))
        _add_up(built.tenant_id)
    found: dict[str, list[float]] = {}
    figures: dict[str, Any] = {}
    held = 0
    for size in sizes:
        began = time.perf_counter()
        _grow(place, built.tenant_id, held, size)
        held = size
        figures[f"making {size:,} movements, s"] = time.perf_counter() - began
        with app.app_context():
            _carry(built.tenant_id, size)
            _prove(built.tenant_id)
        for name, value in growth.p95s(app, built.tenant_id, _questions(app, built)).items():
            found.setdefault(name, []).append(value)
    for name, (small, large) in found.items():
        figures[f"{name}: p95 ms at {sizes[0]:,}"] = small
        figures[f"{name}: p95 ms at {sizes[1]:,}"] = large
        figures[f"{name}: ratio (wanted 1.5)"] = large / small
    dispose_engines(app)
    return figures


def _add_up(tenant_id: int) -> None:
    """The day of the journeys, as the relay's process does it."""
    relay.run_until_empty()
    clock.stop(clock.now() + timedelta(minutes=2))
    while pursuit.pursue_all():
        pass
    clock.stop(None)


def _carry(tenant_id: int, size: int) -> None:
    """What lay there when each month began, from the first made day on."""
    days = size // (LINES * CENTRES * A_DAY) + 2
    by = system_actor(tenant_id, origin="job")
    services.carry_levels(since=clock.today() - timedelta(days=days), by=by)


def _prove(tenant_id: int) -> None:
    """The sums that were made are what the ledger says."""
    with tenant_unit(tenant_id):
        wrong = [one.name for one in queries.findings(clock.today()) if "stock" in one.name and not one.holds]
    if wrong:
        raise RuntimeError(f"the sums differ: {wrong}")


def _grow(place: Place, centre: int, held: int, until: int) -> None:
    """Made movements ``held`` to ``until`` - 1 with their documents and sums; indexes are built afterwards."""
    with psycopg.connect(f"host={place.cluster.folder} user=his dbname=p1", autocommit=True) as line:
        line.execute("SET session_replication_role = replica")
        line.execute("SET maintenance_work_mem = '1GB'")
        facts = {
            "centre": centre,
            "today": str(clock.today()),
            "from": held,
            "to": until,
            "newest": NEWEST,
        }
        for table in _MADE:
            print(f"{table}: {until:,} …", file=sys.stderr, flush=True)
            again = take_indexes_away(line, table)
            _say(line, _copies_of(line, table), facts)
            for statement in again:
                line.execute(statement)
            line.execute(f"VACUUM (ANALYZE, FREEZE) {table}")
        for table, statement in (
            ("reports_stock", _STOCK),
            ("reports_place", _PLACES),
            ("reports_money", _MONEY),
            ("reports_day", _KNOWN),
        ):
            print(f"{table}: {until:,} …", file=sys.stderr, flush=True)
            _say(line, statement, facts)
            line.execute(f"VACUUM (ANALYZE, FREEZE) {table}")


def _copies_of(line: Any, table: str) -> str:
    columns = [row[0] for row in line.execute(COLUMNS, (table,)).fetchall()]
    made = _MADE[table]
    chosen = ", ".join(made.get(name, f't."{name}"') for name in columns)
    quoted = ", ".join(f'"{name}"' for name in columns)
    if table == "dispensing_document":
        real = "SELECT * FROM dispensing_document WHERE kind = 'issue' AND id > %(newest)s * 2 ORDER BY id LIMIT 1"
        rows = f"generate_series((%(from)s / {LINES})::bigint, (%(to)s / {LINES})::bigint - 1) AS d"
        return f"INSERT INTO {table} ({quoted}) SELECT {chosen} FROM ({real}) AS t, {rows}"
    real = (
        "SELECT * FROM dispensing_stock_move WHERE to_account = 'patient' AND id > %(newest)s * 2 "
        "ORDER BY id LIMIT 1"
    )
    batches = (
        "SELECT id, drug_id, row_number() OVER (ORDER BY id) - 1 AS place FROM dispensing_batch LIMIT 60"
    )
    rows = (
        f"(SELECT n, n / {LINES} AS d FROM generate_series(%(from)s::bigint, %(to)s::bigint - 1) AS n) AS s"
    )
    return (
        f"INSERT INTO {table} ({quoted}) SELECT {chosen} FROM ({real}) AS t, {rows}, ({batches}) AS b "
        "WHERE b.place = mod(n * 7, 60)"
    )


def _say(line: Any, statement: str, facts: dict[str, Any]) -> None:
    line.execute(psycopg.ClientCursor(line).mogrify(statement, facts))


def _questions(app: Flask, built: town.Built) -> dict[str, Callable[[random.Random], Any]]:
    with app.app_context():
        centre = tenant_of(built.tenant_id)
        district = queries.reach_of(system_actor(None))
        ends_on = clock.today()
    with app.app_context(), tenant_unit(built.tenant_id):
        whole = Asked(begins_on=ends_on - timedelta(days=DAYS - 1), ends_on=ends_on)
        own = Reach((centre,), False)
        (place, *_) = {key[1] for key in queries.flows(own, queries.stock_filter(whole)) if not key[4]}
    issued = Asked(begins_on=whole.begins_on, ends_on=ends_on, kind=DocumentKind.ISSUE, location_id=place)
    return {
        "drug stock of a centre": lambda dice: queries.stock(own, whole),
        "drug stock of the district": lambda dice: queries.stock(district, whole),
        "use of drugs": lambda dice: queries.use(own, whole),
        "income of a centre": lambda dice: queries.income(own, whole),
        "documents of a place": lambda dice: queries.documents(own, issued, comes_in=False),
    }


if __name__ == "__main__":
    main()
