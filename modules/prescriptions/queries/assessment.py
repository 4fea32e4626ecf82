"""What a sheet would be if it were signed now: quantities, paper, findings, refusals. Reads only.

The screen shows it while the doctor types; ``services.sign`` refuses by the very same result.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import select

from app import clock
from app.db import db
from app.errors import DomainError
from app.i18n import gettext
from modules.catalogue import queries as catalogue
from modules.clinic.queries import Treating
from modules.patients import queries as patients
from modules.prescriptions import errors
from modules.prescriptions.models import ACTIVE, Item, Kind, Prescription, Sheet, sheet_of
from modules.prescriptions.queries.facts import drug_facts, patient_facts, usage
from modules.prescriptions.rules import lines as line_rules
from modules.prescriptions.rules import quantities, safety, sheets
from modules.prescriptions.rules.lines import DrugLine, FindingReason, HerbalHeading, HerbLine, SkinTest

CONTROLS = {
    "麻醉": sheets.Control.NARCOTIC,
    "精一": sheets.Control.PSYCHOTROPIC_1,
    "精二": sheets.Control.PSYCHOTROPIC_2,
    "毒": sheets.Control.TOXIC,
    "毒性": sheets.Control.TOXIC,
}
_STRICTEST = (sheets.Control.NARCOTIC, sheets.Control.PSYCHOTROPIC_1)
_TITLES = {
    "none": safety.Title.ASSISTANT,
    "junior": safety.Title.JUNIOR,
    "intermediate": safety.Title.INTERMEDIATE,
    "senior": safety.Title.SENIOR,
}
_LICENCES = ("physician", "assistant_physician")
HERB_ROUTE = "po"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line of either kind of sheet; a herb's dose is its grams in each dose."""

    drug_id: int
    dose: Decimal
    route: str
    frequency: str
    days: int
    group_no: int | None = None
    quantity: Decimal | None = None
    skin_test: SkinTest | None = None
    footnote: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the doctor wants on one sheet."""

    kind: Kind
    lines: tuple[OrderLine, ...]
    is_emergency: bool = False
    long_reason: str = ""
    herbal: HerbalHeading | None = None
    prescription_id: int | None = None  # a draft that is signed again: not its own duplicate

    @classmethod
    def western(cls, lines: Iterable[DrugLine], **heading: object) -> "Order":
        """A sheet of Western drugs and patent medicines."""
        names = (
            "drug_id",
            "dose",
            "route",
            "frequency",
            "days",
            "group_no",
            "quantity",
            "skin_test",
            "remark",
        )
        rows = tuple(OrderLine(**{name: getattr(line, name) for name in names}) for line in lines)
        return cls(kind=Kind.WESTERN, lines=rows, **heading)  # type: ignore[arg-type]

    @classmethod
    def of_herbs(cls, lines: Iterable[HerbLine], herbal: HerbalHeading, **heading: object) -> "Order":
        """A sheet of herbal slices; one dose (付) lasts a day."""
        rows = tuple(
            OrderLine(
                drug_id=line.drug_id,
                dose=line.grams,
                route=HERB_ROUTE,
                frequency="",
                days=herbal.doses,
                footnote=line.footnote,
            )
            for line in lines
        )
        return cls(kind=Kind.HERBAL, lines=rows, herbal=herbal, **heading)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """A line with everything that follows from it."""

    line: OrderLine
    drug: catalogue.Drug
    route_name: str
    frequency_name: str
    frequency: quantities.Frequency
    quantity: quantities.DispenseQuantity | None
    skin_test: SkinTest

    @property
    def control(self) -> sheets.Control:
        """Special control of the drug."""
        return CONTROLS.get(self.drug.special_control, sheets.Control.NONE)


@dataclass(slots=True)
class Assessment:
    """The sheet as it would be signed."""

    order: Order
    patient: patients.Patient
    allergies: list[patients.Allergy]
    lines: list[Assessed] = field(default_factory=list)
    sheet: Sheet = Sheet.ORDINARY
    findings: list[safety.Finding] = field(default_factory=list)
    refusals: list[DomainError] = field(default_factory=list)
    active_names: dict[str, str] = field(default_factory=dict)  # drugs the patient still has: code → name

    def substance_of(self, key: str) -> str:
        """What the patient is allergic to, in the words in which it was recorded."""
        return next((row.substance for row in self.allergies if key in row.keys), key)

    @property
    def blocking(self) -> list[safety.Finding]:
        """Findings of level 3."""
        return [finding for finding in self.findings if finding.level is safety.Level.BLOCK]

    def unexplained(self, reasons: Sequence[FindingReason]) -> list[safety.Finding]:
        """Findings of level 2 for which no reason was given."""
        given = {reason.key for reason in reasons}
        return [f for f in self.findings if f.level is safety.Level.WARNING and f.key not in given]


def assess(order: Order, treating: Treating) -> Assessment:
    """Judge a sheet for the patient of an encounter. Three statements, however many lines."""
    encounter = treating.encounter
    patient, allergies = patients.patient_with_allergies(encounter.patient_id)
    result = Assessment(order, patient, allergies)
    active_ids = _active_drug_ids(encounter.patient_id, order.prescription_id)
    drugs = catalogue.drugs_by_id([*(line.drug_id for line in order.lines), *active_ids])
    age = patients.completed_years(patient.born_on)
    for index, line in enumerate(order.lines):
        try:
            result.lines.append(_assess_line(index, line, drugs, is_herbal=order.kind is Kind.HERBAL))
        except DomainError as refusal:
            result.refusals.append(refusal)
    composition = [
        sheets.SheetDrug(sheets.DrugKind(row.drug.kind.value), row.control) for row in result.lines
    ]
    result.sheet = sheet_of(sheets.sheet_kind(composition, age_years=age, is_emergency=order.is_emergency))
    result.refusals[:0] = [
        *doctor_refusals(treating, result.lines),
        *_encounter_refusals(treating),
        *_sheet_refusals(order, composition),
    ]
    result.refusals += [*_usage_refusals(order), *_days_refusals(order, result.lines)]
    active = [drugs[drug_id] for drug_id in active_ids if drug_id in drugs]
    result.active_names = {drug.code: drug.name for drug in active}
    result.findings = _findings(result, treating, active, age)
    return result


def _active_drug_ids(patient_id: int, own_id: int | None) -> list[int]:
    statement = (
        select(Item.drug_id)
        .join(Prescription, Prescription.id == Item.prescription_id)
        .where(
            Item.patient_id.in_(patients.files_of(patient_id)),
            Item.supplied_until >= clock.today(),
            Item.revision == Prescription.revision,
            Prescription.status.in_(list(ACTIVE)),
        )
    )
    if own_id is not None:
        statement = statement.where(Prescription.id != own_id)
    return sorted(set(db.session.scalars(statement)))


def _assess_line(
    index: int, line: OrderLine, drugs: dict[int, catalogue.Drug], *, is_herbal: bool
) -> Assessed:
    drug = drugs.get(line.drug_id)
    if drug is None or not drug.is_active:
        raise errors.DrugNotInUse(field=f"lines-{index}-drug_id")
    known = usage()
    route, frequency = known.get(("route", line.route)), known.get(("frequency", line.frequency))
    if route is None:
        raise errors.UsageUnknown(field=f"lines-{index}-route", code=line.route)
    if line.frequency and frequency is None:
        raise errors.UsageUnknown(field=f"lines-{index}-frequency", code=line.frequency)
    rhythm = quantities.Frequency(frequency.times, frequency.per_days) if frequency else quantities.ON_DEMAND
    return Assessed(
        line=line,
        drug=drug,
        route_name=route.name,
        frequency_name=frequency.name if frequency else "",
        frequency=rhythm,
        quantity=_herb_quantity(line) if is_herbal else _quantity(index, line, drug, rhythm),
        skin_test=line.skin_test or (SkinTest.NEEDED if drug.needs_skin_test else SkinTest.NONE),
    )


def _herb_quantity(line: OrderLine) -> quantities.DispenseQuantity:
    return quantities.DispenseQuantity(quantities.herb_grams(grams=line.dose, doses=line.days))


def _quantity(
    index: int, line: OrderLine, drug: catalogue.Drug, rhythm: quantities.Frequency
) -> quantities.DispenseQuantity:
    if not rhythm.is_on_demand and line.quantity is not None:
        raise errors.QuantityIsComputed(field=f"lines-{index}-quantity")
    computed = quantities.dispense_quantity(
        dose=line.dose,
        dose_per_min_unit=drug.dose_per_min_unit,
        frequency=rhythm,
        days=line.days,
        pack_factor=drug.pack_factor,
        is_splittable=drug.is_splittable,
        rounds_each_dose=drug.rounds_up_each_dose,
    )
    if computed is not None:
        return computed
    if line.quantity is None:
        raise errors.QuantityMissing(field=f"lines-{index}-quantity")
    return quantities.typed_quantity(
        line.quantity, pack_factor=drug.pack_factor, is_splittable=drug.is_splittable
    )


def doctor_refusals(treating: Treating, lines: Sequence[Assessed] = ()) -> Iterator[DomainError]:
    """Why this doctor may not sign: licence, right, expiry, controlled drugs."""
    doctor = treating.practitioner
    right = "prescriptions.prescription.sign"
    if doctor.licence.value not in _LICENCES or not doctor.may_prescribe or not doctor.is_active:
        yield errors.NoRightToPrescribe(permission=right, doctor=doctor.name)
    elif doctor.licence_expires_on is not None and doctor.licence_expires_on < clock.today():
        yield errors.LicenceExpired(
            permission=right, doctor=doctor.name, day=doctor.licence_expires_on.isoformat()
        )
    controlled = [row.drug.name for row in lines if row.control in _STRICTEST]
    if controlled and not doctor.may_prescribe_controlled:
        yield errors.NoRightToControlled(permission=right, doctor=doctor.name, drug=", ".join(controlled))


def _encounter_refusals(treating: Treating) -> Iterator[DomainError]:
    if treating.encounter.finished_at is not None:
        yield errors.EncounterFinished(field="visit_id")
    if not treating.encounter.diagnoses:
        yield errors.DiagnosisMissing(field="diagnoses")


_SHEET_REFUSALS: dict[sheets.SheetFault, type[DomainError]] = {
    sheets.SheetFault.EMPTY: errors.NoLines,
    sheets.SheetFault.TOO_MANY_LINES: errors.TooManyLines,
    sheets.SheetFault.HERBS_MIXED: errors.HerbsMixed,
    sheets.SheetFault.CONTROLS_MIXED: errors.ControlsMixed,
}


def _sheet_refusals(order: Order, composition: Sequence[sheets.SheetDrug]) -> Iterator[DomainError]:
    faults = sheets.sheet_faults(composition)
    for fault in faults:
        if fault is not sheets.SheetFault.EMPTY or not order.lines:
            yield _SHEET_REFUSALS[fault](field="lines")
    are_herbs = any(drug.kind is sheets.DrugKind.HERBAL for drug in composition)
    others = any(drug.kind is not sheets.DrugKind.HERBAL for drug in composition)
    wrong = are_herbs if order.kind is Kind.WESTERN else others
    if wrong and sheets.SheetFault.HERBS_MIXED not in faults:
        yield errors.HerbsMixed(field="lines")


def _usage_refusals(order: Order) -> Iterator[DomainError]:
    for index, line in enumerate(order.lines):
        if line_rules.says_nothing(line.remark) or line_rules.says_nothing(line.footnote):
            yield errors.EmptyWords(field=f"lines-{index}-remark")
    for group, _ in line_rules.group_faults(order.lines):
        yield errors.GroupMixed(field="lines", group=group)


def _days_refusals(order: Order, lines: Sequence[Assessed]) -> Iterator[DomainError]:
    longest = max((row.line.days for row in lines), default=0)
    if sheets.quantity_needs_reason(longest, is_emergency=order.is_emergency) and not order.long_reason:
        limit = sheets.EMERGENCY_DAYS if order.is_emergency else sheets.ORDINARY_DAYS
        yield errors.DaysNeedReason(field="long_reason", days=limit)
    for index, row in enumerate(lines):
        limit_days = sheets.controlled_days_limit(row.control, _form_group(row.drug.form))
        if limit_days == 0 and not row.frequency.is_once:
            limit_text = gettext("one single dose")
        elif limit_days and row.line.days > limit_days:
            limit_text = gettext("%(days)s days", days=limit_days)
        else:
            continue
        yield errors.ControlledTooLong(field=f"lines-{index}-days", drug=row.drug.name, limit=limit_text)


def _form_group(form: str) -> sheets.DoseForm:
    if "注射" in form:
        return sheets.DoseForm.INJECTION
    slow = "缓释" in form or "控释" in form
    return sheets.DoseForm.EXTENDED_RELEASE if slow else sheets.DoseForm.OTHER


def _findings(
    result: Assessment, treating: Treating, active: Sequence[catalogue.Drug], age: int
) -> list[safety.Finding]:
    facts = [
        safety.PrescribedLine(drug=drug_facts(row.drug), dose=row.line.dose, frequency=row.frequency)
        for row in result.lines
    ]
    found = safety.check_prescription(
        facts,
        patient=patient_facts(result.patient, result.allergies, treating.encounter.record, age),
        active=[drug_facts(drug) for drug in active],
        incompatible_herbs=catalogue.incompatible_herbs(),
    )
    title = _TITLES[treating.practitioner.title.value]
    for row, line in zip(result.lines, facts, strict=True):
        found += safety.check_antimicrobial(
            line.drug, title=title, is_emergency=result.order.is_emergency, supply_days=row.line.days
        )
    unique = {finding.key: finding for finding in found}
    return sorted(unique.values(), key=lambda finding: -finding.level)
