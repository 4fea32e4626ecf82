"""Losses, returns, quarantines and recalls: what is frozen goes to nobody, and every step has a second person."""

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from support.outpatients import make_patient
from support.racing import at_once

from app.actor import Actor
from app.db import db, tenant_unit
from app.errors import DomainError, NotFound
from app.records import AuditRow
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.charging.services import RefundLineInput
from modules.dispensing import queries as stock
from modules.dispensing import services as dispensing
from modules.dispensing.errors import BatchRecalled, NothingRecalled, OutOfStock, WrongStep
from modules.dispensing.models import TaskStatus
from modules.storeroom import queries, services
from modules.storeroom.errors import (
    AlreadyEnded,
    AlreadyRecalled,
    SamePerson,
    SupplierNeeded,
    WrongState,
)

D = Decimal
DRUG = "D0160"


@pytest.fixture
def line_of(ours: Any) -> Any:
    """The balance of a batch at a place, with its batch."""

    def look(batch_no: str = "A1", location: str = "pharmacy") -> Any:
        with tenant_unit(ours["tenant_id"]):
            rows = stock.list_balances(ours["locations"][location], text=batch_no).rows
            return next(row for row in rows if row.batch.batch_no == batch_no)

    return look


@pytest.fixture
def recall(line_of: Any, storekeeper: Actor) -> Any:
    """Recall a batch that lies at the pharmacy."""

    def call(batch_no: str = "A1") -> Any:
        return services.recall_batch(batch_id=line_of(batch_no).batch.id, reason="药监召回", by=storekeeper)

    return call


def test_a_loss_freezes_the_stock_until_another_person_approves_it(
    make_stock: Any,
    prescribe: Any,
    line_of: Any,
    storekeeper: Actor,
    administrator: Actor,
    stock_of: Any,
    books_hold: Any,
    with_right: Any,
) -> None:
    make_stock(DRUG, 100)
    balance = line_of().balance.id
    loss = services.apply_removal(
        kind="loss", balance_id=balance, quantity=D(30), reason="受潮变质", by=storekeeper
    )
    with pytest.raises(OutOfStock):
        prescribe((DRUG, 71))
    prescribe((DRUG, 70))
    assert books_hold()
    with pytest.raises(SamePerson):
        services.approve_removal(removal_id=loss.id, by=with_right(storekeeper, "storeroom.stock.approve"))
    services.approve_removal(removal_id=loss.id, by=administrator)
    with pytest.raises(WrongState):
        services.approve_removal(removal_id=loss.id, by=administrator)
    assert stock_of(DRUG) == {"A1": (D(70), D(70))}
    assert books_hold()


def test_a_rejected_loss_sets_the_stock_free(
    make_stock: Any,
    prescribe: Any,
    line_of: Any,
    storekeeper: Actor,
    administrator: Actor,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    act = {"kind": "loss", "balance_id": line_of().balance.id, "reason": "疑似破损", "by": storekeeper}
    with pytest.raises(OutOfStock):
        services.apply_removal(quantity=D(101), **act)
    loss = services.apply_removal(quantity=D(100), **act)
    services.reject_removal(removal_id=loss.id, reason="复核完好", by=administrator)
    prescribe((DRUG, 100))
    assert books_hold()


def test_a_return_to_its_supplier_leaves_the_storeroom(
    ours: Any,
    make_stock: Any,
    make_supplier: Any,
    line_of: Any,
    storekeeper: Actor,
    administrator: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100, location="storeroom")
    act = {
        "kind": "supplier_return",
        "balance_id": line_of(location="storeroom").balance.id,
        "quantity": D(40),
        "reason": "近效期退货",
        "by": storekeeper,
    }
    with pytest.raises(SupplierNeeded):
        services.apply_removal(**act)
    back = services.apply_removal(supplier_id=make_supplier().id, **act)
    done = services.approve_removal(removal_id=back.id, by=administrator)
    with tenant_unit(ours["tenant_id"]):
        document = stock.get_document(done.document_id or 0)
        ((move, _),) = stock.moves_of(document.id)
    assert (document.kind.value, document.supplier) == ("supplier_return", "城东医药")
    assert (move.to_account.value, move.quantity) == ("supplier", D(40))
    assert stock_of(DRUG, "storeroom") == {"A1": (D(60), D(0))}
    assert books_hold()


def test_what_is_set_apart_is_let_go_or_taken_out_once(
    make_stock: Any,
    prescribe: Any,
    line_of: Any,
    storekeeper: Actor,
    administrator: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    act = {"balance_id": line_of().balance.id, "reason": "标签可疑", "by": storekeeper}
    first = services.quarantine_stock(quantity=D(60), **act)
    second = services.quarantine_stock(quantity=D(30), **act)
    with pytest.raises(OutOfStock):
        services.quarantine_stock(quantity=D(11), **act)
    with pytest.raises(OutOfStock):
        prescribe((DRUG, 11))
    services.end_quarantine(quarantine_id=first.id, by=storekeeper)
    with pytest.raises(AlreadyEnded):
        services.end_quarantine(quarantine_id=first.id, by=storekeeper)
    removal = services.remove_quarantined(
        quarantine_id=second.id, kind="loss", reason="确认假标签", by=storekeeper
    )
    with pytest.raises(AlreadyEnded):
        services.end_quarantine(quarantine_id=second.id, by=storekeeper)
    assert books_hold()
    services.approve_removal(removal_id=removal.id, by=administrator)
    assert stock_of(DRUG) == {"A1": (D(70), D(0))}
    assert books_hold()


def test_a_recalled_batch_is_promised_to_nobody_anywhere(
    make_stock: Any, prescribe: Any, recall: Any, stock_of: Any
) -> None:
    make_stock(DRUG, 100, days=100)
    make_stock(DRUG, 50, batch_no="GOOD", days=400)
    recall()
    with pytest.raises(OutOfStock):
        prescribe((DRUG, 51))
    prescribe((DRUG, 50))
    assert stock_of(DRUG) == {"A1": (D(100), D(0)), "GOOD": (D(50), D(50))}
    with pytest.raises(AlreadyRecalled):
        recall()


def test_a_drug_recalled_between_payment_and_dispensing_is_refused_and_held_anew(
    make_stock: Any,
    prescribe: Any,
    pay: Any,
    review: Any,
    recall: Any,
    pharmacist: Actor,
    other_pharmacist: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100, days=100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    review(signed)
    act = {"prescription_id": signed.prescription_id, "by": pharmacist}
    with pytest.raises(NothingRecalled):
        dispensing.rehold_prescription(**act)
    recall()
    with pytest.raises(BatchRecalled):
        dispensing.prepare_prescription(**act)
    with pytest.raises(OutOfStock):
        dispensing.rehold_prescription(**act)
    make_stock(DRUG, 40, batch_no="GOOD", days=400)
    dispensing.rehold_prescription(**act)
    assert stock_of(DRUG) == {"A1": (D(100), D(0)), "GOOD": (D(40), D(40))}
    dispensing.prepare_prescription(**act)
    dispensing.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist)
    assert stock_of(DRUG) == {"A1": (D(100), D(0)), "GOOD": (D(0), D(0))}
    assert books_hold()


def test_prepared_drugs_of_a_recalled_batch_are_not_handed_out_but_put_back_and_refunded(
    ours: Any,
    make_stock: Any,
    prescribe: Any,
    pay: Any,
    prepare: Any,
    recall: Any,
    cashier: Actor,
    pharmacist: Actor,
    other_pharmacist: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    receipt = pay(signed)
    prepare(signed)
    recall()
    with pytest.raises(BatchRecalled):
        dispensing.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist)
    with pytest.raises(WrongStep):
        dispensing.rehold_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    dispensing.put_back_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    with tenant_unit(ours["tenant_id"]):
        (charge,) = charging_queries.charges_of_prescription(signed.prescription_id)
    lines = [RefundLineInput(charge_id=charge.id, quantity=D(40))]
    charging.refund_lines(settlement_id=receipt, lines=lines, reason="批号召回", by=cashier)
    with tenant_unit(ours["tenant_id"]):
        assert stock.get_task(signed.prescription_id).status == TaskStatus.CANCELLED
    assert stock_of(DRUG) == {"A1": (D(100), D(0))}
    assert books_hold()


def test_a_recall_and_a_handing_out_in_the_same_moment_end_one_way_or_the_other(
    app: Flask,
    ours: Any,
    make_stock: Any,
    prescribe: Any,
    pay: Any,
    prepare: Any,
    recall: Any,
    other_pharmacist: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    prepare(signed)
    handed, recalled = at_once(
        app,
        lambda: dispensing.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist),
        recall,
    )
    assert not isinstance(recalled, Exception)
    if isinstance(handed, Exception):
        assert isinstance(handed, BatchRecalled)
        assert stock_of(DRUG) == {"A1": (D(100), D(40))}
    else:
        assert stock_of(DRUG) == {"A1": (D(60), D(0))}
    with tenant_unit(ours["tenant_id"]):
        users = stock.users_of_batch(recalled.batch_id)
    assert [user.with_patient + user.waiting for user in users] == [D(40)]
    assert books_hold()


def test_the_page_of_a_recall_names_who_took_it_home_with_a_masked_phone(
    ours: Any,
    make_stock: Any,
    prescribe: Any,
    pay: Any,
    dispense: Any,
    recall: Any,
    sign_in: Any,
    make_bill: Any,
    registrar: Actor,
) -> None:
    make_stock(DRUG, 100)
    patient = make_patient(registrar, phone="13912345678")
    home = prescribe((DRUG, 40), bill=make_bill(patient_id=patient.id), patient_id=patient.id)
    waits = prescribe((DRUG, 10))
    pay(home)
    pay(waits)
    dispense(home)
    called = recall()
    page = sign_in("storekeeper").get(f"/storeroom/recalls/{called.id}").text
    assert home.number in page
    assert waits.number in page
    assert "139****5678" in page
    assert "13912345678" not in page
    assert sign_in("administrator").get(f"/storeroom/recalls/{called.id}").status_code == 403
    with tenant_unit(ours["tenant_id"]):
        (row,) = db.session.scalars(select(AuditRow).where(AuditRow.action == "recall.read"))
    assert str(patient.id) in row.detail["residents"]
    window = sign_in("pharmacist").get(f"/dispensing/window/{waits.prescription_id}").text
    assert "/rehold" in window


def test_losses_and_recalls_run_over_the_pages(
    ours: Any, make_stock: Any, line_of: Any, sign_in: Any, stock_of: Any
) -> None:
    make_stock(DRUG, 100)
    keeper, boss = sign_in("storekeeper"), sign_in("administrator")
    here = ours["locations"]["pharmacy"]
    assert "A1" in keeper.get(f"/storeroom/batches?location={here}&q=A1").text
    url = f"/storeroom/batches/{line_of().balance.id}"
    assert keeper.get(url).status_code == 200
    loss = {"kind": "loss", "quantity": "101", "reason": "破损"}
    assert keeper.post(f"{url}/remove", data=loss).status_code == 422
    assert keeper.post(f"{url}/remove", data={**loss, "quantity": "10"}).status_code == 303
    assert keeper.post(f"{url}/quarantine", data={"quantity": "5", "reason": "可疑"}).status_code == 303
    with tenant_unit(ours["tenant_id"]):
        removal = queries.list_removals()[0].rows[0].id
        quarantine = queries.open_quarantines()[0].paper.id
    assert keeper.post(f"/storeroom/removals/{removal}/approve").status_code == 403
    assert boss.post(f"/storeroom/removals/{removal}/reject", data={"reason": ""}).status_code == 422
    assert boss.post(f"/storeroom/removals/{removal}/approve").status_code == 303
    assert keeper.post(f"/storeroom/quarantines/{quarantine}/end").status_code == 303
    assert keeper.post(f"/storeroom/quarantines/{quarantine}/end").status_code == 422
    assert "可疑" not in keeper.get("/storeroom/removals").text
    assert stock_of(DRUG) == {"A1": (D(90), D(0))}
    called = keeper.post(f"{url}/recall", data={"reason": "药监召回"}).location
    assert "药监召回" in keeper.get("/storeroom/recalls").text
    assert keeper.post(f"{called}/end", data={"reason": "误报，已核实"}).status_code == 303
    assert "误报" in keeper.get(called).text


def test_another_centre_recalls_and_freezes_nothing_of_ours(
    theirs: Any, make_stock: Any, line_of: Any
) -> None:
    from support import world

    make_stock(DRUG, 100)
    stranger, line = world.actor(theirs, "storekeeper"), line_of()
    acts: list[Any] = [
        lambda: services.recall_batch(batch_id=line.batch.id, reason="召回", by=stranger),
        lambda: services.quarantine_stock(
            balance_id=line.balance.id, quantity=D(1), reason="隔离", by=stranger
        ),
        lambda: services.apply_removal(
            kind="loss", balance_id=line.balance.id, quantity=D(1), reason="报损", by=stranger
        ),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()
    assert issubclass(NotFound, DomainError)


def test_32_desks_after_the_last_100_tablets_take_exactly_100(
    app: Flask,
    ours: Any,
    make_stock: Any,
    line_of: Any,
    drug_id: Any,
    storekeeper: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100, location="storeroom")
    balance, here = line_of(location="storeroom").balance.id, ours["locations"]
    drug = drug_id(DRUG)

    def carry() -> Any:
        line = dispensing.TransferLineInput(drug_id=drug, loose=D(4))
        return dispensing.transfer_stock(
            location_id=here["storeroom"], to_location_id=here["pharmacy"], lines=[line], by=storekeeper
        )

    def write_off() -> Any:
        return services.apply_removal(
            kind="loss", balance_id=balance, quantity=D(4), reason="破损", by=storekeeper
        )

    outcomes = at_once(app, *(carry if number % 2 else write_off for number in range(32)))
    refused = [found for found in outcomes if isinstance(found, Exception)]
    assert all(isinstance(found, OutOfStock) for found in refused)
    assert len(refused) == 7
    lying = line_of(location="storeroom").balance
    assert lying.on_hand + stock_of(DRUG)["A1"][0] == 100
    assert (lying.available, lying.frozen) == (D(0), lying.on_hand)
    assert books_hold()
