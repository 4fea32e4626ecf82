"""Writing and signing a prescription (开方)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from pydantic_core import to_jsonable_python

from app import audit, clock, ids, numbering
from app.actor import Actor
from app.db import db
from app.events import emit
from app.signing import content_digest
from app.use_cases import use_case
from modules.clinic.queries import Treating, lock_treating
from modules.patients.queries import age_text
from modules.prescriptions import errors, queries
from modules.prescriptions.events import PrescriptionSigned, PrescriptionWithdrawn, SignedLine
from modules.prescriptions.models import (
    DecoctionWay,
    DrinkTime,
    Item,
    Kind,
    Prescription,
    Sheet,
    SkinTestMark,
    Status,
)
from modules.prescriptions.queries.wording import finding_text
from modules.prescriptions.rules.lines import DrugLine, FindingReason, HerbalHeading, HerbLine
from modules.prescriptions.rules.safety import Finding
from modules.prescriptions.rules.sheets import MAX_VALID_DAYS, valid_until

Lines = Annotated[list[DrugLine], Field(max_length=20)]
Herbs = Annotated[list[HerbLine], Field(max_length=40)]
Reasons = Annotated[list[FindingReason], Field(max_length=60)]
Reason = Annotated[str, Field(max_length=200)]
SEALED = (
    *("line_no", "group_no", "drug_code", "drug_name", "strength", "dose", "dose_unit", "route"),
    *("frequency", "days", "quantity", "min_unit", "skin_test", "footnote", "remark"),
)
ValidDays = Annotated[int, Field(ge=1, le=MAX_VALID_DAYS)]


@use_case("prescriptions.prescription.sign", offline=True)
def sign_prescription(
    *,
    visit_id: int,
    lines: Lines,
    is_emergency: bool = False,
    valid_days: ValidDays = 1,
    long_reason: Reason = "",
    reasons: Reasons | None = None,
    prescription_id: int | None = None,
    by: Actor,
) -> Prescription:
    """Sign a sheet of Western drugs and patent medicines. Quantities are computed, never typed.

    ``prescription_id`` names a draft or a returned sheet that is signed again.

    Raises:
        NoEncounter, EncounterFinished, NotTreating: it is not this doctor's open visit.
        NoRightToPrescribe, LicenceExpired, NoRightToControlled: the doctor's right.
        DiagnosisMissing: the record has no diagnosis.
        NoLines, TooManyLines, HerbsMixed, ControlsMixed, GroupMixed: the composition of the sheet.
        DrugNotInUse, UsageUnknown, EmptyWords, QuantityMissing, QuantityIsComputed: a line.
        DaysNeedReason, ControlledTooLong: how long it lasts.
        UnsafeToPrescribe: a safety check stops it (level 3).
        WarningNeedsReason: a warning (level 2) without a reason.
        NotEditable, PrescriptionNotFound: the named sheet is no draft of this visit.
    """
    heading = {
        "is_emergency": is_emergency,
        "long_reason": long_reason,
        "prescription_id": prescription_id,
    }
    return _sign(visit_id, queries.Order.western(lines, **heading), valid_days, reasons or [], by)


@use_case("prescriptions.prescription.sign", offline=True)
def sign_herbal_prescription(
    *,
    visit_id: int,
    herbs: Herbs,
    heading: HerbalHeading,
    valid_days: ValidDays = 1,
    long_reason: Reason = "",
    reasons: Reasons | None = None,
    prescription_id: int | None = None,
    by: Actor,
) -> Prescription:
    """Sign a herbal sheet; each herb's quantity is its grams × doses (付).

    Raises:
        DomainError: what ``sign_prescription`` refuses; incompatible herbs (十八反, 十九畏) too.
    """
    rest = {"long_reason": long_reason, "prescription_id": prescription_id}
    return _sign(visit_id, queries.Order.of_herbs(herbs, heading, **rest), valid_days, reasons or [], by)


@use_case("prescriptions.prescription.sign", offline=True)
def save_draft(
    *,
    visit_id: int,
    kind: Kind = Kind.WESTERN,
    lines: Lines | None = None,
    herbs: Herbs | None = None,
    heading: HerbalHeading | None = None,
    prescription_id: int | None = None,
    by: Actor,
) -> Prescription:
    """Keep what was typed without signing it (暂存). Nothing is held or charged.

    Raises:
        NoEncounter, EncounterFinished, NotTreating: it is not this doctor's open visit.
        NotEditable, PrescriptionNotFound: the named sheet is no draft of this visit.
    """
    treating = _own(visit_id, by)
    if treating.encounter.finished_at is not None:
        raise errors.EncounterFinished(field="visit_id")
    prescription = _editable(prescription_id, treating) or _new(treating, kind)
    prescription.kind = kind
    prescription.doses = heading.doses if heading else 1
    prescription.draft = to_jsonable_python(
        {
            "lines": [asdict(line) for line in lines or []],
            "herbs": [asdict(line) for line in herbs or []],
            "heading": asdict(heading) if heading else {},
        }
    )
    db.session.flush()
    audit.record("prescription.draft_saved", prescription, by=by)
    return prescription


def _own(visit_id: int, by: Actor) -> Treating:
    treating = lock_treating(visit_id)
    if by.practitioner_id is None or treating.encounter.practitioner_id != by.practitioner_id:
        raise errors.NotTreating(
            permission="prescriptions.prescription.sign", doctor=treating.encounter.practitioner_name
        )
    return treating


def _editable(prescription_id: int | None, treating: Treating) -> Prescription | None:
    if prescription_id is None:
        return None
    prescription = queries.lock_prescriptions([prescription_id])[0]
    if prescription.visit_id != treating.encounter.visit_id:
        raise errors.PrescriptionNotFound(field="prescription_id")
    if not prescription.is_editable:
        raise errors.NotEditable(number=prescription.number)
    if prescription.is_paid:
        raise errors.StillPaid(number=prescription.number)
    return prescription


def _new(treating: Treating, kind: Kind) -> Prescription:
    encounter, today = treating.encounter, clock.today()
    prescription = Prescription(
        id=ids.new_id(),
        number=numbering.next_number("prescription", on=today, prefix="RX"),
        kind=kind,
        sheet=Sheet.HERBAL if kind is Kind.HERBAL else Sheet.ORDINARY,
        status=Status.DRAFT,
        revision=0,
        visit_id=encounter.visit_id,
        visit_number=encounter.visit_number,
        patient_id=encounter.patient_id,
        practitioner_id=treating.practitioner.id,
        practitioner_name=treating.practitioner.name,
        department_id=encounter.department_id,
        on=today,
        doses=1,
    )
    db.session.add(prescription)
    return prescription


def _sign(
    visit_id: int, order: queries.Order, valid_days: int, reasons: Sequence[FindingReason], by: Actor
) -> Prescription:
    treating = _own(visit_id, by)
    found = queries.assess(order, treating)
    _refuse(found, reasons)
    prescription = _editable(order.prescription_id, treating) or _new(treating, order.kind)
    if prescription.status is Status.RETURNED:  # the lines that were sent back leave the bill and the shelf
        emit(PrescriptionWithdrawn(prescription_id=prescription.id, visit_id=visit_id))
    _fill(prescription, found, treating, valid_days, reasons)
    items = [_item(prescription, number, row, treating) for number, row in enumerate(found.lines, start=1)]
    prescription.digest = content_digest(_content(prescription, items))
    db.session.flush()  # first the sheet, then the lines that point to it
    db.session.add_all(items)
    db.session.flush()
    audit.record(
        "prescription.signed", prescription, by=by, revision=prescription.revision, digest=prescription.digest
    )
    emit(_signed(prescription, items))
    return prescription


def _refuse(found: queries.Assessment, reasons: Sequence[FindingReason]) -> None:
    for refusal in found.refusals:
        raise refusal
    if found.blocking:
        raise errors.UnsafeToPrescribe(field="lines", findings=_wording(found, found.blocking))
    if missing := found.unexplained(reasons):
        raise errors.WarningNeedsReason(field="reasons", findings=_wording(found, missing))


def _wording(found: queries.Assessment, findings: Sequence[Finding]) -> str:
    return "; ".join(finding_text(finding, found) for finding in findings)


def _fill(
    prescription: Prescription,
    found: queries.Assessment,
    treating: Treating,
    valid_days: int,
    reasons: Sequence[FindingReason],
) -> None:
    order, today = found.order, clock.today()
    last_day = valid_until(today, days=valid_days)
    given = {reason.key: reason.text for reason in reasons}
    prescription.kind, prescription.sheet, prescription.status = order.kind, found.sheet, Status.SUBMITTED
    prescription.revision += 1
    prescription.on, prescription.signed_at = today, clock.now()
    prescription.valid_until = clock.day_bounds(last_day)[1]
    prescription.is_emergency, prescription.long_reason = order.is_emergency, order.long_reason
    prescription.reviewed_at, prescription.reviewer_name, prescription.ended_reason = None, "", ""
    prescription.draft = {}
    prescription.heading = _heading(found, treating)
    prescription.findings = [
        {
            "check": finding.check.value,
            "level": int(finding.level),
            "drug_code": finding.drug_code,
            "other": finding.other,
            "facts": dict(finding.facts),
            "reason": given.get(finding.key, ""),
        }
        for finding in found.findings
    ]
    if order.herbal is not None:
        herbal = order.herbal
        prescription.doses, prescription.times_a_day = herbal.doses, herbal.times_a_day
        prescription.volume_ml = herbal.volume_ml
        prescription.decoction = DecoctionWay(herbal.decoction.value)
        prescription.timing = DrinkTime(herbal.timing.value)


def _heading(found: queries.Assessment, treating: Treating) -> dict[str, Any]:
    patient, encounter = found.patient, treating.encounter
    heading: dict[str, Any] = to_jsonable_python(
        {
            "name": patient.name,
            "sex": patient.sex.value,
            "born_on": patient.born_on,
            "age": age_text(patient.born_on),
            "record_no": patient.record_no,
            "cost_type": patient.cost_type.value,
            "address": patient.address,
            "weight": None,
            "allergies": [row.substance for row in found.allergies],
            "diagnoses": encounter.diagnoses,
            "diagnosis_text": encounter.diagnosis_text,
        }
    )
    return heading


def _item(prescription: Prescription, line_no: int, row: queries.Assessed, treating: Treating) -> Item:
    if row.quantity is None:
        raise RuntimeError("a line without a quantity was refused before")
    line, drug = row.line, row.drug
    return Item(
        prescription_id=prescription.id,
        revision=prescription.revision,
        line_no=line_no,
        patient_id=treating.encounter.patient_id,
        practitioner_id=treating.practitioner.id,
        group_no=line.group_no,
        drug_id=drug.id,
        drug_code=drug.code,
        drug_name=drug.name,
        form=drug.form,
        strength=drug.strength,
        dose=line.dose,
        dose_unit=drug.dose_unit,
        route=line.route,
        route_name=row.route_name,
        frequency=line.frequency,
        frequency_name=row.frequency_name,
        days=line.days,
        quantity=row.quantity.min_units,
        min_unit=drug.min_unit,
        packs=row.quantity.packs,
        pack_unit=drug.pack_unit,
        pack_factor=drug.pack_factor,
        skin_test=SkinTestMark(row.skin_test.value),
        footnote=line.footnote,
        remark=line.remark,
        supplied_until=clock.today() + timedelta(days=line.days - 1),
    )


def _content(prescription: Prescription, items: Sequence[Item]) -> dict[str, Any]:
    """What the doctor's signature seals."""
    content: dict[str, Any] = to_jsonable_python(
        {
            "number": prescription.number,
            "revision": prescription.revision,
            "heading": prescription.heading,
            "doctor": {"id": str(prescription.practitioner_id), "name": prescription.practitioner_name},
            "signed_at": prescription.signed_at,
            "doses": prescription.doses,
            "findings": prescription.findings,
            "lines": [{name: getattr(item, name) for name in SEALED} for item in items],
        }
    )
    return content


def _signed(prescription: Prescription, items: Sequence[Item]) -> PrescriptionSigned:
    if prescription.valid_until is None:
        raise RuntimeError("signed without a validity")
    return PrescriptionSigned(
        prescription_id=prescription.id,
        number=prescription.number,
        kind=prescription.kind.value,
        visit_id=prescription.visit_id,
        patient_id=prescription.patient_id,
        practitioner_id=prescription.practitioner_id,
        department_id=prescription.department_id,
        valid_until=prescription.valid_until,
        on=prescription.on,
        lines=tuple(
            SignedLine(
                item_id=item.id,
                line_no=item.line_no,
                drug_id=item.drug_id,
                drug_code=item.drug_code,
                drug_name=item.drug_name,
                quantity=item.quantity,
                is_whole_packs=item.packs is not None,
            )
            for item in items
        ),
        doses=prescription.doses,
        decoction=prescription.decoction.value if prescription.decoction else "",
    )
