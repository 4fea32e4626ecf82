"""The home page: the first of what waits for each role, and one chart from real figures."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from support import outpatient
from support.outpatients import make_patient, open_encounter, register, session_of

from app import clock, relay
from app.actor import Actor
from app.db import db, tenant_unit
from app.db.statements import count_statements
from app.db.units import kernel_unit
from app.errors import ModuleOff, PermissionDenied
from app.i18n import force_locale
from app.records import Delivery, DeliveryStatus
from app.web.problems import details_of
from modules.catalogue import queries as catalogue
from modules.charging import queries as bills
from modules.charging import services as charging
from modules.dispensing import services as dispensing
from modules.dispensing.services import StockLineInput
from modules.patients.services import propose_merge
from modules.registration import queries as registration
from modules.registration.services import book_appointment

ROLES = (
    "registrar",
    "triage_nurse",
    "doctor",
    "cashier",
    "pharmacist",
    "storekeeper",
    "administrator",
    "accountant",
    "auditor",
)


@pytest.fixture
def busy(
    ours: dict[str, Any],
    registrar: Actor,
    doctor: Actor,
    storekeeper: Actor,
    cashier: Actor,
    administrator: Actor,
) -> None:
    """Eight who wait, one who was seen, one who is booked, a near batch, a bill of each kind, a paid slip."""
    charging.load_demo_prices(by=administrator)
    people = [make_patient(registrar) for _ in range(8)]
    for person in people:
        register(ours, person, registrar=registrar, doctor=doctor)
    open_encounter(ours, registrar=registrar, doctor=doctor)
    _book(ours, registrar, doctor)
    charging.open_shift(by=registrar)
    charging.close_shift(counted_cash=Decimal("0.00"), by=registrar)
    _receive(ours, storekeeper)
    _pay(ours, registrar, doctor, cashier)
    second = replace(administrator, account_id=administrator.account_id + 1)
    propose_merge(survivor_id=people[0].id, merged_id=people[1].id, reason="同一人", by=second)
    _give_up(ours)


def _book(ours: dict[str, Any], registrar: Actor, doctor: Actor) -> None:
    session = session_of(ours, doctor)
    with tenant_unit(ours["tenant_id"]):
        slot = registration.list_slots([session.id])[-1]
    book_appointment(patient_id=make_patient(registrar).id, slot_id=slot.id, by=registrar)


def _receive(ours: dict[str, Any], storekeeper: Actor) -> None:
    with tenant_unit(ours["tenant_id"]):
        drug = catalogue.search_drugs("D0001")[0]
    line = StockLineInput(
        drug_id=drug.id,
        batch_no="近效1",
        expires_on=clock.today() + timedelta(days=60),
        loose=Decimal(50),
        pack_cost=Decimal(12),
    )
    dispensing.receive_stock(
        location_id=ours["locations"]["pharmacy"], supplier="城东医药", lines=[line], by=storekeeper
    )


def _pay(ours: dict[str, Any], registrar: Actor, doctor: Actor, cashier: Actor) -> None:
    bill = outpatient.make_bill(ours, registrar)
    outpatient.prescribe(ours, doctor, bill, ("D0001", 2))
    with tenant_unit(ours["tenant_id"]):
        due = bills.bill_view(bill.id).due_amount
    charging.open_shift(float_amount=Decimal(0), by=cashier)
    cash = charging.TenderInput(method="cash", amount=due)
    charging.settle_bill(bill_id=bill.id, expected_amount=due, tenders=[cash], by=cashier)


def _give_up(ours: dict[str, Any]) -> None:
    relay.run_until_empty()
    with kernel_unit("p1"):
        row = db.session.query(Delivery).filter_by(tenant_id=ours["tenant_id"]).first()
        assert row is not None
        row.status = DeliveryStatus.DEAD.value


def _whole_scans(app: Flask, statements: list[str]) -> list[str]:
    """Statements that SQLite would answer by walking a whole table."""
    engines = app.extensions["his_engines"]
    if engines["p1"].dialect.name != "sqlite":
        return []
    found = []
    with engines["p1"].connect() as partition, engines["control"].connect() as control:
        for statement in statements:
            connection = control if "control_alarm" in statement else partition
            nothing = (None,) * statement.count("?")
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", nothing)
            if any(re.match(r"SCAN (\w+_\w+)$", row[3]) for row in plan):
                found.append(statement)
    return found


def _rows(page: str) -> list[str]:
    return [html.unescape(url) for url in re.findall(r'<tr class="tr" data-href="([^"]+)"', page)]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_the_home_page_of_a_busy_morning_costs_twelve_statements_and_its_rows_open(
    app: Flask, sign_in: Any, busy: None, role: str, language: str
) -> None:
    client = sign_in(role)
    client.set_cookie("his_language", language)
    client.get("/home")  # the tenant is known from here on
    with count_statements() as counted:
        answer = client.get("/home")
    assert answer.status_code == 200
    assert counted.count <= 12, counted.statements
    assert _whole_scans(app, counted.statements) == []
    rows = _rows(answer.text)
    assert bool(rows) == (role != "auditor")
    for url in set(rows):
        assert client.get(url).status_code == 200, url
        assert f'<a class="link" href="{html.escape(url)}">' in answer.text  # Enter opens it
    assert answer.text.count('id="home-plot"') == 1


def test_a_tile_counts_all_and_its_list_shows_the_first_six(sign_in: Any, busy: None) -> None:
    page = sign_in("triage_nurse").get("/home").text
    assert '<span class="kpi-value">8</span>' in page
    assert len([url for url in _rows(page) if "/registration/visits/" in url]) == 6


def test_a_doctor_sees_their_own_patients_once_and_goes_to_the_desk(sign_in: Any, busy: None) -> None:
    page = sign_in("doctor").get("/home").text
    tiles = re.findall(r'<a class="kpi tile" href="([^"]+)"', page)
    assert tiles == [
        "/clinic/desk",
        "/clinic/desk",
        "/charging/refund-requests",
        "/patients/merges",
        "/patients/requests",
    ]
    assert len([url for url in _rows(page) if url.startswith("/clinic/visits/")]) == 7  # six, and one to sign
    other = sign_in("other_doctor").get("/home").text
    assert "/clinic/visits/" not in other


def test_the_chart_is_drawn_from_the_figures_of_the_centre(sign_in: Any, busy: None, theirs: Any) -> None:
    cells = r'<td class="td">([^<]*)</td><td class="td num">([^<]*)</td>'
    page = sign_in("administrator").get("/home").text
    days = re.findall(cells, page)
    assert len(days) == 14
    assert days[-1] == (f"{clock.today():%m-%d}", "9")
    assert {figure for _, figure in days[:-1]} == {"0"}
    taken = re.findall(cells, sign_in("cashier").get("/home").text)
    assert len(taken) == 1
    assert Decimal(taken[0][1]) > 0
    assert re.findall(cells, sign_in("auditor").get("/home").text)[-1][1] == taken[0][1]
    assert re.findall(cells, sign_in("administrator", "c2").get("/home").text) == []


@pytest.mark.parametrize("role", ROLES)
def test_an_empty_morning_is_kind_and_says_what_to_do(sign_in: Any, role: str) -> None:
    client = sign_in(role)
    client.set_cookie("his_language", "en")
    page = client.get("/home").text
    assert _rows(page) == []
    assert "Nothing waits here" in page
    assert all(advice.strip() for advice in re.findall(r'<dd class="kv-v">([^<]*)</dd>', page))
    assert "No figures yet" in page


def test_a_refusal_names_the_right_in_words_and_keeps_its_code_for_programs(sign_in: Any) -> None:
    client = sign_in("doctor")
    for language, words in (("zh_Hans", "查阅审计记录"), ("en", "Read the audit trail")):
        client.set_cookie("his_language", language)
        page = client.get("/trail/")
        assert page.status_code == 403
        assert words in page.text
        assert "accounts.audit.view" not in page.text
    refusal = PermissionDenied(permission="accounts.audit.view")
    assert details_of(refusal) == {"permission": "accounts.audit.view"}


def test_a_part_that_is_off_is_named_in_words(app: Flask) -> None:
    refusal = ModuleOff(module="dispensing")
    with app.test_request_context(), force_locale("zh_Hans"):
        assert "药房" in refusal.text
    assert details_of(refusal) == {"module": "dispensing"}
