"""``make screenshots``: a demo centre in the middle of a morning, its main screens kept in ``docs/``."""

import itertools
import random
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from io import BytesIO
from pathlib import Path

from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from app import audit, clock, relay
from app.config import Settings
from app.db import CONTROL, db, isolation, tenant_unit
from app.factory import create_app
from modules.charging import queries as bills
from modules.charging import services as charging
from modules.clinic import services as clinic
from modules.demo import services as demo
from modules.demo.services.course import open_file
from modules.demo.services.people import make_resident
from modules.prescriptions import services as prescriptions
from modules.registration import queries as registration_queries
from modules.registration import services as registration
from tenants import queries as tenants

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
TODAY = date(2026, 11, 20)  # a Friday
DESKTOP = (1440, 900)
TABLET = (820, 1180)
SPARING = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
RECORD = {
    "kind": "return",
    "chief_complaint": "发现血压升高12年，头晕3天",
    "present_illness": "规律服用氨氯地平 5mg qd，近3天晨起头晕，自测血压158/94 mmHg。",
    "past_history": "高血压12年；否认手术、外伤史。",
    "physical_exam": "神清，心率78次/分，律齐，双下肢无水肿。",
    "treatment_advice": "低盐饮食，规律服药，两周后复测血压。",
    "is_pregnant": False,
    "is_lactating": False,
}
VITALS = {"temperature": "36.6", "pulse": 78, "systolic": 162, "diastolic": 94}
DIAGNOSES = [{"code": "I10.x00x002"}]
DRUGS = (("D0053", "5", "qd"), ("D0057", "80", "qd"), ("D0069", "20", "qn"))


@dataclass(frozen=True, slots=True)
class Town:
    """A demo centre that is being served."""

    address: str
    tenant_id: int
    life: demo.Town


@contextmanager
def morning() -> Iterator[Town]:
    """One centre at 10:20 on a Friday, served by threads of this process; its clock stands still."""
    folder = Path(tempfile.mkdtemp(prefix="his-pictures-"))
    app = create_app(
        Settings(
            environment="demo",
            data_folder=folder,
            control_url=f"sqlite:///{folder}/control.sqlite",
            partition_urls={"p1": f"sqlite:///{folder}/p1.sqlite"},
            embedded_workers=False,
        )
    )
    clock.stop(clock.moment_of(TODAY - timedelta(days=3), time(7)))
    try:
        with app.app_context():
            town = _live(app)
            server = make_server("127.0.0.1", 0, app, threaded=True)
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            yield Town(f"http://127.0.0.1:{server.server_port}", town.centre.tenant_id, town)
            server.shutdown()
    finally:
        clock.stop(None)
        shutil.rmtree(folder, ignore_errors=True)


def _live(app: Flask) -> demo.Town:
    """Open the centre and play its days up to this morning."""
    engines = app.extensions["his_engines"]
    for name, metadata in (("control", db.metadatas[CONTROL]), ("p1", db.metadata)):
        with engines[name].begin() as connection:
            isolation.build_tables(connection, metadata)
    demo.load_shared_data()
    centre = demo.centres_of_district(1, capacity=30)[0]
    town = demo.Town.of(centre, random.Random("pictures"))
    report = demo.Report()
    now = clock.moment_of(TODAY, time(10, 20))
    for days, until in ((2, None), (1, None), (0, now)):
        demo.play_day(
            [town],
            TODAY - timedelta(days=days),
            visits_per_day=30,
            until=until,
            report=report,
            advance=lambda: None,
        )
    clock.stop(now)
    relay.run_until_empty()
    for partition in audit.partitions():
        audit.seal(partition)
    return town


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture."""

    name: str
    account: str
    path: str
    first: "Callable[[Camera], None] | None" = None
    size: tuple[int, int] = DESKTOP
    language: str = "zh_Hans"


class Camera:
    """One person's signed-in browser that keeps a picture."""

    def __init__(self, browser: Browser, town: Town, shot: Shot) -> None:
        self.address = town.address
        width, height = shot.size
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=shot.size == TABLET,
        )
        self.context.add_cookies([{"name": "his_language", "value": shot.language, "url": town.address}])
        self.page: Page = self.context.new_page()
        self.page.clock.install(time=clock.now())
        self.page.goto(f"{town.address}/sign-in")
        self.page.fill("input[name=name]", f"cd.{shot.account}")
        self.page.fill("input[name=password]", demo.PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url("**/home")

    def open(self, path: str) -> None:
        """Open a page and wait until it has what it fetches."""
        self.page.goto(f"{self.address}{path}")
        self.page.wait_for_timeout(900)

    def keep(self, path: Path) -> None:
        """Save what is seen, in as few colours as the eye needs."""
        self.page.wait_for_timeout(500)
        picture = Image.open(BytesIO(self.page.screenshot())).convert("RGB")
        picture.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def prepare(town: Town) -> dict[str, int]:
    """Work in the middle of being done: an open record, a bill that waits, a paid slip at the pharmacy."""
    centre = town.life.centre
    return {
        "record": _consult(town, allergic=True),
        "bill": _bill_of(town, _consult(town, allergic=False)),
        "slip": _paid_slip(town),
        "station": _station(centre.tenant_id),
    }


def _consult(town: Town, *, allergic: bool) -> int:
    """The doctor has taken somebody and written the record; gives the visit."""
    life, doctor = town.life, town.life.centre.actor("doctor")
    everybody = (
        make_resident(life.dice, serial, clock.today(), region=life.centre.plan.region)
        for serial in itertools.count(70_000)
    )
    resident = next(person for person in everybody if 1945 < person.born_on.year < 1962)
    known = open_file(life, replace(resident, is_penicillin_allergic=allergic))
    with tenant_unit(town.tenant_id):
        session = registration_queries.sessions_called_from(
            practitioner_id=doctor.practitioner_id, department_id=None
        )[0]
    visit = registration.register_visit(
        patient_id=known.patient_id, session_id=session.id, by=life.centre.actor("registrar")
    )
    registration.call_visit(visit_id=visit.id, by=doctor)
    encounter = clinic.begin_encounter(visit_id=visit.id, by=doctor)
    clinic.save_record(
        visit_id=visit.id,
        revision=encounter.revision,
        record=RECORD,
        vitals=VITALS,
        diagnoses=DIAGNOSES,
        by=doctor,
    )
    return visit.id


def _sign(town: Town, visit_id: int) -> int:
    lines = [
        {"drug_id": town.life.drug_ids[code], "dose": dose, "route": "po", "frequency": often, "days": 7}
        for code, dose, often in DRUGS
    ]
    doctor = town.life.centre.actor("doctor")
    return prescriptions.sign_prescription(visit_id=visit_id, lines=lines, by=doctor).id


def _bill_of(town: Town, visit_id: int) -> int:
    """The visit has a signed prescription; gives its bill."""
    _sign(town, visit_id)
    with tenant_unit(town.tenant_id):
        bill = bills.find_bill(visit_id)
        assert bill is not None
        return bill.id


def _paid_slip(town: Town) -> int:
    """A prescription that is paid; gives its id."""
    visit_id = _consult(town, allergic=False)
    slip = _sign(town, visit_id)
    with tenant_unit(town.tenant_id):
        bill = bills.find_bill(visit_id)
        assert bill is not None
        due = bills.bill_view(bill.id).due_amount
    cashier = town.life.centre.actor("cashier")
    tenders = [{"method": "wechat", "amount": due, "reference": "4200002619"}]
    charging.settle_bill(bill_id=bill.id, expected_amount=due, tenders=tenders, by=cashier)
    return slip


def _station(tenant_id: int) -> int:
    with tenant_unit(tenant_id):
        return tenants.list_stations()[0].id


def write_prescription(camera: Camera) -> None:
    """Three drugs, and a fourth being looked for."""
    page = camera.page
    page.keyboard.press("F3")
    for letters in (code.lower() for code, _, _ in DRUGS):
        page.keyboard.type(letters, delay=40)
        page.wait_for_selector(".option.on")
        page.keyboard.press("Enter")
        page.wait_for_selector(".option", state="hidden")
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelector('#rx-lines').scrollIntoView({block: 'center'})")
    page.keyboard.type("am", delay=40)
    page.wait_for_selector(".option")


def pick_patient(camera: Camera) -> None:
    """Somebody found at the registration window."""
    page = camera.page
    page.keyboard.type("w", delay=40)
    page.wait_for_selector(".option.on")
    page.keyboard.press("Enter")
    page.wait_for_selector("#window-patient .pb")


def shots(at: dict[str, int]) -> Iterator[Shot]:
    """Every picture: who, which page, what is done there first."""
    yield Shot("home", "doctor", "/home")
    yield Shot("registration_window", "registrar", "/registration/window", pick_patient)
    yield Shot("queue", "nurse", "/registration/queue")
    yield Shot("waiting_room", "registrar", f"/registration/displays/stations/{at['station']}")
    yield Shot("doctor_desk", "doctor", f"/clinic/visits/{at['record']}", write_prescription)
    yield Shot("cashier", "cashier", f"/charging/desk/{at['bill']}")
    yield Shot("pharmacy", "pharmacist", f"/dispensing/window/{at['slip']}")
    yield Shot("storeroom", "storekeeper", "/dispensing/stock")
    yield Shot("prices", "admin", "/charging/prices")
    yield Shot("drugs", "admin", "/catalogue/drugs")
    yield Shot("schedule", "admin", "/registration/schedule")
    yield Shot("staff", "admin", "/staff/")
    yield Shot("roles", "admin", "/centre/grants")
    yield Shot("settings", "admin", "/centre/settings")
    yield Shot("audit", "auditor", "/trail/")
    yield Shot("doctor_desk_en", "doctor", f"/clinic/visits/{at['record']}", language="en")
    yield Shot("cashier_en", "cashier", f"/charging/desk/{at['bill']}", language="en")
    yield Shot("doctor_desk_tablet", "doctor", f"/clinic/visits/{at['record']}", size=TABLET)
    yield Shot(
        "doctor_desk_tablet_en", "doctor", f"/clinic/visits/{at['record']}", size=TABLET, language="en"
    )
    yield Shot("registration_tablet", "registrar", "/registration/window", size=TABLET)


def main() -> None:
    """Take every picture, or those named on the command line."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = set(sys.argv[1:])
    with morning() as town, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=SPARING)
        for shot in shots(prepare(town)):
            if wanted and shot.name not in wanted:
                continue
            camera = Camera(browser, town, shot)
            camera.open(shot.path)
            if shot.first:
                shot.first(camera)
            camera.keep(FOLDER / f"{shot.name}.png")
            camera.context.close()
            print(shot.name)
        browser.close()


if __name__ == "__main__":
    main()
