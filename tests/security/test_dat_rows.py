"""Important rows prove themselves: what the database's owner changes is found by morning, by name."""

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from support import outpatient

from app import checks, clock, daily
from app.actor import Actor, system_actor
from app.crypto import digests, rotation
from app.crypto import services as proofs
from app.crypto.models import DISTRICT
from app.db import tenant_unit
from app.tenancy import tenant_of
from app.use_cases import perform
from modules.charging import queries as charging
from modules.charging import services as charging_services
from modules.charging.services import TenderInput

Say = Any
CHANGES = {
    "charging_bill": "patient_id = patient_id + 1",
    "charging_charge": "amount = amount + 1",
    "charging_settlement": "amount = amount - 1",
    "charging_settlement_line": "quantity = quantity + 1",
    "charging_tender": "method = 'wechat'",
    "dispensing_stock_move": "unit_cost = unit_cost + 1",
    "prescriptions_prescription": "practitioner_name = 'nobody'",
    "accounts_membership": "is_enabled = (1 = 0)",
    "tenants_role_grant": "permission = 'accounts.audit.view'",
}


@pytest.fixture
def day(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, cashier: Actor, security_administrator: Actor
) -> None:
    """A bill that is paid, a prescription, a right that was given."""
    bill = outpatient.make_bill(ours, registrar)
    outpatient.prescribe(ours, doctor, bill, ("D0001", Decimal(24)))
    with tenant_unit(ours["tenant_id"]):
        due = charging.bill_view(bill.id).due_amount
    charging_services.settle_bill(
        bill_id=bill.id, expected_amount=due, tenders=[TenderInput(method="cash", amount=due)], by=cashier
    )
    perform(
        "tenants.change_grant",
        {"role": "auditor", "permission": "patients.patient.view", "is_granted": False},
        by=security_administrator,
    )


def _broken(ours: dict[str, Any]) -> list[str]:
    return [str(row) for row in digests.broken_rows(ours["tenant_id"])[1]]


def test_dat_05_what_the_product_writes_proves_itself(day: None, ours: dict[str, Any]) -> None:
    looked_at, broken = digests.broken_rows(ours["tenant_id"])
    assert broken == []
    assert looked_at > 100
    assert {model.__tablename__ for model in digests.proven_models()} >= set(CHANGES)
    for model in digests.proven_models():
        columns = model.__mapper__.columns.keys()
        assert set(model.proven) <= set(columns), model


@pytest.mark.parametrize("table", CHANGES)
def test_dat_05_a_row_changed_by_the_databases_owner_is_named(
    day: None, ours: dict[str, Any], as_owner: Say, table: str
) -> None:
    name = "control" if table.startswith(("accounts", "tenants")) else "p1"
    mine = f"SELECT max(id) FROM {table} WHERE tenant_id = {ours['tenant_id']}"
    row_id = as_owner(name, mine)[0][0]
    assert row_id, table
    as_owner(name, f"UPDATE {table} SET {CHANGES[table]} WHERE id = {row_id}")
    assert _broken(ours) == [f"{table}:{row_id}"]
    assert [finding.right for finding in proofs.findings(ours["tenant_id"])] == [f"{table}:{row_id}"]


def test_dat_05_found_by_morning_and_named_in_the_trail(
    app: Flask, day: None, ours: dict[str, Any], as_owner: Say
) -> None:
    row_id = as_owner("p1", "SELECT min(id) FROM charging_charge")[0][0]
    as_owner("p1", f"UPDATE charging_charge SET amount = amount * 2 WHERE id = {row_id}")
    with clock.at(clock.now() + timedelta(days=1)):
        rounds = daily.Rounds()
        done = {outcome.work: outcome.state for outcome in rounds.do_due()}
    assert done["crypto.prove_rows"] == "done"
    rows = as_owner("p1", "SELECT detail FROM kernel_audit WHERE action = 'rows.broken'")
    assert len(rows) == 1
    assert f"charging_charge:{row_id}" in str(rows[0][0])
    assert [one for one in checks.findings_of(ours["tenant_id"]) if f":{row_id}" in one.right]


@pytest.mark.parametrize("digest", ["NULL", "'0.0'", "'x'", "''"])
def test_dat_05_a_digest_taken_away_or_made_up_is_found(
    day: None, ours: dict[str, Any], as_owner: Say, digest: str
) -> None:
    row_id = as_owner("p1", "SELECT max(id) FROM charging_charge")[0][0]
    as_owner("p1", f"UPDATE charging_charge SET row_digest = {digest} WHERE id = {row_id}")
    assert _broken(ours) == [f"charging_charge:{row_id}"]
    rotation.seal(ours["tenant_id"])  # gives digests to rows from before the keys only
    assert _broken(ours) == [f"charging_charge:{row_id}"]


def test_dat_05_a_digest_of_another_row_or_centre_does_not_fit(
    day: None, ours: dict[str, Any], theirs: dict[str, Any], as_owner: Say
) -> None:
    query = "SELECT id, row_digest FROM dispensing_stock_move WHERE tenant_id = {} ORDER BY id LIMIT 2"
    (first, _), (_, second) = as_owner("p1", query.format(ours["tenant_id"]))
    foreign = as_owner("p1", query.format(theirs["tenant_id"]))[0][1]
    for stolen in (second, foreign):
        as_owner("p1", f"UPDATE dispensing_stock_move SET row_digest = '{stolen}' WHERE id = {first}")
        assert _broken(ours) == [f"dispensing_stock_move:{first}"]


def test_dat_05_a_later_change_by_the_product_does_not_whitewash(
    day: None, ours: dict[str, Any], cashier: Actor, registrar: Actor, as_owner: Say
) -> None:
    bill = outpatient.make_bill(ours, registrar)
    row_id, before = as_owner("p1", f"SELECT id, row_digest FROM charging_charge WHERE bill_id = {bill.id}")[
        0
    ]
    as_owner("p1", f"UPDATE charging_charge SET item_name = 'x' WHERE id = {row_id}")
    with tenant_unit(ours["tenant_id"]):
        due = charging.bill_view(bill.id).due_amount
    charging_services.settle_bill(
        bill_id=bill.id, expected_amount=due, tenders=[TenderInput(method="cash", amount=due)], by=cashier
    )
    status, digest = as_owner("p1", f"SELECT status, row_digest FROM charging_charge WHERE id = {row_id}")[0]
    assert (status, digest) == ("paid", before)
    assert _broken(ours) == [f"charging_charge:{row_id}"]


def test_dat_05_rows_from_before_the_keys_get_their_digest_once(
    day: None, ours: dict[str, Any], as_owner: Say
) -> None:
    """As after an upgrade: the rows are older than the key."""
    moves = as_owner(
        "p1", f"SELECT count(*) FROM dispensing_stock_move WHERE tenant_id = {ours['tenant_id']}"
    )[0][0]
    as_owner("p1", "UPDATE dispensing_stock_move SET row_digest = NULL")
    assert len(_broken(ours)) == moves
    key = as_owner(
        "control",
        f"SELECT id FROM control_data_key WHERE tenant_id = {ours['tenant_id']} AND purpose = 'digest'",
    )[0][0]
    as_owner("p1", f"UPDATE dispensing_stock_move SET id = id - {key} WHERE tenant_id = {ours['tenant_id']}")
    assert rotation.seal(ours["tenant_id"]) == moves
    assert _broken(ours) == []


def test_dat_05_a_new_role_is_under_the_districts_key(ours: dict[str, Any], as_owner: Say) -> None:
    keys = {
        str(row[0])
        for row in as_owner("control", f"SELECT id FROM control_data_key WHERE tenant_id = {DISTRICT}")
    }
    made = {row[0].split(".")[0] for row in as_owner("control", "SELECT row_digest FROM accounts_membership")}
    assert made <= keys
    assert system_actor(ours["tenant_id"]).may("accounts.rows.prove")
    assert "crypto.prove_rows" in {work.use_case for work in daily.declared(tenant_of(ours["tenant_id"]))}


def test_dat_05_a_digest_costs_little(day: None, ours: dict[str, Any]) -> None:
    started = time.perf_counter()
    looked_at, _ = digests.broken_rows(ours["tenant_id"])
    each = (time.perf_counter() - started) / looked_at
    print(f"{each * 1e6:.0f} µs a row, read and checked")  # noqa: T201
    assert each < 0.002
