"""Signing a prescription: quantities are computed, and what may not stand is refused by the service."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from support.outpatients import FULL_RECORD, make_patient

from app import clock
from app.actor import Actor, system_actor
from app.db import db, tenant_unit
from app.db.statements import count_statements
from app.errors import InvalidInput, PermissionDenied
from app.records import EventRow
from app.use_cases import command, perform
from modules.catalogue.models import Drug
from modules.catalogue.services import change_drug_limits
from modules.clinic.models import Encounter
from modules.clinic.rules.record import RecordText
from modules.clinic.services import complete_visit
from modules.patients.services import decide_merge, propose_merge, record_allergy
from modules.prescriptions import errors, queries, services
from modules.prescriptions.models import Item, Prescription, Sheet, SkinTestMark, Status
from modules.prescriptions.rules.lines import DrugLine, FindingReason
from modules.prescriptions.rules.states import PrescriptionState
from tenants.services import change_practitioner

MakeEncounter = Callable[..., Encounter]
MakeLine = Callable[..., DrugLine]


@pytest.fixture
def sign(make_encounter: MakeEncounter, doctor: Actor) -> Callable[..., Prescription]:
    def do(*lines: DrugLine, encounter: Encounter | None = None, **given: Any) -> Prescription:
        by = given.pop("by", doctor)
        visit_id = (encounter or make_encounter()).visit_id
        return services.sign_prescription(visit_id=visit_id, lines=list(lines), by=by, **given)

    return do


Sign = Callable[..., Prescription]


def _items(prescription: Prescription, by: Actor) -> list[Item]:
    with tenant_unit(by.tenant_id or 0):
        return queries.list_items(prescription)


def _reason(prescription_error: errors.WarningNeedsReason) -> str:
    return str(prescription_error.details["findings"])


# How much to dispense


def test_the_quantity_follows_from_dose_frequency_and_days(
    sign: Sign, make_line: MakeLine, doctor: Actor
) -> None:
    signed = sign(make_line("阿莫西林胶囊", "0.5", days=7))
    item = _items(signed, doctor)[0]
    assert (item.quantity, item.min_unit, item.packs) == (Decimal(42), "粒", None)


def test_a_pack_that_may_not_be_opened_is_given_whole(
    sign: Sign, make_line: MakeLine, doctor: Actor, drugs: dict[str, Drug], ours: dict[str, Any]
) -> None:
    drug = drugs["阿莫西林胶囊"]
    change_drug_limits(
        drug_id=drug.id, version=drug.version, is_splittable=False, by=system_actor(ours["tenant_id"])
    )
    item = _items(sign(make_line("阿莫西林胶囊", "0.5", days=7)), doctor)[0]
    assert (item.quantity, item.packs) == (Decimal(48), 2)


def test_as_needed_the_doctor_types_the_quantity(sign: Sign, make_line: MakeLine, doctor: Actor) -> None:
    line = make_line("对乙酰氨基酚片", "0.5", frequency="prn", quantity=Decimal(6))
    assert _items(sign(line), doctor)[0].quantity == Decimal(6)
    with pytest.raises(errors.QuantityMissing) as refusal:
        sign(make_line("对乙酰氨基酚片", "0.5", frequency="prn"))
    assert refusal.value.field == "lines-0-quantity"


def test_a_quantity_that_is_computed_cannot_be_typed(sign: Sign, make_line: MakeLine) -> None:
    with pytest.raises(errors.QuantityIsComputed):
        sign(make_line("阿莫西林胶囊", "0.5", quantity=Decimal(90)))


# The sheet (B6)


def test_a_signed_sheet_tells_what_charging_and_the_pharmacy_need(
    sign: Sign, make_line: MakeLine, reading: None
) -> None:
    signed = sign(make_line("阿莫西林胶囊", "0.5"), make_line("盐酸溴己新片", "8"))
    told = db.session.scalars(select(EventRow).where(EventRow.name == "PrescriptionSigned")).one()
    assert told.payload["number"] == signed.number
    assert told.payload["kind"] == "western"
    assert [
        (line["drug_code"], line["quantity"], line["is_whole_packs"]) for line in told.payload["lines"]
    ] == [
        ("D0001", "18", False),
        ("D0075", "9", False),
    ]
    assert (signed.status, signed.sheet, signed.revision) == (Status.SUBMITTED, Sheet.ORDINARY, 1)
    assert signed.valid_until == clock.day_bounds(clock.today())[1]
    assert len(signed.digest) == 64


def test_a_child_gets_the_green_sheet_and_an_emergency_the_yellow_one(
    sign: Sign, make_line: MakeLine, make_encounter: MakeEncounter
) -> None:
    child = make_encounter(born_on=date(2020, 1, 1), guardian_name="王家长", guardian_phone="19900000001")
    assert sign(make_line("阿莫西林胶囊", "0.25"), encounter=child).sheet is Sheet.PAEDIATRIC
    assert sign(make_line("阿莫西林胶囊", "0.25"), is_emergency=True).sheet is Sheet.EMERGENCY


def test_at_most_five_drugs(sign: Sign, make_line: MakeLine) -> None:
    names = ["阿莫西林胶囊", "盐酸溴己新片", "蒙脱石散", "小檗碱片", "多潘立酮片", "氢氯噻嗪片"]
    assert sign(*(make_line(name) for name in names[:5])).status is Status.SUBMITTED
    with pytest.raises(errors.TooManyLines):
        sign(*(make_line(name) for name in names))


def test_an_empty_sheet_is_refused(sign: Sign) -> None:
    with pytest.raises(errors.NoLines):
        sign()


def test_herbs_stand_apart(sign: Sign, make_line: MakeLine) -> None:
    with pytest.raises(errors.HerbsMixed):
        sign(make_line("阿莫西林胶囊"), make_line("黄芪(饮片)", "15"))
    with pytest.raises(errors.HerbsMixed):
        sign(make_line("黄芪(饮片)", "15"))


def test_no_prescription_without_a_diagnosis(
    sign: Sign, make_line: MakeLine, make_encounter: MakeEncounter
) -> None:
    with pytest.raises(errors.DiagnosisMissing):
        sign(make_line("阿莫西林胶囊"), encounter=make_encounter(diagnoses=()))


@pytest.mark.parametrize(("days", "is_emergency", "limit"), [(8, False, 7), (4, True, 3)])
def test_a_long_course_needs_a_written_reason(
    days: int, is_emergency: bool, limit: int, sign: Sign, make_line: MakeLine
) -> None:
    line = make_line("盐酸溴己新片", "8", days=days)
    with pytest.raises(errors.DaysNeedReason) as refusal:
        sign(line, is_emergency=is_emergency)
    assert refusal.value.details["days"] == limit
    assert sign(line, is_emergency=is_emergency, long_reason="慢性病，病情稳定").long_reason


@pytest.mark.parametrize("remark", ["遵医嘱", "遵 医嘱服用", "自用", "As directed"])
def test_words_that_say_nothing_are_refused(remark: str, sign: Sign, make_line: MakeLine) -> None:
    with pytest.raises(errors.EmptyWords):
        sign(make_line("盐酸溴己新片", "8", remark=remark))


def test_drugs_of_one_infusion_share_route_frequency_and_days(sign: Sign, make_line: MakeLine) -> None:
    lines = [make_line("注射用头孢曲松钠", group_no=1), make_line("甘露醇注射液", group_no=1)]
    with pytest.raises(errors.GroupMixed):
        sign(*lines)


def test_an_unknown_drug_or_usage_is_refused_on_its_line(sign: Sign, make_line: MakeLine) -> None:
    good = make_line("盐酸溴己新片", "8")
    with pytest.raises(errors.DrugNotInUse) as refusal:
        sign(good, DrugLine(**{**_values(good), "drug_id": 1}))
    assert refusal.value.field == "lines-1-drug_id"
    with pytest.raises(errors.UsageUnknown) as refusal2:
        sign(DrugLine(**{**_values(good), "route": "xx"}))
    assert refusal2.value.field == "lines-0-route"
    with pytest.raises(errors.UsageUnknown):
        sign(DrugLine(**{**_values(good), "frequency": "xx"}))


def _values(line: DrugLine) -> dict[str, Any]:
    return asdict(line)


@pytest.mark.parametrize(
    ("field", "value"), [("dose", "0"), ("dose", "-1"), ("days", 0), ("days", 85), ("dose", "many")]
)
def test_a_wrong_number_is_refused_on_its_field(
    field: str, value: Any, make_encounter: MakeEncounter, make_line: MakeLine, doctor: Actor
) -> None:
    line = {
        name: found for name, found in _values(make_line("盐酸溴己新片", "8")).items() if found is not None
    }
    arguments = {"visit_id": make_encounter().visit_id, "lines": [{**line, field: value}]}
    with pytest.raises(InvalidInput) as refusal:
        perform("prescriptions.sign_prescription", arguments, by=doctor)
    assert f"lines-0-{field}" in refusal.value.complaints


def test_a_drug_with_a_skin_test_is_marked(sign: Sign, make_line: MakeLine, doctor: Actor) -> None:
    signed = sign(make_line("阿莫西林胶囊"), make_line("盐酸溴己新片", "8"))
    assert [item.skin_test for item in _items(signed, doctor)] == [SkinTestMark.NEEDED, SkinTestMark.NONE]


# The doctor's right


def test_only_the_treating_doctor_prescribes(
    sign: Sign, make_line: MakeLine, make_encounter: MakeEncounter, other_doctor: Actor, cashier: Actor
) -> None:
    encounter = make_encounter()
    with pytest.raises(errors.NotTreating):
        sign(make_line("阿莫西林胶囊"), encounter=encounter, by=other_doctor)
    with pytest.raises(PermissionDenied):
        sign(make_line("阿莫西林胶囊"), encounter=encounter, by=cashier)


@pytest.mark.parametrize(
    ("rights", "refusal"),
    [
        ({"may_prescribe": False}, errors.NoRightToPrescribe),
        ({"licence": "nurse"}, errors.NoRightToPrescribe),
        ({"licence_expires_on": date(2026, 11, 19)}, errors.LicenceExpired),
    ],
)
def test_a_doctor_without_the_right_signs_nothing(
    rights: dict[str, Any],
    refusal: type[Exception],
    sign: Sign,
    make_line: MakeLine,
    doctor: Actor,
    administrator: Actor,
    ours: dict[str, Any],
) -> None:
    values = {
        "practitioner_id": doctor.practitioner_id,
        "department_id": ours["departments"]["general"],
        "licence": "physician",
        "title": "intermediate",
        "may_prescribe": True,
    }
    change_practitioner(**{**values, **rights}, by=administrator)
    with pytest.raises(refusal):
        sign(make_line("阿莫西林胶囊"))


def test_narcotics_need_a_right_of_their_own(sign: Sign, make_line: MakeLine) -> None:
    with pytest.raises(errors.NoRightToControlled):
        sign(make_line("盐酸吗啡注射液", "10"))


def test_a_psychotropic_is_given_for_seven_days_at_most(sign: Sign, make_line: MakeLine) -> None:
    assert sign(make_line("艾司唑仑片", "1", days=7)).sheet is Sheet.PSYCHOTROPIC_2
    with pytest.raises(errors.ControlledTooLong):
        sign(make_line("艾司唑仑片", "1", days=8), long_reason="长期失眠")


# Safety checks (B10): in the service, whatever a screen shows


def test_a_drug_the_patient_is_allergic_to_is_not_signed(
    make_encounter: MakeEncounter, registrar: Actor, doctor: Actor, make_line: MakeLine
) -> None:
    patient = make_patient(registrar)
    record_allergy(patient_id=patient.id, substance="青霉素", keys=["penicillin"], by=doctor)
    encounter = make_encounter(patient=patient)
    line = _values(make_line("阿莫西林胶囊"))
    arguments = {
        "visit_id": encounter.visit_id,
        "lines": [{name: value for name, value in line.items() if value is not None}],
        "reasons": [{"key": "allergy:D0001:", "text": "病人要求"}],  # a reason does not open it
    }
    with pytest.raises(errors.UnsafeToPrescribe) as refusal:
        perform("prescriptions.sign_prescription", arguments, by=doctor)
    assert "青霉素" in str(refusal.value.details["findings"])


def test_a_suspected_allergy_needs_a_reason(
    sign: Sign, make_encounter: MakeEncounter, registrar: Actor, doctor: Actor, make_line: MakeLine
) -> None:
    patient = make_patient(registrar)
    record_allergy(
        patient_id=patient.id, substance="青霉素", keys=["penicillin"], certainty="suspected", by=doctor
    )
    encounter = make_encounter(patient=patient)
    with pytest.raises(errors.WarningNeedsReason):
        sign(make_line("阿莫西林胶囊"), encounter=encounter)
    reason = FindingReason(key="allergy:D0001:", text="皮试阴性，既往可耐受")
    signed = sign(make_line("阿莫西林胶囊"), encounter=encounter, reasons=[reason])
    assert [finding["reason"] for finding in signed.findings] == ["皮试阴性，既往可耐受"]


def test_a_daily_dose_above_the_limit_stops(sign: Sign, make_line: MakeLine) -> None:
    with pytest.raises(errors.UnsafeToPrescribe):
        sign(make_line("阿莫西林胶囊", "1", frequency="q4h"))


def test_a_single_dose_above_the_limit_needs_a_reason(sign: Sign, make_line: MakeLine) -> None:
    line = make_line("阿莫西林胶囊", "1.5", frequency="bid")
    with pytest.raises(errors.WarningNeedsReason):
        sign(line)
    assert (
        sign(line, reasons=[FindingReason(key="single_dose:D0001:", text="重症")]).findings[0]["level"] == 2
    )


def test_age_stops_and_warns(sign: Sign, make_line: MakeLine, make_encounter: MakeEncounter) -> None:
    child: dict[str, Any] = {"guardian_name": "王家长", "guardian_phone": "19900000001"}
    with pytest.raises(errors.UnsafeToPrescribe):
        sign(make_line("诺氟沙星胶囊", "0.1"), encounter=make_encounter(born_on=date(2012, 1, 1), **child))
    with pytest.raises(errors.WarningNeedsReason):
        sign(make_line("阿司匹林肠溶片", "100"), encounter=make_encounter(born_on=date(2012, 1, 1), **child))


def test_pregnancy_stops_and_must_be_asked(
    sign: Sign, make_line: MakeLine, make_encounter: MakeEncounter
) -> None:
    woman: dict[str, Any] = {"sex": "2", "born_on": date(1996, 3, 8)}
    pregnant = make_encounter(record=RecordText(is_pregnant=True), **woman)
    with pytest.raises(errors.UnsafeToPrescribe):
        sign(make_line("多西环素片", "100"), encounter=pregnant)
    with pytest.raises(errors.WarningNeedsReason):
        sign(make_line("多西环素片", "100"), encounter=make_encounter(**woman))
    asked = make_encounter(record=RecordText(is_pregnant=False), **woman)
    assert sign(make_line("多西环素片", "100"), encounter=asked).findings == []


def test_the_same_ingredient_on_one_sheet_needs_a_reason(sign: Sign, make_line: MakeLine) -> None:
    with pytest.raises(errors.WarningNeedsReason) as refusal:
        sign(make_line("阿莫西林胶囊"), make_line("阿莫西林克拉维酸钾片"))
    assert "阿莫西林克拉维酸钾片" in _reason(refusal.value)


def test_the_same_ingredient_on_another_active_prescription_needs_a_reason(
    sign: Sign, make_line: MakeLine, make_encounter: MakeEncounter, doctor: Actor
) -> None:
    encounter = make_encounter()
    first = sign(make_line("阿莫西林胶囊", days=3), encounter=encounter)
    with pytest.raises(errors.WarningNeedsReason):
        sign(make_line("阿莫西林克拉维酸钾片"), encounter=encounter)
    services.withdraw_prescription(prescription_id=first.id, by=doctor)
    assert sign(make_line("阿莫西林克拉维酸钾片"), encounter=encounter).findings == []


def test_the_checks_know_what_stands_in_a_file_that_was_merged(
    sign: Sign, make_line: MakeLine, make_encounter: MakeEncounter, registrar: Actor, doctor: Actor
) -> None:
    old, kept = make_patient(registrar), make_patient(registrar)
    record_allergy(patient_id=old.id, substance="头孢", keys=["cephalosporin"], by=doctor)
    sign(make_line("阿莫西林胶囊", days=3), encounter=make_encounter(patient=old))
    encounter = make_encounter(patient=kept)
    merge = propose_merge(survivor_id=kept.id, merged_id=old.id, reason="同一人", by=doctor)
    second = replace(doctor, account_id=doctor.account_id + 1)
    decide_merge(merge_id=merge.id, is_approved=True, by=second)
    with pytest.raises(errors.UnsafeToPrescribe):
        sign(make_line("头孢氨苄胶囊"), encounter=encounter)
    with pytest.raises(errors.WarningNeedsReason):
        sign(make_line("阿莫西林克拉维酸钾片"), encounter=encounter)


def test_a_course_that_is_over_is_no_duplicate(
    sign: Sign, make_line: MakeLine, make_encounter: MakeEncounter, registrar: Actor
) -> None:
    patient = make_patient(registrar)
    sign(make_line("阿莫西林胶囊", days=3), encounter=make_encounter(patient=patient))
    with clock.at(clock.now() + timedelta(days=3)):
        later = make_encounter(patient=patient)
        assert sign(make_line("阿莫西林胶囊"), encounter=later).findings == []


def test_two_of_one_class_are_shown_and_do_not_stop(sign: Sign, make_line: MakeLine) -> None:
    signed = sign(make_line("头孢氨苄胶囊"), make_line("头孢呋辛酯片"))
    assert [(finding["check"], finding["level"]) for finding in signed.findings] == [("duplicate_class", 1)]


def test_the_grade_of_an_antimicrobial_follows_the_title(
    sign: Sign, make_line: MakeLine, make_encounter: MakeEncounter, other_doctor: Actor
) -> None:
    junior = make_encounter(doctor=other_doctor)
    with pytest.raises(errors.UnsafeToPrescribe):
        sign(make_line("头孢克肟颗粒", "50"), encounter=junior, by=other_doctor)
    assert sign(make_line("头孢克肟颗粒", "50")).status is Status.SUBMITTED


# Twice, and how much


def test_a_double_click_signs_once(
    sign: Sign, make_line: MakeLine, make_encounter: MakeEncounter, reading: None
) -> None:
    encounter = make_encounter()
    with command("c-1"):
        first = sign(make_line("阿莫西林胶囊"), encounter=encounter)
    with command("c-1"):
        second = sign(make_line("阿莫西林胶囊"), encounter=encounter)
    assert first.id == second.id
    assert db.session.scalar(select(func.count()).select_from(Prescription)) == 1


def test_nothing_is_added_to_a_finished_visit(
    sign: Sign, make_line: MakeLine, make_encounter: MakeEncounter, doctor: Actor
) -> None:
    encounter = make_encounter()
    given: dict[str, Any] = {"visit_id": encounter.visit_id, "revision": encounter.revision}
    complete_visit(**given, record=FULL_RECORD, diagnoses=[{"code": "J00.x00"}], by=doctor)
    with pytest.raises(errors.EncounterFinished):
        sign(make_line("阿莫西林胶囊"), encounter=encounter)


def test_three_lines_take_ten_statements(
    sign: Sign, make_line: MakeLine, make_encounter: MakeEncounter
) -> None:
    lines = [make_line("阿莫西林胶囊"), make_line("盐酸溴己新片", "8"), make_line("蒙脱石散", "3")]
    encounter = make_encounter()
    sign(make_line("小檗碱片"), encounter=encounter)  # the usage dictionary is read once a day
    with count_statements() as counted:
        sign(*lines, encounter=encounter)
    own = [said for said in counted.statements if "charging_" not in said and "dispensing_" not in said]
    assert len(own) <= 10, own
    assert counted.count <= 16, counted.statements


def test_the_other_centre_does_not_see_it(sign: Sign, make_line: MakeLine, theirs: dict[str, Any]) -> None:
    signed = sign(make_line("阿莫西林胶囊"))
    with tenant_unit(theirs["tenant_id"]), pytest.raises(errors.PrescriptionNotFound):
        queries.get_prescription(signed.id)


def test_every_state_of_the_table_is_a_status() -> None:
    assert {status.value for status in Status} == {state.value for state in PrescriptionState}
