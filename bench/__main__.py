"""``make bench``: every figure of one run, on each engine, as JSON and as a table."""

import json
import random
import sys
import time
from typing import Any

from flask import Flask

from app import dictionaries
from app.db import control_unit, tenant_unit
from app.db.engines import dispose_engines, make_engine
from app.factory import create_app
from bench import (
    ROOT,
    floor,
    growth,
    journeys,
    millions,
    money,
    movements,
    neighbours,
    pages,
    routes,
    town,
    where_time_goes,
)
from bench.place import Place, postgres_place, served, sqlite_place
from modules.prescriptions import queries as prescriptions

CONCURRENCIES = (1, 8)
JOURNEYS = {1: 120, 8: 400}
WARM, PROFILED, PAPERS = 30, 40, 100
FLOOR_SECONDS = 8.0
MORE_CENTRES = 399
SIZES = (1_000, 300_000)
DIAGNOSES = ["gxy", "tnb", "高血压", "感染", "I10", "J06", "xt", "wy", "肺炎", "骨折", "E11.9", "zqgy"]
DRUGS = ["amxl", "alp", "二甲双胍", "et", "ssgl", "阿司匹林", "xst", "zhx", "bl", "ft"]


def main() -> None:
    """Measure everything and print it."""
    figures = {}
    for opened in (postgres_place, sqlite_place):
        with opened() as place:
            figures[place.engine] = _measure(place)
    figures["primary and standby"] = routes.pair_against_primary()
    with postgres_place() as place:
        figures["many centres"] = _among_many(place)
    with postgres_place() as place:
        figures["ten million visits"] = millions.measure(place)
    with postgres_place() as place:
        figures["money and medicines"] = money.measure(place)
    with postgres_place() as place:
        figures["ten million movements"] = movements.measure(place)
    for engine, found in figures.items():
        print(f"\n{engine}")
        for name, value in found.items():
            print(f"  {name:60} {f'{value:.3f}' if isinstance(value, float) else value}")
    out = ROOT / "build"
    out.mkdir(exist_ok=True)
    document = json.dumps(figures, ensure_ascii=False, indent=2)
    (out / "bench.json").write_text(document)
    print(document)


def _measure(place: Place) -> dict[str, Any]:
    _say(place, "building a centre")
    app = create_app(place.settings())
    built = town.build(app, residents=sum(JOURNEYS.values()) + WARM + PROFILED + 20)
    caller = journeys.InProcess(built.plan, app.test_client())
    with app.app_context():
        journeys.journey(caller, *built.plan.take(1))  # the day's first counters
        bare = make_engine(place.bare_url, read_only=False)
        recipe = floor.observe(bare, lambda: journeys.journey(caller, *built.plan.take(1)))
        bare.dispose()
        figures: dict[str, Any] = {"rows a journey writes": recipe.rows}
        figures["statements of a journey"] = sum(caller.statements.values())
        figures |= {f"statements of {name}": count for name, count in caller.statements.items()}
    figures |= _floors(place, app, recipe)
    figures |= _journeys(place, built, figures)
    with app.app_context():
        _say(place, "profile and pages")
        figures |= where_time_goes.shares(app, built.plan, count=PROFILED)
        figures |= _pages(app, built, caller)
    if place.cluster is not None:
        figures |= routes.overhead(app, built.tenant_id, figures["page /registration/window: p95, ms"])
        figures |= routes.sealing(app, built.tenant_id, [name for _, name in built.plan.residents])
    figures |= _look_ups(app, built)
    figures |= _growth(place, app, built)
    dispose_engines(app)
    return figures


def _among_many(place: Place) -> dict[str, Any]:
    """Journeys a second in a centre that is alone in its partition, and among four hundred."""
    app = create_app(place.settings())
    built = town.build(app, residents=2 * (WARM + JOURNEYS[8]) + 20)
    rates, opened, centres = [], 0.0, []
    for more in (0, MORE_CENTRES):
        _say(place, f"{more + 1} centres")
        began = time.perf_counter()
        with app.app_context():
            centres = town.open_centres(more)
        opened = time.perf_counter() - began
        dispose_engines(app)
        with served(place) as server:
            built.plan.host = server.host
            journeys.run(built.plan, workers=8, journeys=WARM)
            rates.append(journeys.run(built.plan, workers=8, journeys=JOURNEYS[8]).rate)
    _say(place, "neighbours")
    return neighbours.measure(place, app, built, centres[0]) | {
        "journeys a second, one centre": rates[0],
        f"journeys a second, {MORE_CENTRES + 1} centres": rates[1],
        "many centres / one (wanted 0.9)": rates[1] / rates[0],
        f"opening {MORE_CENTRES} centres, s (wanted 600)": opened,
    }


def _say(place: Place, what: str) -> None:
    print(f"{place.engine}: {what} …", file=sys.stderr, flush=True)


def _floors(place: Place, app: Flask, recipe: floor.Recipe) -> dict[str, Any]:
    _say(place, "floor")
    dispose_engines(app)
    url = place.copy_partition()
    return {
        f"floor, journeys a second at concurrency {workers}": floor.run(
            recipe, url, workers=workers, seconds=FLOOR_SECONDS
        )
        for workers in CONCURRENCIES
    }


def _journeys(place: Place, built: town.Built, floors: dict[str, Any]) -> dict[str, Any]:
    _say(place, "journeys")
    figures: dict[str, Any] = {}
    with served(place) as server:
        figures["start-up, s"] = server.start_seconds
        built.plan.host = server.host
        journeys.run(built.plan, workers=8, journeys=WARM)  # caches, plans, connections
        for workers in CONCURRENCIES:
            outcome = journeys.run(built.plan, workers=workers, journeys=JOURNEYS[workers])
            for refusal in outcome.refused[:5]:
                print(refusal, file=sys.stderr)
            bare = floors[f"floor, journeys a second at concurrency {workers}"]
            figures[f"product, journeys a second at concurrency {workers}"] = outcome.rate
            figures[f"product / floor at concurrency {workers} (wanted 0.03)"] = outcome.rate / bare
            figures[f"refused at concurrency {workers}"] = len(outcome.refused)
        _say(place, "papers")
        began = time.perf_counter()
        pages.print_papers(server.host, built, built.plan.prescription_ids[-PAPERS:])
        figures["a prescription on paper, ms"] = (time.perf_counter() - began) * 1000 / PAPERS
        figures["largest worker after 100 papers, MB (wanted 220)"] = server.worker_megabytes()
    return figures


def _pages(app: Flask, built: town.Built, caller: journeys.InProcess) -> dict[str, Any]:
    with tenant_unit(built.tenant_id):
        visit_id = prescriptions.get_prescription(int(built.plan.prescription_ids[-1])).visit_id
    bill = caller.get("cashier", f"bills/of-visit/{visit_id}")
    return pages.measure(app, built, visit_id=visit_id, bill_id=bill["id"])


def _look_ups(app: Flask, built: town.Built) -> dict[str, Any]:
    with app.app_context(), control_unit():
        entries = len(list(dictionaries.search("diagnosis", "", limit=100_000)))

    def diagnosis(dice: random.Random) -> Any:
        with control_unit():
            return dictionaries.search("diagnosis", dice.choice(DIAGNOSES))

    def drug(dice: random.Random) -> Any:
        return prescriptions.find_drugs(dice.choice(DRUGS), practitioner_id=None)

    return {
        "diagnoses": entries,
        "diagnosis look-up p95, ms (wanted 30)": growth.p95(app, built.tenant_id, diagnosis),
        "drug look-up p95, ms": growth.p95(app, built.tenant_id, drug),
    }


def _growth(place: Place, app: Flask, built: town.Built) -> dict[str, Any]:
    engine = make_engine(place.bare_url, read_only=False)
    found: dict[str, list[float]] = {}
    for size in SIZES:
        _say(place, f"{size} residents")
        with app.app_context():
            growth.add_residents(engine, built.tenant_id, until=size)
        for name, value in growth.p95s(app, built.tenant_id, growth.questions()).items():
            found.setdefault(name, []).append(value)
    engine.dispose()
    return {
        f"{name}, {what}": value
        for name, (small, large) in found.items()
        for what, value in (
            ("p95 ms at 1 thousand", small),
            ("p95 ms at 300 thousand", large),
            ("ratio (wanted 1.5)", large / small),
        )
    }


if __name__ == "__main__":
    main()
