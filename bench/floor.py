"""The floor: an outpatient journey as bare SQL through the driver, with nothing of the product in between.

Six transactions for the six acts (register, call and begin, sign the record, sign three lines, settle, dispense), about
the rows and indexes the product writes for care, money and stock; no audit, no events, no checks, no pages.
"""

import threading
import time
from typing import Any

import psycopg

SCHEMA = """
CREATE TABLE slot (id bigint PRIMARY KEY, taken int NOT NULL, capacity int NOT NULL CHECK (taken <= capacity));
CREATE TABLE visit (id bigserial PRIMARY KEY, tenant_id bigint, number text, patient_id bigint, slot_id bigint,
    status text, on_day date, at timestamp);
CREATE INDEX ON visit (tenant_id, on_day); CREATE INDEX ON visit (tenant_id, patient_id);
CREATE UNIQUE INDEX ON visit (tenant_id, number);
CREATE TABLE record (id bigserial PRIMARY KEY, tenant_id bigint, visit_id bigint, body text, at timestamp);
CREATE INDEX ON record (tenant_id, visit_id);
CREATE TABLE diagnosis (id bigserial PRIMARY KEY, tenant_id bigint, visit_id bigint, code text, name text);
CREATE INDEX ON diagnosis (tenant_id, visit_id);
CREATE TABLE prescription (id bigserial PRIMARY KEY, tenant_id bigint, visit_id bigint, number text, status text,
    at timestamp);
CREATE INDEX ON prescription (tenant_id, visit_id); CREATE UNIQUE INDEX ON prescription (tenant_id, number);
CREATE TABLE item (id bigserial PRIMARY KEY, tenant_id bigint, prescription_id bigint, drug_id bigint,
    quantity numeric(16, 4), text text);
CREATE INDEX ON item (tenant_id, prescription_id);
CREATE TABLE charge (id bigserial PRIMARY KEY, tenant_id bigint, visit_id bigint, item_id bigint,
    amount numeric(14, 2), status text);
CREATE INDEX ON charge (tenant_id, visit_id);
CREATE TABLE settlement (id bigserial PRIMARY KEY, tenant_id bigint, visit_id bigint, number text,
    amount numeric(14, 2), at timestamp);
CREATE INDEX ON settlement (tenant_id, visit_id); CREATE UNIQUE INDEX ON settlement (tenant_id, number);
CREATE TABLE settlement_line (id bigserial PRIMARY KEY, tenant_id bigint, settlement_id bigint, charge_id bigint,
    amount numeric(14, 2));
CREATE INDEX ON settlement_line (tenant_id, settlement_id);
CREATE TABLE tender (id bigserial PRIMARY KEY, tenant_id bigint, settlement_id bigint, method text,
    amount numeric(14, 2));
CREATE TABLE balance (id bigint PRIMARY KEY, on_hand numeric(16, 4) CHECK (on_hand >= 0), held numeric(16, 4));
CREATE TABLE move (id bigserial PRIMARY KEY, tenant_id bigint, balance_id bigint, item_id bigint,
    quantity numeric(16, 4), at timestamp);
CREATE INDEX ON move (tenant_id, balance_id);
"""
LINES = 3


def prepare(address: str) -> None:
    """Make the floor's tables, with slots and stock that last for a run."""
    with psycopg.connect(address) as connection:
        connection.execute(SCHEMA)
        connection.execute("INSERT INTO slot SELECT n, 0, 1000000 FROM generate_series(1, 64) n")
        connection.execute("INSERT INTO balance SELECT n, 100000000, 0 FROM generate_series(1, 240) n")


def journey(connection: psycopg.Connection, serial: int) -> None:
    """One resident's day in six transactions."""
    execute = connection.execute
    with connection.transaction():
        execute("UPDATE slot SET taken = taken + 1 WHERE id = %s", (serial % 64 + 1,))
        visit = execute(
            "INSERT INTO visit (tenant_id, number, patient_id, slot_id, status, on_day, at) "
            "VALUES (1, %s, %s, %s, 'waiting', current_date, now()) RETURNING id",
            (f"V{serial}", serial, serial % 64 + 1),
        ).fetchone()[0]
        execute(
            "INSERT INTO charge (tenant_id, visit_id, amount, status) VALUES (1, %s, 10, 'due')", (visit,)
        )
    with connection.transaction():
        execute("UPDATE visit SET status = 'seen' WHERE id = %s AND status = 'waiting'", (visit,))
    with connection.transaction():
        execute(
            "INSERT INTO record (tenant_id, visit_id, body, at) VALUES (1, %s, %s, now())", (visit, "x" * 400)
        )
        execute(
            "INSERT INTO diagnosis (tenant_id, visit_id, code, name) VALUES (1, %s, 'I10', '高血压')",
            (visit,),
        )
    sheet, items = _sign(execute, connection, visit, serial)
    _settle(execute, connection, visit, serial)
    with connection.transaction():
        for line, item in enumerate(items):
            balance = (serial + line) % 240 + 1
            execute("UPDATE balance SET on_hand = on_hand - 14, held = held - 14 WHERE id = %s", (balance,))
            execute(
                "INSERT INTO move (tenant_id, balance_id, item_id, quantity, at) VALUES (1, %s, %s, 14, now())",
                (balance, item),
            )
        execute("UPDATE prescription SET status = 'dispensed' WHERE id = %s", (sheet,))


def _sign(execute: Any, connection: psycopg.Connection, visit: int, serial: int) -> tuple[int, list[int]]:
    items = []
    with connection.transaction():
        sheet = execute(
            "INSERT INTO prescription (tenant_id, visit_id, number, status, at) "
            "VALUES (1, %s, %s, 'signed', now()) RETURNING id",
            (visit, f"P{serial}"),
        ).fetchone()[0]
        for line in range(LINES):
            item = execute(
                "INSERT INTO item (tenant_id, prescription_id, drug_id, quantity, text) "
                "VALUES (1, %s, %s, 14, '5mg qd') RETURNING id",
                (sheet, line),
            ).fetchone()[0]
            execute("UPDATE balance SET held = held + 14 WHERE id = %s", ((serial + line) % 240 + 1,))
            execute(
                "INSERT INTO charge (tenant_id, visit_id, item_id, amount, status) VALUES (1, %s, %s, 5.6, 'due')",
                (visit, item),
            )
            items.append(item)
    return sheet, items


def _settle(execute: Any, connection: psycopg.Connection, visit: int, serial: int) -> None:
    with connection.transaction():
        due = execute(
            "SELECT id, amount FROM charge WHERE tenant_id = 1 AND visit_id = %s FOR UPDATE", (visit,)
        )
        charges = due.fetchall()
        total = sum(row[1] for row in charges)
        settlement = execute(
            "INSERT INTO settlement (tenant_id, visit_id, number, amount, at) "
            "VALUES (1, %s, %s, %s, now()) RETURNING id",
            (visit, f"S{serial}", total),
        ).fetchone()[0]
        for charge, amount in charges:
            execute(
                "INSERT INTO settlement_line (tenant_id, settlement_id, charge_id, amount) VALUES (1, %s, %s, %s)",
                (settlement, charge, amount),
            )
        execute("UPDATE charge SET status = 'paid' WHERE tenant_id = 1 AND visit_id = %s", (visit,))
        execute(
            "INSERT INTO tender (tenant_id, settlement_id, method, amount) VALUES (1, %s, 'cash', %s)",
            (settlement, total),
        )


def run(address: str, *, workers: int, seconds: float) -> float:
    """Journeys a second with this many connections at once."""
    done = [0] * workers
    ends = time.perf_counter() + seconds

    def work(number: int) -> None:
        with psycopg.connect(address, autocommit=True) as connection:
            serial = number
            while time.perf_counter() < ends:
                journey(connection, serial)
                serial += workers
                done[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began)
