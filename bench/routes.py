"""What routing, tenancy and sealing cost: a unit against a bare session, a pair against its primary alone."""

import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.pair import Pair, look
from support.postgres import OWNER

from app.actor import system_actor
from app.config import Settings
from app.db import Mode, db, tenant_unit
from app.db.engines import dispose_engines, make_engine
from app.db.marks import reading_as
from app.db.replicas import GOOD_PROBES
from app.db.retrying import routes
from app.factory import create_app
from app.tenancy import directory
from bench import growth, town
from modules.patients import queries as patients
from tenants import services as tenants
from tenants.models import Department
from tenants.queries import list_stations

ROUNDS = 2_000
MIX_SECONDS, MIX_THREADS, READS_FOR_A_WRITE = 6.0, 8, 9


def overhead(app: Flask, tenant_id: int, page_ms: float) -> dict[str, Any]:
    """A row by its key in a unit of the product, against the same statement in a plain session on the same server."""
    with app.app_context():
        with tenant_unit(tenant_id):
            row_id = db.session.scalars(select(Department.id)).first()
        engine = routes().engines["p1.ro"]
        bare = make_engine(engine.url.render_as_string(hide_password=False), read_only=True)

        def plain() -> None:
            with Session(bare) as session:
                if not told:  # the pool's one connection keeps it
                    session.connection().exec_driver_sql(f"SET his.tenant = '{tenant_id}'")
                session.scalars(select(Department).where(Department.id == row_id)).first()

        def unit() -> None:
            with tenant_unit(tenant_id):
                db.session.scalars(select(Department).where(Department.id == row_id)).first()

        told: list[bool] = []
        plain()
        told.append(True)
        directory().get(tenant_id)
        bare_ms, unit_ms = _interleaved(plain, unit)
        bare.dispose()
    return {
        "a row by key, plain session, ms": bare_ms,
        "a row by key in a unit, ms": unit_ms,
        "routing and tenancy a unit, ms (wanted 0.2)": unit_ms - bare_ms,
        "share of a page (wanted 0.05)": (unit_ms - bare_ms) / page_ms,
    }


def _interleaved(*acts: Callable[[], None]) -> list[float]:
    """Median milliseconds of each act, taken in turns so that the machine's moods strike all alike."""
    times: list[list[float]] = [[] for _ in acts]
    for number in range(ROUNDS):
        for place, act in enumerate(acts):
            began = time.perf_counter()
            act()
            if number > ROUNDS // 10:
                times[place].append((time.perf_counter() - began) * 1000)
    return [statistics.median(one) for one in times]


def sealing(app: Flask, tenant_id: int, names: list[str]) -> dict[str, Any]:
    """What opening sealed fields adds to a search by name, whose rows show number, phone and address."""
    dice = random.Random(5)

    def search(opens: bool) -> None:
        with tenant_unit(tenant_id):
            for found in patients.search_patients(dice.choice(names)):
                if opens:
                    _ = (found.document_number, found.phone, found.address)

    with app.app_context():
        closed, opened = _interleaved(lambda: search(False), lambda: search(True))
    return {
        "search, fields left sealed, ms": closed,
        "search, fields opened, ms": opened,
        "sealing's share of a search": 1 - closed / opened,
    }


@dataclass(slots=True)
class _Load:
    app: Flask
    tenant_id: int
    station_id: int
    operations: int = 0

    def run(self) -> float:
        """Operations a second of readers that write now and then."""
        until = time.perf_counter() + MIX_SECONDS
        threads = [threading.Thread(target=self._work, args=(until, number)) for number in range(MIX_THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.operations / MIX_SECONDS

    def _work(self, until: float, number: int) -> None:
        by, dice, names, done = system_actor(self.tenant_id), random.Random(number), growth._names(), 0
        with self.app.app_context():
            while time.perf_counter() < until:
                with reading_as(f"mix{number}", []):
                    tenants.change_station(station_id=self.station_id, name=f"站{number}.{done}", by=by)
                    for _ in range(READS_FOR_A_WRITE):
                        with tenant_unit(self.tenant_id, Mode.READ) as unit:
                            unit.is_fresh = False
                            patients.search_patients(dice.choice(names))
                done += 1 + READS_FOR_A_WRITE
        self.operations += done


def pair_against_primary() -> dict[str, Any]:
    """Nine reads for a write, under the reader's own marks: with the standby, and on the primary alone."""
    pair = Pair()
    folder = Path(tempfile.mkdtemp(prefix="his-bench-pair-"))
    settings = Settings(
        environment="demo",
        data_folder=folder,
        control_url=pair.url("control"),
        partition_urls={"p1": pair.url("p1")},
        replica_urls={"p1": pair.copies("p1")},
        owner_urls={name: pair.url(name, OWNER) for name in ("control", "p1")},
        embedded_workers=False,
    )
    app = create_app(settings)
    try:
        built = town.build(app, residents=20)
        bare = make_engine(pair.url("p1", "his"), read_only=False)
        with app.app_context():
            growth.add_residents(bare, built.tenant_id, until=20_000)
            bare.dispose()
            with tenant_unit(built.tenant_id):
                station_id = list_stations()[0].id
            pair.wait_until_level()
            look(GOOD_PROBES)
            with_copy = _Load(app, built.tenant_id, station_id).run()
            kept, routes().replicas = routes().replicas, {}
            alone = _Load(app, built.tenant_id, station_id).run()
            routes().replicas = kept
    finally:
        dispose_engines(app)
        pair.close()
    return {
        "nine reads for a write, operations a second: primary alone": alone,
        "nine reads for a write, operations a second: pair": with_copy,
        "pair / primary alone (both servers on the same cores)": with_copy / alone,
    }
