"""Doctors ask for refunds; the pharmacy confirms by what comes back, or refuses."""

from decimal import Decimal
from random import Random

from machine.centre import Centre

from app.db import tenant_unit
from modules.charging import queries as bills
from modules.charging import services as charging
from modules.charging.models import Charge, ChargeStatus
from modules.charging.services import AskedLineInput
from modules.dispensing import services as dispensing
from modules.prescriptions.events import PrescriptionSigned

D = Decimal


def ask_back(centre: Centre, dice: Random) -> None:
    """A prescription is asked back, whole or a line of it: rather one that is paid."""
    found = [(sheet, line) for sheet in centre.sheets for line in _lines_of(centre, sheet)]
    paid = [one for one in found if one[1].status == ChargeStatus.PAID]
    if not found:
        return
    sheet, line = dice.choice(paid if paid and dice.random() < 0.8 else found)
    wanted = {"is_whole": True}
    if dice.random() < 0.5:
        wanted = {"lines": [AskedLineInput(charge_id=line.id, quantity=D(dice.randint(1, 30)))]}
    request = charging.request_refund(
        visit_id=sheet.visit_id,
        prescription_id=sheet.prescription_id,
        reason="皮疹",
        by=centre.desk["doctor"],
        **wanted,
    )
    centre.requests.append(request.id)


def _lines_of(centre: Centre, sheet: PrescriptionSigned) -> list[Charge]:
    with tenant_unit(centre.tenant_id):
        bill = bills.find_bill(sheet.visit_id)
        assert bill is not None
        return [one for one in bills.charges_of(bill.id) if one.prescription_id == sheet.prescription_id]


def answer(centre: Centre, dice: Random) -> None:
    """It is taken back, or refused."""
    if not centre.requests:
        return
    request_id = dice.choice(centre.requests[-4:])
    if dice.random() < 0.5:
        charging.withdraw_refund_request(request_id=request_id, by=centre.desk["doctor"])
    else:
        with tenant_unit(centre.tenant_id):
            asked = bills.get_request(request_id)
        by = centre.desk["pharmacist"]
        dispensing.refuse_return(prescription_id=asked.prescription_id, reason="已拆封", by=by)
