"""One resident's visit as people at the desks play it: a generator that says how many minutes pass to its next act."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

from app import clock
from app.db import tenant_unit
from modules.charging import queries as bills
from modules.clinic import queries as clinic_queries
from modules.clinic import services as clinic
from modules.demo.rules.complaints import Complaint, fitting
from modules.demo.services.district import Centre, play
from modules.demo.services.paying import give_back, pay
from modules.demo.services.people import Resident
from modules.demo.services.town import Known, Town
from modules.dispensing import services as dispensing
from modules.patients import services as patients
from modules.registration import services as registration

CHECKS = [check.value for check in dispensing.ReviewCheck]
DRUGS = bills.ChargeSource.PRESCRIPTION_ITEM


def open_file(town: Town, resident: Resident) -> Known:
    """The registrar opens a file; whoever is allergic says so."""
    registrar = town.centre.actor("registrar")
    cost_type = town.dice.choice(("self", "resident", "resident", "employee"))
    patient = play(
        "patients.create_patient",
        name=resident.name,
        document_number=resident.id_number,
        phone=resident.phone,
        address=resident.address,
        guardian_name=f"{resident.name[0]}家长",
        cost_type=cost_type,
        has_no_known_allergies=not resident.is_penicillin_allergic,
        is_another_person=True,
        by=registrar,
    )
    if resident.is_penicillin_allergic:
        patients.record_allergy(
            patient_id=patient.id, substance="青霉素", keys=["penicillin"], reaction="皮疹", by=registrar
        )
    if town.outside is not None:
        town.outside.insure(resident.id_number, resident.name, cost_type)
    known = Known(resident, patient.id, cost_type)
    town.people.append(known)
    return known


def visit(town: Town, known: Known) -> Iterator[int]:
    """Registration, consultation, payment, pharmacy; some leave before the end, as people do."""
    centre, dice = town.centre, town.dice
    known.last_visit_on = clock.today()
    years = (clock.today() - known.resident.born_on).days // 365
    account = _choose_doctor(centre, dice, years)
    complaint = dice.choices(
        options := fitting(years, is_herbal_clinic=account == "tcm"), [option.weight for option in options]
    )[0]
    doctor = centre.actor(account)
    arrived = registration.register_visit(
        patient_id=known.patient_id,
        department_id=centre.departments[centre.people[account].plan.department],
        by=centre.actor(dice.choice(("registrar", "cashier2"))),
    )
    yield dice.randint(5, 30)
    if dice.random() < 0.02:
        registration.cancel_visit(visit_id=arrived.id, reason="患者有事离开", by=centre.actor("registrar"))
        return
    called = registration.call_visit(
        visit_id=arrived.id, by=_doctor_of(centre, arrived.practitioner_id, doctor)
    )
    doctor = _doctor_of(centre, called.practitioner_id, doctor)
    yield dice.randint(1, 4)
    sheets = _consult(town, known, arrived.id, complaint, doctor, years)
    yield from _finish(town, known, arrived.id, complaint, doctor, years)
    yield dice.randint(3, 12)
    if dice.random() < 0.02:
        return  # leaves without paying; what was held is freed when the prescription expires
    yield from pay(town, known, arrived.id)
    yield dice.randint(2, 8)
    for sheet_id in sheets:
        yield from _at_the_pharmacy(town, arrived.id, sheet_id)


def _choose_doctor(centre: Centre, dice: random.Random, years: int) -> str:
    if not 8 <= clock.local(clock.now()).hour < 18:
        return "doctor2"
    if years < 14:
        return "child"
    return dice.choices(("doctor", "doctor2", "doctor3", "tcm"), (4, 4, 3, 1.2))[0]


def _doctor_of(centre: Centre, practitioner_id: int | None, otherwise: Any) -> Any:
    found = (person.actor for person in centre.people.values() if person.practitioner_id == practitioner_id)
    return next(found, otherwise)


def _consult(
    town: Town, known: Known, visit_id: int, complaint: Complaint, doctor: Any, years: int
) -> list[int]:
    """Encounter, draft record with diagnoses, prescription. Who still has drugs at home gets advice only."""
    encounter = clinic.begin_encounter(visit_id=visit_id, by=doctor)
    play(
        "clinic.save_record",
        visit_id=visit_id,
        revision=encounter.revision,
        record=_record(complaint, known.resident, years),
        diagnoses=[{"code": code} for code in complaint.diagnoses],
        vitals=_vitals(town.dice, years, complaint),
        by=doctor,
    )
    if known.supplied_until and known.supplied_until >= clock.today():
        return []
    days = max(use.days for use in complaint.drugs)
    known.supplied_until = date.fromordinal(clock.today().toordinal() + days)
    if complaint.is_herbal:
        sheet = play(
            "prescriptions.sign_herbal_prescription",
            visit_id=visit_id,
            herbs=[{"drug_id": town.drug_ids[use.code], "grams": use.dose} for use in complaint.drugs],
            heading={"doses": complaint.doses, "decoction": town.dice.choice(("self", "clinic"))},
            by=doctor,
        )
    else:
        sheet = play(
            "prescriptions.sign_prescription",
            visit_id=visit_id,
            lines=[_line(town, use) for use in complaint.drugs],
            by=doctor,
        )
    return [sheet.id]


def _line(town: Town, use: Any) -> dict[str, Any]:
    return {
        "drug_id": town.drug_ids[use.code],
        "dose": use.dose,
        "route": use.route,
        "frequency": use.frequency,
        "days": use.days,
    }


def _finish(
    town: Town, known: Known, visit_id: int, complaint: Complaint, doctor: Any, years: int
) -> Iterator[int]:
    yield town.dice.randint(2, 6)
    with tenant_unit(town.centre.tenant_id):
        revision = clinic_queries.get_encounter(visit_id).revision
    play(
        "clinic.complete_visit",
        visit_id=visit_id,
        revision=revision,
        record=_record(complaint, known.resident, years),
        diagnoses=[{"code": code} for code in complaint.diagnoses],
        vitals=_vitals(town.dice, years, complaint),
        by=doctor,
    )


def _at_the_pharmacy(town: Town, visit_id: int, sheet_id: int) -> Iterator[int]:
    centre, dice = town.centre, town.dice
    chance = dice.random()
    if chance < 0.015:
        yield from give_back(town, visit_id, DRUGS, "患者退药")
        return
    preparing, handing = centre.actor("pharmacist2"), centre.actor("pharmacist")
    if not centre.plan.is_single_pharmacist:
        play("dispensing.review_prescription", prescription_id=sheet_id, checks=CHECKS, by=handing)
        yield 2
        dispensing.prepare_prescription(prescription_id=sheet_id, by=preparing)
        yield dice.randint(1, 4)
    dispensing.dispense_prescription(prescription_id=sheet_id, by=handing)
    if chance < 0.025:
        yield 15
        yield from _bring_back(town, visit_id, sheet_id)


def _bring_back(town: Town, visit_id: int, sheet_id: int) -> Iterator[int]:
    """The patient brings unopened drugs back; the pharmacy takes them, the cashier gives the money back."""
    with tenant_unit(town.centre.tenant_id):
        charges = bills.charges_of_prescription(sheet_id)
    lines = [
        {"item_id": charge.source_id, "quantity": charge.quantity}
        for charge in charges
        if charge.source_kind == DRUGS
    ]
    if not lines:
        return
    play(
        "dispensing.return_drugs",
        prescription_id=sheet_id,
        lines=lines,
        reason="患者不适停药",
        is_intact=True,
        by=town.centre.actor("pharmacist"),
    )
    yield from give_back(town, visit_id, DRUGS, "患者退药")


def _record(complaint: Complaint, resident: Resident, years: int) -> dict[str, Any]:
    asked = {"is_pregnant": False, "is_lactating": False} if resident.is_female and 15 <= years < 50 else {}
    return {
        **asked,
        "kind": "first",
        "chief_complaint": complaint.chief,
        "present_illness": complaint.illness,
        "past_history": "否认手术、外伤及输血史。",
        "physical_exam": complaint.signs,
        "treatment_advice": complaint.advice,
    }


def _vitals(dice: random.Random, years: int, complaint: Complaint) -> dict[str, Any]:
    values: dict[str, Any] = {"temperature": f"{dice.uniform(36.2, 37.0):.1f}", "pulse": dice.randint(64, 92)}
    if years >= 14:
        raised = "I10.x00x002" in complaint.diagnoses
        values["systolic"] = dice.randint(128, 158) if raised else dice.randint(108, 134)
        values["diastolic"] = dice.randint(78, 96) if raised else dice.randint(66, 84)
    return values
