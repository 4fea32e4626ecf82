"""What pharmacists and storekeepers may do next."""

from datetime import timedelta
from decimal import Decimal

from machine.centre import DRUGS, Centre

from app import clock
from app.db import tenant_unit
from modules.dispensing import queries as lying
from modules.dispensing import services as dispensing
from modules.dispensing.rules.review import ReviewCheck
from modules.dispensing.services import OwedLineInput, ReturnLineInput, StockLineInput
from modules.prescriptions import services as prescriptions
from modules.storeroom import queries
from modules.storeroom import services as storeroom

D = Decimal


def receive(centre: Centre, drug: int, packs: int, batch: str) -> None:
    """A delivery into the storeroom; the letters of batches expire one after the other."""
    days = {"A": 20, "B": 90, "C": 400}[batch]
    dispensing.receive_stock(
        location_id=centre.ids["locations"]["storeroom"],
        supplier="示范医药",
        lines=[
            StockLineInput(
                drug_id=centre.drug_id(DRUGS[drug % len(DRUGS)]),
                batch_no=batch,
                expires_on=clock.today() + timedelta(days=days),
                packs=D(packs),
                pack_cost=D("9.60"),
            )
        ],
        by=centre.desk["storekeeper"],
    )


def requisition(centre: Centre, drug: int, quantity: int, lost: int) -> None:
    """The pharmacy asks, the storeroom sends, some of it is lost on the way."""
    keeper, pharmacist, here = centre.desk["storekeeper"], centre.desk["pharmacist"], centre.ids["locations"]
    line = storeroom.RequisitionLineInput(drug_id=centre.drug_id(DRUGS[drug % len(DRUGS)]), loose=D(quantity))
    asked = storeroom.apply_requisition(
        from_location_id=here["storeroom"], to_location_id=here["pharmacy"], lines=[line], by=pharmacist
    )
    with tenant_unit(centre.tenant_id):
        (wanted,) = queries.lines_of_requisition(asked.id)
    approved = [storeroom.ApprovedLineInput(line_id=wanted.id, quantity=wanted.wanted)]
    storeroom.approve_requisition(requisition_id=asked.id, lines=approved, by=keeper)
    storeroom.ship_requisition(requisition_id=asked.id, by=keeper)
    with tenant_unit(centre.tenant_id):
        sent = queries.shipped_parts(asked.id)
    missing = min(D(lost), sent[0].shipped)
    parts = [
        storeroom.ReceivedPartInput(
            part_id=part.id, quantity=part.shipped - (missing if part is sent[0] else 0)
        )
        for part in sent
    ]
    storeroom.receive_requisition(
        requisition_id=asked.id, parts=parts, outcome="lost", reason="途中破损", by=pharmacist
    )


def remove(centre: Centre, place: str, which: int, quantity: int) -> None:
    """A loss, approved by somebody else."""
    with tenant_unit(centre.tenant_id):
        rows = lying.balances_at(centre.ids["locations"][place])
    if rows:
        removal = storeroom.apply_removal(
            kind="loss",
            balance_id=rows[which % len(rows)].balance.id,
            quantity=D(quantity),
            reason="破损",
            by=centre.desk["storekeeper"],
        )
        storeroom.approve_removal(removal_id=removal.id, by=centre.desk["administrator"])


def count(centre: Centre, difference: int) -> None:
    """The storeroom is counted; one batch differs."""
    keeper = centre.desk["storekeeper"]
    taking = storeroom.begin_stocktake(location_id=centre.ids["locations"]["storeroom"], by=keeper)
    with tenant_unit(centre.tenant_id):
        lines = queries.lines_of_stocktake(taking.id)
    counted = [
        storeroom.CountInput(
            line_id=line.id,
            counted=max(line.snapshot + (difference if line is lines[0] else 0), D(0)),
        )
        for line in lines
    ]
    for _ in range(2 if difference else 1):
        storeroom.enter_counts(stocktake_id=taking.id, lines=counted, by=keeper)
        storeroom.finish_counting(stocktake_id=taking.id, by=keeper)
    storeroom.approve_stocktake(stocktake_id=taking.id, reason="盘点", by=centre.desk["administrator"])


def hand_out(centre: Centre, which: int) -> None:
    """Review, prepare, and hand out by a second pharmacist."""
    if centre.sheets:
        sheet = centre.sheets[which % len(centre.sheets)].prescription_id
        by = centre.desk["pharmacist"]
        dispensing.review_prescription(prescription_id=sheet, checks=list(ReviewCheck), by=by)
        dispensing.prepare_prescription(prescription_id=sheet, by=by)
        dispensing.dispense_prescription(prescription_id=sheet, by=centre.desk["other_pharmacist"])


def one_step(centre: Centre, which: int, step: str, owed: int) -> None:
    """One act of the pharmacy on a prescription, fitting or not."""
    if not centre.sheets:
        return
    sheet = centre.sheets[which % len(centre.sheets)]
    number, other = sheet.prescription_id, centre.desk["other_pharmacist"]
    short = [OwedLineInput(item_id=sheet.lines[0].item_id, quantity=D(owed))] if owed else []
    acts = {
        "prepare": lambda by: dispensing.prepare_prescription(prescription_id=number, by=by),
        "put_back": lambda by: dispensing.put_back_prescription(prescription_id=number, by=by),
        "rehold": lambda by: dispensing.rehold_prescription(prescription_id=number, by=by),
        "give": lambda by: dispensing.dispense_prescription(prescription_id=number, owed=short, by=other),
        "rest": lambda by: dispensing.hand_out_rest(prescription_id=number, by=other),
    }
    acts[step](centre.desk["pharmacist"])


def set_apart(centre: Centre, place: str, which: int, quantity: int) -> None:
    """Some of a batch is set apart, or what was set apart goes back or is lost."""
    keeper = centre.desk["storekeeper"]
    with tenant_unit(centre.tenant_id):
        rows = lying.balances_at(centre.ids["locations"][place])
    if centre.apart and which % 2:
        storeroom.end_quarantine(quarantine_id=centre.apart.pop(), by=keeper)
    elif rows:
        made = storeroom.quarantine_stock(
            balance_id=rows[which % len(rows)].balance.id, quantity=D(quantity), reason="包装破损", by=keeper
        )
        centre.apart.append(made.id)


def call_back(centre: Centre, which: int) -> None:
    """A batch is recalled, or a recall ends."""
    keeper = centre.desk["storekeeper"]
    if centre.recalls and which % 3:
        storeroom.end_recall(recall_id=centre.recalls.pop(), reason="复检合格", by=keeper)
        return
    with tenant_unit(centre.tenant_id):
        rows = lying.balances_at(centre.ids["locations"]["pharmacy"])
    if rows:
        made = storeroom.recall_batch(batch_id=rows[which % len(rows)].batch.id, reason="厂家召回", by=keeper)
        centre.recalls.append(made.id)


def bring_back(centre: Centre, which: int, quantity: int) -> None:
    """Some of what was handed out comes back unopened."""
    if centre.sheets:
        sheet = centre.sheets[which % len(centre.sheets)]
        line = ReturnLineInput(item_id=sheet.lines[which % len(sheet.lines)].item_id, quantity=D(quantity))
        dispensing.return_drugs(
            prescription_id=sheet.prescription_id,
            lines=[line],
            reason="皮疹",
            is_intact=True,
            by=centre.desk["pharmacist"],
        )


def withdraw(centre: Centre, which: int) -> None:
    """The doctor takes a prescription back."""
    if centre.sheets:
        sheet = centre.sheets[which % len(centre.sheets)].prescription_id
        prescriptions.withdraw_prescription(prescription_id=sheet, by=centre.desk["doctor"])
