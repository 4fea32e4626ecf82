"""What the pharmacy of a furnished centre keeps: a scanned pack, a register row, ampoules, a change of shifts."""

from decimal import Decimal

from sqlalchemy import select
from support import world

from app.accounts.models import Account
from app.actor import Actor
from app.db import Mode, control_unit, db, tenant_unit
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.dispensing import queries
from modules.dispensing import services as dispensing
from modules.prescriptions.models import Prescription, Sheet


def hand_out(tenant_id: int, sheet_id: int, desk: dict[str, Actor], mark: str) -> None:
    """Hand a prepared sheet out as a red one: a pack is scanned, two people sign, an ampoule comes back."""
    handing, second = desk["pharmacist"], sign_in_name(desk["doctor"])
    with tenant_unit(tenant_id):
        task = queries.get_task(sheet_id)
        item_id = queries.task_view(task)[0].hold.item_id
    code = f"8100001{str(tenant_id)[-13:]}"
    dispensing.scan_code(prescription_id=sheet_id, code=code, item_id=item_id, by=handing)
    _make(tenant_id, sheet_id, Sheet.NARCOTIC)
    given = {"second_name": second, "second_password": world.PASSWORD, "by": handing}
    dispensing.dispense_prescription(prescription_id=sheet_id, **given)
    _make(tenant_id, sheet_id, Sheet.ORDINARY)
    with tenant_unit(tenant_id):
        entry = queries.list_register().rows[0]
        stock = queries.special_stock(task.location_id)
    dispensing.take_ampoules_back(
        entry_id=entry.id, quantity=Decimal(1), brought_by=f"{mark}护士", by=handing
    )
    counts = [
        dispensing.CountInput(balance_id=line.balance.id, counted=Decimal(0), reason=f"{mark}点差")
        for line in stock
    ]
    dispensing.hand_over_cupboard(location_id=task.location_id, lines=counts, **given)


def ask_back(tenant_id: int, visit_id: int, sheet_id: int, desk: dict[str, Actor], mark: str) -> None:
    """The doctor asks a drug back that was handed out; the pharmacy has not answered yet."""
    with tenant_unit(tenant_id):
        charge = charging_queries.charges_of_prescription(sheet_id)[0]
    asked = charging.AskedLineInput(charge_id=charge.id, quantity=Decimal(1))
    charging.request_refund(
        visit_id=visit_id,
        prescription_id=sheet_id,
        lines=[asked],
        reason=f"{mark}皮疹",
        by=desk["doctor"],
    )


def sign_in_name(actor: Actor) -> str:
    """The name that somebody of the test world signs in with."""
    with control_unit():
        name = db.session.scalar(select(Account.sign_in_name).where(Account.id == actor.account_id))
    return str(name)


def _make(tenant_id: int, sheet_id: int, sheet: Sheet) -> None:
    with tenant_unit(tenant_id, Mode.WRITE):
        db.session.get_one(Prescription, sheet_id).sheet = sheet
        db.session.commit()
