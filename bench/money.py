"""Insured settlements with an insurer that answers at once, and the nightly proof of a month with 18,000 visits."""

import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask

from app import clock
from app.actor import Actor
from app.checks import findings_of
from app.db import tenant_unit
from app.db.engines import dispose_engines
from app.db.statements import count_statements
from app.factory import create_app
from app.use_cases import perform
from bench import journeys, town
from bench.place import Place, postgres_place
from modules.charging import queries as bills
from modules.charging import services as charging
from modules.charging.services import conduct
from modules.charging.simulators import starting
from modules.demo import services as demo
from modules.demo.services.course import open_file
from modules.demo.services.outside import Outside
from modules.demo.services.people import make_resident
from modules.insurance.services import conduct as insurer
from modules.payments import services as payments

PLAYED, VISITS, WORKERS = 200, 18_000, 8
STEP = 10**13  # between the keys of two copies: more than an hour of keys
ROOMS = ("charging", "dispensing", "insurance_settlement", "payments", "invoices")
KEPT = {  # what all copies share
    "charging_price",
    "dispensing_location",
    "payments_merchant",
}
SHARED = {
    "tenant_id",
    "drug_id",
    "location_id",
    "from_location_id",
    "to_location_id",
    "person_id",
    "merchant_id",
    "practitioner_id",
    "department_id",
    "item_id",
}
DIGESTS = "rows prove themselves"  # is looked at as well; copies carry the digests of their originals
NUMBERS = {"number", "batch_no", "out_trade_no", "out_refund_no", "setl_id", "msgid", "business_no", "code"}


def main() -> None:
    """Build, measure, print."""
    with postgres_place() as place:
        for name, value in measure(place).items():
            print(f"  {name:60} {f'{value:.3f}' if isinstance(value, float) else value}")


def measure(place: Place) -> dict[str, Any]:
    """Settlements a second, statements, and seconds of the proof."""
    app = create_app(place.settings())
    built = town.build(app, residents=1)
    with _insurer() as outside, app.app_context():
        outside.connect()
        visits = _sign(app, built, outside, PLAYED)
        _settle(built, visits[0][0], _nothing)  # opens the shift and the day's numbers
        figures = _statements(built, visits[1])
        figures["insured settlements a second, alone"] = _rate(app, built, visits[2:41], workers=1)
        name = f"insured settlements a second, {WORKERS} at once"
        figures[name] = _rate(app, built, visits[41:], workers=WORKERS)
        _hand_out(app, built, visits)
        figures |= _proof(place, built.tenant_id)
    dispose_engines(app)
    return figures


@contextmanager
def _insurer() -> Iterator[Outside]:
    programs = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            programs += [starting.begin(name, Path(folder) / name) for name in ("channels", "insurer")]
            yield Outside(*(address for _, address in programs))
        finally:
            for program, _ in programs:
                program.terminate()
                program.wait()


def _sign(app: Flask, built: town.Built, outside: Outside, count: int) -> list[tuple[int, int]]:
    """Insured residents who come, see the doctor and go to the cashier: visit and prescription."""
    place, dice, found = demo.Town.of(built.centre, random.Random(5), outside), random.Random(6), []
    caller, number = journeys.InProcess(built.plan, app.test_client()), 0
    while len(found) < count:
        resident = make_resident(dice, number, clock.today(), region="990008")
        number += 1
        if not 40 <= clock.today().year - resident.born_on.year <= 85:
            continue
        known = open_file(place, resident)
        if known.cost_type == "self":
            continue
        insurer.read_person(
            patient_id=known.patient_id,
            card_type="02",
            card_no=resident.id_number,
            name=resident.name,
            by=_cashier(built),
        )
        found.append(journeys.until_signed(caller, (known.patient_id, resident.name)))
    return [(int(visit), int(sheet)) for visit, sheet in found]


def _cashier(built: town.Built) -> Actor:
    return built.centre.actor("cashier")  # type: ignore[no-any-return]


def _settle(built: town.Built, visit_id: int, around_enter: Callable[[], Any]) -> None:
    """F10 and Enter: hold the bill, have it split, agree, settle; the patient pays in cash."""
    by = _cashier(built)
    with tenant_unit(built.tenant_id):
        bill = bills.find_bill(visit_id)
        assert bill is not None
        due = bills.bill_view(bill.id).due_amount
    begun = charging.begin_checkout(bill_id=bill.id, expected_amount=due, is_insured=True, by=by)
    shown = conduct.reckon(begun.id, by=by)
    own = shown.personal_amount

    def agree(msgid: str) -> Any:
        return perform(
            "charging.confirm_checkout",
            {
                "checkout_id": shown.id,
                "expected_personal": own,
                "tenders": [{"method": "cash", "amount": own}] if own else [],
                "insurance_id": shown.insurance_id,
                "msgid": msgid,
            },
            by=by,
        )

    with around_enter():
        ended = conduct.settle(shown.id, agree, insurance_id=shown.insurance_id, by=by)
    if ended.is_open:
        raise RuntimeError(f"{ended.number} did not end: {ended.state.value}")


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _statements(built: town.Built, visit: tuple[int, int]) -> dict[str, Any]:
    found: list[Any] = []

    @contextmanager
    def counting() -> Iterator[None]:
        with count_statements() as counted:
            yield
        found.append(counted.count)

    with count_statements() as whole:
        _settle(built, visit[0], counting)
    return {
        "statements of an insured settlement from Enter on (wanted 30)": found[0],
        "statements of it with holding the bill and the split": whole.count,
    }


def _rate(app: Flask, built: town.Built, visits: list[tuple[int, int]], *, workers: int) -> float:
    left, lock, faults = iter(visits), threading.Lock(), []

    def work() -> None:
        with app.app_context():
            while True:
                with lock:
                    visit = next(left, None)
                if visit is None:
                    return
                try:
                    _settle(built, visit[0], _nothing)
                except Exception as fault:
                    faults.append(fault)
                    raise

    threads = [threading.Thread(target=work) for _ in range(workers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return len(visits) / (time.perf_counter() - began)


def _hand_out(app: Flask, built: town.Built, visits: list[tuple[int, int]]) -> None:
    caller = journeys.InProcess(built.plan, app.test_client())
    for _, sheet in visits:
        caller.post("pharmacist", "dispensing/dispense-prescription", prescription_id=sheet)
    payments.top_up(patient_id=_somebody(built), amount=Decimal(100), by=_cashier(built))


def _somebody(built: town.Built) -> int:
    return int(built.plan.residents[0][0])


def _proof(place: Place, tenant_id: int) -> dict[str, Any]:
    copies = VISITS // PLAYED
    began = time.perf_counter()
    rows = _copy(place, tenant_id, copies)
    made = time.perf_counter() - began
    began = time.perf_counter()
    findings = findings_of(tenant_id)
    seconds = time.perf_counter() - began
    wrong = [finding for finding in findings if not finding.holds and finding.name != DIGESTS]
    if wrong:
        raise RuntimeError(f"the copies do not add up: {wrong}")
    return {
        "rows of a month of 18,000 visits": rows,
        "making them, s": made,
        "identities proven": len(findings),
        "nightly proof of that month, s (wanted 60)": seconds,
    }


def _copy(place: Place, tenant_id: int, copies: int) -> int:
    """Every row of money and stock of a centre again, so many times, each world with keys of its own."""
    rows = 0
    with psycopg.connect(f"host={place.cluster.folder} user=his dbname=p1", autocommit=True) as line:
        line.execute("SET session_replication_role = replica")
        for (table,) in line.execute(_TABLES).fetchall():
            if table in KEPT or not table.startswith(ROOMS):
                continue
            columns = line.execute(_COLUMNS, (table,)).fetchall()
            chosen = ", ".join(_chosen(table, *column) for column in columns)
            quoted = ", ".join(f'"{column[0]}"' for column in columns)
            print(f"{table} …", file=sys.stderr, flush=True)
            rows += line.execute(
                f"INSERT INTO {table} ({quoted}) SELECT {chosen} FROM {table} AS t, "
                f"generate_series(1, {copies - 1}) AS n WHERE tenant_id = {tenant_id}"
            ).rowcount
            line.execute(f"VACUUM (ANALYZE) {table}")
    return rows


def _chosen(table: str, name: str, kind: str, longest: int | None, is_unique: bool) -> str:
    is_shared = name in SHARED and (name != "item_id" or table == "charging_charge")
    if kind == "bigint" and not is_shared:
        return f't."{name}" - n::bigint * {STEP}'
    if is_unique and name in NUMBERS:
        whole = f"right(t.\"{name}\", {(longest or 100) - 4}) || '~' || n"
        return f"CASE WHEN t.\"{name}\" = '' THEN '' ELSE {whole} END"
    return f't."{name}"'


_TABLES = (
    "SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant_id' ORDER BY table_name"
)
_COLUMNS = """
SELECT c.column_name, c.data_type, c.character_maximum_length, EXISTS (
  SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
  WHERE i.indrelid = c.table_name::regclass AND i.indisunique AND a.attname = c.column_name)
FROM information_schema.columns c WHERE c.table_name = %s ORDER BY c.ordinal_position
"""


if __name__ == "__main__":
    main()
