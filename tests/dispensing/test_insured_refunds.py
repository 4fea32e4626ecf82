"""What lies ready at the pharmacy while an insurer is asked to cancel what paid for it."""

from decimal import Decimal
from typing import Any

import pytest
from support import outpatients
from support.insurer import NUMBER, connected, insurer, insurer_address

from app.actor import Actor
from app.db import tenant_unit
from app.use_cases import perform
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.charging.errors import CheckoutUnderway
from modules.charging.models import Bill
from modules.charging.services import RefundLineInput, TenderInput, conduct
from modules.dispensing import services
from modules.dispensing.errors import AlreadyPrepared, RefundBegunAlready
from modules.insurance import services as insurance
from modules.prescriptions import queries as prescriptions
from modules.prescriptions.events import PrescriptionSigned

__all__ = ["connected", "insurer", "insurer_address"]

D = Decimal


@pytest.fixture
def signed(
    ours: dict[str, Any],
    registrar: Actor,
    doctor: Actor,
    cashier: Actor,
    connected: None,
    insurer: Any,
    make_stock: Any,
    prescribe: Any,
) -> PrescriptionSigned:
    """A prescription that an insurer and the patient have paid."""
    make_stock("D0001", 600)
    encounter = outpatients.open_encounter(ours, registrar=registrar, doctor=doctor)
    with tenant_unit(ours["tenant_id"]):
        bill = charging_queries.find_bill(encounter.visit_id)
    assert bill is not None
    sheet: PrescriptionSigned = prescribe(("D0001", 300), bill=bill)
    insurance.read_person(
        patient_id=bill.patient_id, card_type="02", card_no=NUMBER, name="王测试", by=cashier
    )
    _settle(bill, cashier)
    return sheet


def test_what_lies_ready_is_put_back_before_the_insurer_is_asked(
    signed: PrescriptionSigned, ours: dict[str, Any], cashier: Actor, pharmacist: Actor, prepare: Any
) -> None:
    prepare(signed)
    with pytest.raises(AlreadyPrepared):
        _begin_refund(signed, ours, cashier)
    services.put_back_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    assert not conduct.refund(_begin_refund(signed, ours, cashier), by=cashier).is_open


def test_nothing_is_prepared_while_the_insurer_is_asked(
    signed: PrescriptionSigned,
    ours: dict[str, Any],
    cashier: Actor,
    pharmacist: Actor,
    review: Any,
    books_hold: Any,
) -> None:
    review(signed)
    begun = _begin_refund(signed, ours, cashier)
    with pytest.raises(RefundBegunAlready):
        services.prepare_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    charging.give_up_refund(checkout_id=begun, by=cashier)
    services.prepare_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    assert books_hold()


def _begin_refund(signed: PrescriptionSigned, ours: dict[str, Any], by: Actor) -> int:
    with tenant_unit(ours["tenant_id"]):
        bill = charging_queries.find_bill(signed.visit_id)
        assert bill is not None
        seen = charging_queries.bill_view(bill.id)
    (charge,) = [charge for charge in seen.charges if charge.prescription_id == signed.prescription_id]
    line = RefundLineInput(charge_id=charge.id, quantity=charge.quantity)
    receipt = seen.refundable[-1].id
    return charging.begin_refund(settlement_id=receipt, lines=[line], reason="患者退药", by=by).id


def _settle(bill: Bill, by: Actor) -> None:
    with tenant_unit(bill.tenant_id):
        due = charging_queries.bill_view(bill.id).due_amount
    begun = charging.begin_checkout(bill_id=bill.id, expected_amount=due, is_insured=True, by=by)
    shown = conduct.reckon(begun.id, by=by)

    def agree(msgid: str) -> Any:
        told = {
            "checkout_id": shown.id,
            "expected_personal": shown.personal_amount,
            "tenders": [TenderInput(method="cash", amount=shown.personal_amount)],
            "insurance_id": shown.insurance_id,
            "msgid": msgid,
        }
        return perform("charging.confirm_checkout", told, by=by)

    assert not conduct.settle(shown.id, agree, insurance_id=shown.insurance_id, by=by).is_open


def test_what_a_doctor_asks_back_goes_through_the_insurer_and_ends_the_request(
    signed: PrescriptionSigned,
    ours: dict[str, Any],
    doctor: Actor,
    cashier: Actor,
    review: Any,
    pharmacist: Actor,
    books_hold: Any,
) -> None:
    review(signed)
    request = charging.request_refund(
        visit_id=signed.visit_id,
        prescription_id=signed.prescription_id,
        is_whole=True,
        reason="患者皮疹",
        by=doctor,
    )
    begun = _begin_refund(signed, ours, cashier)
    with pytest.raises(CheckoutUnderway):
        charging.withdraw_refund_request(request_id=request.id, by=doctor)
    charging.give_up_refund(checkout_id=begun, by=cashier)
    with pytest.raises(RefundBegunAlready):  # the request is still open
        services.prepare_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    assert not conduct.refund(_begin_refund(signed, ours, cashier), by=cashier).is_open
    with tenant_unit(ours["tenant_id"]):
        ended = charging_queries.get_request(request.id)
        sheet = prescriptions.get_prescription(signed.prescription_id)
    assert (ended.state.value, sheet.status.value) == ("refunded", "voided")
    assert ended.mirror_id is not None
    assert books_hold()
