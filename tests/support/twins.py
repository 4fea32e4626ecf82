"""Two centres with the same work in them: one row, at least, of everything a centre keeps.

All that people may type as text carries the centre's own mark, so that a page which shows it betrays itself.
"""

import re
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from flask import current_app
from sqlalchemy import inspect, select
from support import distribution, invoices, pharmacies, reconciling, settlements, storerooms, world
from support.outpatients import COLD, FULL_RECORD, PHARYNGITIS, make_patient, register, session_of

from app import clock
from app.accounts import services as accounts
from app.accounts.models import Membership, SignIn
from app.actor import Actor, system_actor
from app.db import control_unit, db, tenant_unit
from app.db.scoped import TenantScoped
from app.jobs.services import start_job
from app.records import AuditRow, Delivery, EventRow
from app.use_cases import perform
from modules.catalogue import queries as catalogue
from modules.charging import queries as bills
from modules.charging import services as charging
from modules.charging.models import BenefitKind
from modules.clinic import services as clinic
from modules.clinic.rules.record import RecordText
from modules.dispensing import services as dispensing
from modules.dispensing.rules.review import ReviewCheck
from modules.patients import services as patients
from modules.patients.queries import id_check_digit
from modules.payments import services as payments
from modules.proving import services as proving
from modules.registration import queries as visits
from modules.registration import services as registration
from modules.reports import services as reports
from tenants.services import change_settings

CHECKS = [check.value for check in ReviewCheck]


def furnish(centre: dict[str, Any], mark: str, serial: int) -> dict[str, Any]:
    """Play a morning in a centre; returns what was typed that only this centre knows."""
    desk = {role: world.actor(centre, role) for role in world.STAFF}
    registrar, doctor = desk["registrar"], desk["doctor"]
    typed = _person(mark, serial)
    patient = make_patient(registrar, **typed)
    _file(patient.id, desk, mark)
    _schedule(centre, desk, mark)
    paid = _consultation(centre, patient, desk, mark, is_signed=True)
    _money_and_drugs(paid, desk, mark)
    other = make_patient(registrar, name=f"{mark}乙丁")
    _consultation(centre, other, desk, mark, is_signed=False)
    waiting = make_patient(registrar, name=f"{mark}丙戊")
    register(centre, waiting, registrar=registrar, doctor=doctor)
    _appointment(centre, waiting.id, desk)
    _payments(other.id, desk, mark)
    _checkouts(centre, desk, mark)
    storerooms.furnish(centre, desk, mark)
    distribution.furnish(centre, desk, mark)
    invoices.furnish(centre, desk, mark)
    reconciling.furnish(centre, desk, mark)
    patients.propose_merge(survivor_id=patient.id, merged_id=other.id, reason=f"{mark}同名", by=registrar)
    patients.bring_list(name=f"{mark}.csv", text=f"姓名,性别\n{mark}己,不明\n", by=desk["administrator"])
    closed = charging.close_shift(
        counted_cash=Decimal(100), difference_reason=f"{mark}差额", by=desk["cashier"]
    )
    charging.confirm_shift(
        shift_id=closed.id, received_cash=Decimal(1), note=f"{mark}少款", by=desk["accountant"]
    )
    charging.open_shift(float_amount=Decimal(100), by=desk["cashier"])
    storerooms.furnish_plan(centre, desk)
    _long_work(centre["tenant_id"], desk)
    _proof(desk, mark)
    accounts.create_program(
        sign_in_name=f"program.{serial}",
        display_name=mark,
        roles=["doctor"],
        by=desk["security_administrator"],
    )
    return typed


def _long_work(tenant_id: int, desk: dict[str, Actor]) -> None:
    by = system_actor(tenant_id, origin="job")
    reports.begin_day(by=by)
    reports.pursue(tenant_id)
    start_job(kind="accounts.trail.verify", arguments={}, by=desk["auditor"])
    current_app.extensions["his_jobs"].finish()


def _proof(desk: dict[str, Actor], mark: str) -> None:
    """A night on which something did not add up."""
    night = proving.begin_night(by=desk["accountant"])
    found = proving.FoundInput(name=f"{mark}恒等式", left="1", right="2")
    by = system_actor(desk["accountant"].tenant_id, origin="job")
    proving.note_night(night_id=night.id, begun_at=clock.now(), findings=[found], by=by)


def _person(mark: str, serial: int) -> dict[str, Any]:
    first_17 = f"11010119800517{serial:03d}"
    return {
        "name": f"{mark}甲丙",
        "sex": "1",
        "born_on": date(1980, 5, 17),
        "document_number": first_17 + id_check_digit(first_17),
        "phone": f"139{serial:04d}5678",
        "address": f"{mark}路{serial}号",
        "guardian_name": f"{mark}父",
        "guardian_phone": f"138{serial:04d}8765",
    }


def _file(patient_id: int, desk: dict[str, Actor], mark: str) -> None:
    registrar = desk["registrar"]
    patients.record_allergy(patient_id=patient_id, kind="food", substance=f"{mark}果", by=registrar)
    guardian = {
        "requested_by": "guardian",
        "requester_name": f"{mark}父",
        "requester_document": "990000198001011239",
    }
    asked = {"patient_id": patient_id, "purpose": f"{mark}留存", **guardian}
    patients.ask_copy(**asked, by=registrar)
    patients.ask_correction(**asked, field="occupation", wish=f"{mark}师", evidence="工作证", by=registrar)
    patients.issue_card(patient_id=patient_id, kind="clinic", number=f"K{patient_id % 10**9}", by=registrar)


def _schedule(centre: dict[str, Any], desk: dict[str, Actor], mark: str) -> None:
    administrator, doctor = desk["administrator"], desk["doctor"]
    registration.save_template(
        weekday=2,
        shift="morning",
        starts_at=time(8),
        ends_at=time(12),
        department_id=centre["departments"]["general"],
        practitioner_id=doctor.practitioner_id,
        room=mark[:2],
        by=administrator,
    )
    clinic.save_template(name=f"{mark}模板", record=_record(mark), by=doctor)
    clinic.save_phrase(part="chief_complaint", text=f"{mark}短语", by=doctor)


def _record(mark: str) -> RecordText:
    return replace(FULL_RECORD, chief_complaint=f"{mark}咳嗽3天", present_illness=f"{mark}无发热。")


def _consultation(
    centre: dict[str, Any], patient: Any, desk: dict[str, Actor], mark: str, *, is_signed: bool
) -> dict[str, int]:
    doctor = desk["doctor"]
    visit = register(centre, patient, registrar=desk["registrar"], doctor=doctor)
    clinic.record_vital_signs(visit_id=visit.id, vitals={"temperature": "36.8"}, by=desk["triage_nurse"])
    encounter = clinic.begin_encounter(visit_id=visit.id, by=doctor)
    saved = clinic.save_record(
        visit_id=visit.id,
        revision=encounter.revision,
        record=_record(mark),
        diagnoses=[COLD, PHARYNGITIS],
        by=doctor,
    )
    with tenant_unit(centre["tenant_id"]):
        drug = catalogue.search_drugs("D0001")[0]
    sheet = perform(
        "prescriptions.sign_prescription",
        {
            "visit_id": visit.id,
            "lines": [{"drug_id": drug.id, "dose": "0.5", "route": "po", "frequency": "tid", "days": 3}],
            "reasons": [],
        },
        by=doctor,
    )
    if is_signed:
        clinic.complete_visit(
            visit_id=visit.id,
            revision=saved.revision,
            record=_record(mark),
            diagnoses=[COLD, PHARYNGITIS],
            by=doctor,
        )
    return {"visit_id": visit.id, "sheet_id": sheet.id, "tenant_id": centre["tenant_id"]}


def _money_and_drugs(paid: dict[str, int], desk: dict[str, Actor], mark: str) -> None:
    cashier, handing = desk["cashier"], desk["pharmacist"]
    charging.open_shift(float_amount=Decimal(100), by=cashier)
    with tenant_unit(paid["tenant_id"]):
        bill = bills.find_bill(paid["visit_id"])
        assert bill is not None
    _reductions(bill, desk, mark)
    _package(bill, desk, mark)
    with tenant_unit(paid["tenant_id"]):
        due = bills.bill_view(bill.id).due_amount
    settled = perform(
        "charging.settle_bill",
        {"bill_id": bill.id, "expected_amount": due, "tenders": [{"method": "cash", "amount": due}]},
        by=cashier,
    )
    charging.print_receipt(settlement_id=settled.id, by=cashier)
    sheet_id = paid["sheet_id"]
    perform("dispensing.review_prescription", {"prescription_id": sheet_id, "checks": CHECKS}, by=handing)
    dispensing.prepare_prescription(prescription_id=sheet_id, by=desk["other_pharmacist"])
    pharmacies.hand_out(paid["tenant_id"], sheet_id, desk, mark)
    pharmacies.ask_back(paid["tenant_id"], paid["visit_id"], sheet_id, desk, mark)


def _reductions(bill: Any, desk: dict[str, Actor], mark: str) -> None:
    """A rule that helps who is entitled, and a line reduced by hand."""
    cashier, office = desk["cashier"], desk["administrator"]
    change_settings(settings={"reduces_by_rule": True}, by=office)
    charging.add_reduction_rule(
        name=f"{mark}减免",
        benefit=BenefitKind.DISABLED,
        percent=Decimal(10),
        valid_from=clock.today(),
        basis=f"{mark}文件",
        by=office,
    )
    charging.enter_benefit(
        patient_id=bill.patient_id,
        kind=BenefitKind.DISABLED,
        evidence=f"{mark}证",
        valid_from=clock.today(),
        by=cashier,
    )
    with tenant_unit(cashier.tenant_id or 0):
        unpaid = bills.bill_view(bill.id).unpaid
    charging.waive_charge(charge_id=unpaid[0].id, amount=Decimal("0.10"), reason=f"{mark}困难", by=cashier)


def _package(bill: Any, desk: dict[str, Actor], mark: str) -> None:
    """A package on the price list and on a bill, and an item that is limited."""
    office = desk["administrator"]
    with tenant_unit(office.tenant_id or 0):
        item = next(row for row in catalogue.all_services() if row.code == "X0019")
    package = charging.add_package(
        code=f"T{mark}",
        name=f"{mark}套餐",
        members=[charging.MemberInput(item_id=item.id)],
        reason=f"{mark}文件",
        by=office,
    )
    charging.set_limit(
        item_kind=bills.ItemKind.SERVICE, item_id=item.id, most=9, reason=f"{mark}规定", by=office
    )
    charge = charging.add_charge(bill_id=bill.id, item_id=package.id, by=desk["cashier"])
    charging.void_charge(charge_id=charge.id, reason=f"{mark}误录", by=desk["cashier"])


def _payments(patient_id: int, desk: dict[str, Actor], mark: str) -> None:
    """An account that paid and got something back, and an order whose code waits to be scanned."""
    cashier = desk["cashier"]
    payments.top_up(patient_id=patient_id, amount=Decimal(100), reason=f"{mark}预存", by=cashier)
    asked: dict[str, Any] = {
        "subject_kind": "tests_bill",
        "amount": Decimal(60),
        "description": f"{mark}费用",
        "patient_id": patient_id,
    }
    order = perform(
        "payments.open_order",
        {**asked, "subject_id": 1, "channel": "prepaid"},
        by=cashier,
    )
    payments.pay_from_account(order_id=order.id, by=cashier)
    payments.open_refund(order_id=order.id, amount=Decimal(20), reason=f"{mark}退药", by=cashier)
    payments.set_up_merchant(
        channel="wechat",
        merchant_no="M1001",
        base_url="https://channel.example",
        secret=f"sixteen or more {mark}",
        by=desk["administrator"],
    )
    shown = perform(
        "payments.open_order", {**asked, "subject_id": 2, "channel": "wechat", "way": "qr"}, by=cashier
    )
    payments.begin_qr(order_id=shown.id, by=cashier)


def _checkouts(centre: dict[str, Any], desk: dict[str, Actor], mark: str) -> None:
    """A bill whose payer is waited for, and one that the insurer has settled."""
    registrar, doctor = desk["registrar"], desk["doctor"]
    payer = make_patient(registrar, name=f"{mark}壬癸")
    waiting = register(centre, payer, registrar=registrar, doctor=doctor)
    insured = make_patient(registrar, name=f"{mark}庚辛")
    seen = _consultation(centre, insured, desk, mark, is_signed=True)
    settlements.furnish(centre, desk, mark, waiting.id, seen["visit_id"])


def _appointment(centre: dict[str, Any], patient_id: int, desk: dict[str, Actor]) -> None:
    with clock.at(clock.now() + timedelta(days=1)):
        morning = session_of(centre, desk["doctor"])
    with tenant_unit(centre["tenant_id"]):
        slot = visits.list_slots([morning.id])[0]
    registration.publish_session(session_id=morning.id, by=desk["administrator"])
    registration.book_appointment(patient_id=patient_id, slot_id=slot.id, by=desk["registrar"])


def tables() -> list[Any]:
    """The models of a centre's tables that have keys of their own."""
    found = [mapper.class_ for mapper in db.Model.registry.mappers if issubclass(mapper.class_, TenantScoped)]
    return sorted((model for model in found if hasattr(model, "id")), key=lambda model: model.__tablename__)


def keys_of(centre: dict[str, Any]) -> dict[str, list[int]]:
    """Table → every key in it, as the database has them: the centre's tables, its trail and outbox, its accounts."""
    tenant_id = centre["tenant_id"]
    with tenant_unit(tenant_id):
        found = {model.__tablename__: _keys(select(model.id)) for model in tables()}
        for model in (AuditRow, EventRow, Delivery):
            found[model.__tablename__] = _keys(select(model.id).where(model.tenant_id == tenant_id))
    with control_unit():
        accounts_here = select(Membership.account_id).where(Membership.tenant_id == tenant_id)
        found["accounts_account"] = _keys(accounts_here)
        found["accounts_membership"] = _keys(select(Membership.id).where(Membership.tenant_id == tenant_id))
        found["accounts_sign_in"] = _keys(select(SignIn.id).where(SignIn.account_id.in_(accounts_here)))
    return found


def _keys(statement: Any) -> list[int]:
    return sorted(db.session.scalars(statement))


def contents(centre: dict[str, Any]) -> dict[str, list[str]]:
    """Table → its rows as text, for comparing before and after."""
    with tenant_unit(centre["tenant_id"]):
        return {
            model.__tablename__: [
                str(tuple(row)) for row in db.session.execute(select(*_columns(model)).order_by(model.id))
            ]
            for model in tables()
        }


def keys_stored(centre: dict[str, Any], wanted: set[int]) -> list[str]:
    """Where in a centre's tables one of these keys stands, in a column of its own or inside a document."""
    digits = {str(key) for key in wanted}
    found = []
    with tenant_unit(centre["tenant_id"]):
        for model in tables():
            for row in db.session.execute(select(*_columns(model))):
                for column, value in zip(_columns(model), row, strict=True):
                    if digits & set(re.findall(r"\d{15,}", str(value))):
                        found.append(f"{model.__tablename__}.{column.key}")
    return sorted(set(found))


def _columns(model: Any) -> list[Any]:
    mapper = inspect(model)
    return [getattr(model, attribute.key) for attribute in mapper.column_attrs]
