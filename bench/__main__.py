"""``make bench``: every figure of one run, as JSON and as a table."""

import json
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from app import dictionaries
from app.accounts import services as accounts
from app.db import control_unit, migrate, tenant_unit
from app.factory import create_app
from bench import floor, growth, journeys, where_time_goes
from bench.place import ROOT, make_cluster, served, settings_of, worker_megabytes
from modules.catalogue import queries as catalogue
from modules.demo import services as demo
from modules.demo.services.course import open_file
from modules.demo.services.people import make_resident

CONCURRENCY = 8
JOURNEYS = 400
FLOOR_SECONDS = 8.0


def main() -> None:
    """Measure everything and print it."""
    folder = Path(tempfile.mkdtemp(prefix="his-bench-"))
    cluster = make_cluster()
    figures: dict[str, Any] = {}
    try:
        app = create_app(settings_of(cluster, folder))
        with app.app_context():
            migrate.upgrade_all()
            plan, tenant_id, statements = _build(app)
        figures |= _look_up(app)
        figures |= _journeys(cluster, folder, plan)
        figures["statements of a journey"] = statements
        with app.app_context():
            figures |= where_time_goes.shares(app, plan)
        figures |= _growth(app, cluster, tenant_id)
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for name, value in figures.items():
        shown = f"{value:.3f}" if isinstance(value, float) else value
        print(f"{name:48} {shown}")
    out = ROOT / "build"
    out.mkdir(exist_ok=True)
    (out / "bench.json").write_text(json.dumps(figures, ensure_ascii=False, indent=2))


def _build(app: Any) -> tuple[journeys.Plan, int, int]:
    """One demo centre, residents with files, tokens for its desks, and today's sessions."""
    from app import clock
    from app.db.statements import count_statements
    from modules.registration import queries as registration_queries
    from modules.registration import services as registration

    print("building a centre …", file=sys.stderr)
    with clock.at(clock.now().replace(hour=1)):
        demo.load_shared_data()
        centre = demo.centres_of_district(1, capacity=500)[0]
    registration.generate_sessions(days=2, by=centre.system)
    town = demo.Town.of(centre, random.Random(1))
    dice = random.Random(2)
    patient_ids = []
    for number in range(20 * JOURNEYS):
        resident = make_resident(dice, number, clock.today(), region="990009")
        if 40 <= clock.today().year - resident.born_on.year <= 85:
            patient_ids.append(open_file(town, resident).patient_id)
        if len(patient_ids) == JOURNEYS + 120:
            break
    tokens = {role: _token(centre, role) for role in ("registrar", "cashier", "pharmacist")}
    with tenant_unit(centre.tenant_id):
        drug_ids = {drug.code: drug.id for drug in catalogue.all_drugs()}
        running = registration_queries.list_running_sessions(department_id=centre.departments["gp"])
    doctor = next(
        account
        for account, person in centre.people.items()
        if person.practitioner_id == running[0].practitioner_id
    )
    tokens["doctor"] = _token(centre, doctor)
    plan = journeys.Plan("", tokens, drug_ids, running[0].id, patient_ids)
    journeys.journey(
        journeys.InProcess(plan, app.test_client()), patient_ids.pop()
    )  # the day's first counters
    with count_statements() as counted:
        journeys.journey(journeys.InProcess(plan, app.test_client()), patient_ids.pop())
    return plan, centre.tenant_id, counted.count


def _token(centre: Any, account: str) -> str:
    return accounts.issue_token(
        account_id=centre.actor(account).account_id, label="bench", by=centre.actor("admin")
    )


def _look_up(app: Any) -> dict[str, Any]:
    with app.app_context(), control_unit():
        entries = len(list(dictionaries.search("diagnosis", "", limit=100_000)))
    words = ["gxy", "tnb", "高血压", "感染", "I10", "J06", "xt", "wy", "肺炎", "骨折", "E11.9", "zqgy"]

    def ask(dice: random.Random) -> Any:
        with control_unit():
            return dictionaries.search("diagnosis", dice.choice(words))

    with app.app_context():
        from app.tenancy import directory

        tenant_id = directory().all_active()[0].id
    return {"diagnoses": entries, "diagnosis look-up p95, ms": growth.p95(app, tenant_id, ask)}


def _journeys(cluster: Any, folder: Path, plan: journeys.Plan) -> dict[str, Any]:
    print("floor …", file=sys.stderr)
    address = f"host={cluster.folder} user=his dbname=floor"
    floor.prepare(address)
    bare = floor.run(address, workers=CONCURRENCY, seconds=FLOOR_SECONDS)
    print("journeys …", file=sys.stderr)
    with served(cluster, folder, workers=2) as (host, master):
        plan.host = host
        journeys.run(plan, workers=CONCURRENCY, journeys=30)  # warm: caches, plans, connections
        plan.patient_ids = plan.patient_ids[30:]
        outcome = journeys.run(plan, workers=CONCURRENCY, journeys=JOURNEYS)
        megabytes = worker_megabytes(master)
    for refusal in outcome.refused[:5]:
        print(refusal, file=sys.stderr)
    return {
        "floor, journeys a second": bare,
        "product, journeys a second": outcome.rate,
        "product / floor (wanted 0.03)": outcome.rate / bare,
        "journeys refused": len(outcome.refused),
        "worker, MB (wanted 220)": megabytes,
    }


def _growth(app: Any, cluster: Any, tenant_id: int) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    address = f"host={cluster.folder} user=his dbname=p1"
    found: dict[str, list[float]] = {}
    for size in (1_000, 300_000):
        print(f"{size} residents …", file=sys.stderr)
        growth.add_residents(app, address, tenant_id, until=size)
        for name, question in growth.questions().items():
            found.setdefault(name, []).append(growth.p95(app, tenant_id, question))
    for name, (small, large) in found.items():
        figures[f"{name}, p95 ms at 1 thousand"] = small
        figures[f"{name}, p95 ms at 300 thousand"] = large
        figures[f"{name}, ratio (wanted 1.5)"] = large / small
    return figures


if __name__ == "__main__":
    main()
