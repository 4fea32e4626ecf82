"""Suppliers, limits of drugs, and purchase plans (供应商, 上下限, 采购计划)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock, numbering
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.money import UnitPrice
from app.use_cases import use_case
from modules.catalogue import queries as catalogue
from modules.dispensing import queries as stock
from modules.storeroom import queries
from modules.storeroom.errors import (
    LimitsCrossed,
    NothingToBuy,
    PlanEmpty,
    SamePerson,
    SupplierTaken,
    WrongState,
)
from modules.storeroom.models import DrugRule, Plan, PlanLine, PlanStatus, Supplier
from modules.storeroom.rules.planning import Need, packs_to_buy

OBSERVED_DAYS = 30
Name = Annotated[str, Field(min_length=2, max_length=100)]
Code = Annotated[str, Field(min_length=1, max_length=30)]
Reason = Annotated[str, Field(min_length=2, max_length=200)]
Units = Annotated[Decimal, Field(ge=0, le=Decimal("1000000"), max_digits=11, decimal_places=4)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLineInput:
    """What a line of a plan is changed to."""

    line_id: int
    packs: Units
    pack_cost: UnitPrice
    supplier_id: int | None = None


@use_case("storeroom.supplier.manage")
def save_supplier(
    *,
    supplier_id: int | None = None,
    code: Code,
    name: Name,
    licence_no: Annotated[str, Field(min_length=2, max_length=60)],
    licence_until: date,
    is_active: bool = True,
    by: Actor,
) -> Supplier:
    """Add a supplier, or change one.

    Raises:
        NotFound: no such supplier here.
        SupplierTaken: code or name is in use.
    """
    supplier = Supplier() if supplier_id is None else lock_row(Supplier, supplier_id)
    if supplier is None:
        raise NotFound(field="supplier_id")
    supplier.code, supplier.name = code.strip().upper(), name.strip()
    supplier.licence_no, supplier.licence_until = licence_no.strip(), licence_until
    supplier.is_active = is_active
    try:
        with db.session.begin_nested():
            db.session.add(supplier)
            db.session.flush()
    except IntegrityError:
        raise SupplierTaken(field="code") from None
    audit.record("supplier.saved", supplier, by=by, code=supplier.code)
    return supplier


@use_case("storeroom.supplier.manage")
def set_drug_rule(
    *,
    drug_id: int,
    minimum: Units,
    maximum: Units | None = None,
    supplier_id: int | None = None,
    by: Actor,
) -> DrugRule:
    """Say how much of a drug shall lie here at least and at most, in minimum units, and who usually delivers it.

    Raises:
        NotFound: no such drug or supplier.
        LimitsCrossed: the most is less than the least.
    """
    drug = catalogue.get_drug(drug_id)
    if supplier_id is not None:
        queries.get_supplier(supplier_id)
    if maximum is not None and maximum < minimum:
        raise LimitsCrossed(field="maximum")
    rule = queries.lock_drug_rule(drug_id)
    if rule is None:
        rule = DrugRule(drug_id=drug.id)
        db.session.add(rule)
    rule.drug_name, rule.min_unit = f"{drug.name} {drug.strength}"[:160], drug.min_unit
    rule.minimum, rule.maximum, rule.supplier_id = minimum, maximum, supplier_id
    db.session.flush()
    audit.record("drug_rule.set", rule, by=by, drug_id=drug_id)
    return rule


@use_case("storeroom.purchase.plan")
def propose_plan(*, location_id: int, days: Annotated[int, Field(ge=1, le=180)] = 30, by: Actor) -> Plan:
    """Reckon what to buy so that stock lasts for some days: a draft that people may change.

    Average daily use of the last 30 days × days − stock − in transit (what is ordered and what the district sends
    included), not below the drug's minimum, not above its
    maximum; drugs that need nothing are left out.

    Raises:
        NotFound: no such place here.
        NothingToBuy: stock lasts.
    """
    if location_id not in {place.id for place in stock.list_locations()}:
        raise NotFound(field="location_id")
    rules = {rule.drug_id: rule for rule in queries.list_drug_rules()}
    used = stock.consumption(clock.today() - timedelta(days=OBSERVED_DAYS))
    lines = _reckon(rules, used, days)
    if not lines:
        raise NothingToBuy(days=days)
    plan = Plan(
        number=numbering.next_number("storeroom.plan", on=clock.today(), prefix="CJ"),
        status=PlanStatus.DRAFT,
        location_id=location_id,
        days=days,
        on=clock.today(),
        made_by_name=by.name,
    )
    db.session.add(plan)
    db.session.flush()
    for line in lines:
        line.plan_id = plan.id
    db.session.add_all(lines)
    db.session.flush()
    audit.record("plan.proposed", plan, by=by, number=plan.number, lines=len(lines))
    return plan


def _reckon(rules: Mapping[int, DrugRule], used: Mapping[int, Decimal], days: int) -> list[PlanLine]:
    drugs = catalogue.drugs_by_id(rules.keys() | used.keys())
    there, sent, ordered = stock.centre_stock(drugs), stock.on_the_way(), queries.open_orders_by_drug()
    newest, coming = stock.latest_batches(drugs), queries.coming_packs()
    lines = []
    for drug in sorted(drugs.values(), key=lambda drug: drug.code):
        rule, batch = rules.get(drug.id), newest.get(drug.id)
        from_district = coming.get(drug.id, Decimal(0)) * drug.pack_factor
        need = Need(
            used=used.get(drug.id, Decimal(0)),
            observed_days=OBSERVED_DAYS,
            in_stock=there.get(drug.id, Decimal(0)),
            in_transit=sent.get(drug.id, Decimal(0)) + ordered.get(drug.id, Decimal(0)) + from_district,
            minimum=rule.minimum if rule else Decimal(0),
            maximum=rule.maximum if rule else None,
            pack_factor=drug.pack_factor,
        )
        packs = packs_to_buy(need, days=days)
        if not packs or not drug.is_active:
            continue
        lines.append(
            PlanLine(
                drug_id=drug.id,
                drug_code=drug.code,
                drug_name=f"{drug.name} {drug.strength}"[:160],
                min_unit=drug.min_unit,
                pack_unit=drug.pack_unit,
                pack_factor=drug.pack_factor,
                used_a_day=need.used_a_day,
                in_stock=need.in_stock,
                in_transit=need.in_transit,
                from_district=from_district,
                proposed_packs=packs,
                packs=packs,
                pack_cost=(batch.unit_cost * batch.pack_factor).quantize(Decimal("0.000001"))
                if batch
                else Decimal(0),
                supplier_id=rule.supplier_id if rule else None,
            )
        )
    return lines


@use_case("storeroom.purchase.plan")
def change_plan(
    *,
    plan_id: int,
    lines: Annotated[list[PlanLineInput], Field(min_length=1, max_length=500)],
    by: Actor,
) -> Plan:
    """Change quantities, prices and suppliers of a draft.

    Raises:
        NotFound: no such plan, line or supplier here.
        WrongState: it is no draft any more.
    """
    plan = _lock_plan(plan_id, PlanStatus.DRAFT)
    known = {line.id: line for line in queries.lines_of_plan(plan_id)}
    suppliers = {supplier.id for supplier in queries.list_suppliers()}
    for number, given in enumerate(lines):
        if given.line_id not in known:
            raise NotFound(field=f"lines-{number}-line_id")
        if given.supplier_id is not None and given.supplier_id not in suppliers:
            raise NotFound(field=f"lines-{number}-supplier_id")
        line = known[given.line_id]
        line.packs, line.pack_cost, line.supplier_id = given.packs, given.pack_cost, given.supplier_id
    audit.record("plan.changed", plan, by=by, number=plan.number)
    return plan


@use_case("storeroom.purchase.plan")
def submit_plan(*, plan_id: int, by: Actor) -> Plan:
    """Hand a plan in for approval.

    Raises:
        NotFound: no such plan here.
        WrongState: it is no draft any more.
        PlanEmpty: every line is zero.
    """
    plan = _lock_plan(plan_id, PlanStatus.DRAFT)
    if not any(line.packs for line in queries.lines_of_plan(plan_id)):
        raise PlanEmpty
    plan.status = PlanStatus.SUBMITTED
    plan.submitted_by_id, plan.submitted_by_name, plan.remark = by.account_id, by.name, ""
    audit.record("plan.submitted", plan, by=by, number=plan.number)
    return plan


@use_case("storeroom.purchase.approve")
def approve_plan(*, plan_id: int, by: Actor) -> Plan:
    """Approve a plan; who handed it in does not.

    Raises:
        NotFound: no such plan here.
        WrongState: it was not handed in.
        SamePerson: the same person handed it in.
    """
    plan = _lock_plan(plan_id, PlanStatus.SUBMITTED)
    if plan.submitted_by_id == by.account_id:
        raise SamePerson
    plan.status, plan.approved_by_name = PlanStatus.APPROVED, by.name
    audit.record("plan.approved", plan, by=by, number=plan.number)
    return plan


@use_case("storeroom.purchase.approve")
def send_plan_back(*, plan_id: int, reason: Reason, by: Actor) -> Plan:
    """Send a plan back to be changed, with the reason.

    Raises:
        NotFound: no such plan here.
        WrongState: it was not handed in.
    """
    plan = _lock_plan(plan_id, PlanStatus.SUBMITTED)
    plan.status, plan.remark = PlanStatus.DRAFT, reason
    audit.record("plan.sent_back", plan, by=by, number=plan.number, reason=reason)
    return plan


def hand_plan_over(*, plan_id: int) -> tuple[Plan, list[PlanLine]]:
    """Let the district buy an approved plan (a step of its handing in): the plan and what is wanted of it.

    Raises:
        NotFound: no such plan here.
        WrongState: it is not approved, or was ordered before.
    """
    plan = _lock_plan(plan_id, PlanStatus.APPROVED)
    plan.status = PlanStatus.HANDED_IN
    db.session.flush()
    return plan, [line for line in queries.lines_of_plan(plan_id) if line.packs]


def _lock_plan(plan_id: int, status: PlanStatus) -> Plan:
    plan = lock_row(Plan, plan_id)
    if plan is None:
        raise NotFound(field="plan_id")
    if plan.status != status:
        raise WrongState(number=plan.number, status=plan.status.label)
    return plan
