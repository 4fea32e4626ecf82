"""Plans of the centres become purchases of the district: merged by one, approved by another, ordered by supplier."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock, ids
from app.actor import Actor
from app.db import db, lock_row
from app.db.locks import lock_rows
from app.errors import NotFound
from app.events import emit
from app.money import UnitPrice, format_quantity
from app.tenancy import tenant_of
from app.use_cases import use_case
from modules.distribution import queries
from modules.distribution.errors import NothingOpen, TooMuchApproved
from modules.distribution.events import PlanHandedIn, WantedDrug
from modules.distribution.models import (
    Order,
    Purchase,
    PurchaseLine,
    PurchaseStatus,
    Request,
    RequestLine,
    Supplier,
)
from modules.distribution.rules.sharing import shares
from modules.distribution.services.numbers import next_number
from modules.storeroom import services as storeroom
from modules.storeroom.errors import (
    PlanEmpty,
    SamePerson,
    SupplierExpired,
    SupplierMissing,
    SupplierTaken,
    WrongState,
)
from modules.storeroom.queries import Plan

Name = Annotated[str, Field(min_length=2, max_length=100)]
Code = Annotated[str, Field(min_length=1, max_length=30)]
Reason = Annotated[str, Field(min_length=2, max_length=200)]
Packs = Annotated[Decimal, Field(ge=0, le=Decimal("1000000"), max_digits=11, decimal_places=4)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLineInput:
    """Supplier and price of a line of a purchase."""

    line_id: int
    pack_cost: UnitPrice
    supplier_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedInput:
    """How much of a line is approved, in packs."""

    line_id: int
    approved: Packs


@use_case("storeroom.purchase.plan")
def hand_in_plan(*, plan_id: int, by: Actor) -> Plan:
    """Hand an approved plan in to the district, which buys and sends; it is not ordered here any more.

    Raises:
        NotFound: no such plan here.
        WrongState: it is not approved, or was ordered or handed in before.
    """
    plan, lines = storeroom.hand_plan_over(plan_id=plan_id)
    audit.record("plan.handed_in", plan, by=by, number=plan.number)
    emit(
        PlanHandedIn(
            plan_id=plan.id,
            number=plan.number,
            lines=tuple(
                WantedDrug(
                    drug_id=line.drug_id,
                    drug_code=line.drug_code,
                    drug_name=line.drug_name,
                    pack_unit=line.pack_unit,
                    pack_factor=line.pack_factor,
                    packs=line.packs,
                    pack_cost=line.pack_cost,
                )
                for line in lines
            ),
        )
    )
    return plan


@use_case("distribution.message.take", database="control", is_step=True)
def take_request(
    *,
    plan_id: int,
    number: Annotated[str, Field(max_length=30)],
    handed_in_at: datetime,
    lines: Annotated[list[WantedDrug], Field(min_length=1, max_length=500)],
    by: Actor,
) -> Request:
    """Note a centre's plan at the district; the same plan a second time changes nothing.

    Raises:
        NotFound: the actor is of no centre.
    """
    if by.tenant_id is None:
        raise NotFound(field="plan_id")
    known = queries.find_request(by.tenant_id, plan_id)
    if known is not None:
        return known
    request = Request(
        id=ids.new_id(),
        centre_id=by.tenant_id,
        centre_name=tenant_of(by.tenant_id).name,
        plan_id=plan_id,
        number=number,
        at=handed_in_at,
        by_name=by.name,
    )
    db.session.add(request)
    db.session.flush()
    db.session.add_all(_request_line(request, line) for line in lines)
    db.session.flush()
    audit.record("request.taken", request, by=by, number=number)
    return request


def _request_line(request: Request, line: WantedDrug) -> RequestLine:
    return RequestLine(
        request_id=request.id,
        centre_id=request.centre_id,
        drug_id=line.drug_id,
        drug_code=line.drug_code,
        drug_name=line.drug_name,
        pack_unit=line.pack_unit,
        pack_factor=line.pack_factor,
        pack_cost=line.pack_cost,
        wanted=line.packs,
        approved=Decimal(0),
        shipped=Decimal(0),
    )


@use_case("distribution.purchase.manage", database="control")
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
    """Add a supplier of the district, or change one.

    Raises:
        NotFound: no such supplier.
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


@use_case("distribution.purchase.manage", database="control")
def merge_requests(
    *, request_ids: Annotated[list[int], Field(min_length=1, max_length=200)], by: Actor
) -> Purchase:
    """Make one purchase of several centres' plans: a line for each drug, with the supplier it came from last.

    Raises:
        NothingOpen: none of them is open any more.
    """
    requests = [row for row in lock_rows(Request, sorted(set(request_ids))) if row.purchase_id is None]
    if not requests:
        raise NothingOpen(field="request_ids")
    purchase = Purchase(
        id=ids.new_id(),
        number=next_number("purchase", "JC"),
        status=PurchaseStatus.DRAFT,
        on=clock.today(),
        made_by_id=by.account_id,
        made_by_name=by.name,
    )
    db.session.add(purchase)
    db.session.flush()
    wanted = queries.lock_request_lines(request.id for request in requests)
    for request in requests:
        request.purchase_id = purchase.id
    merged = _merged(purchase, wanted)
    db.session.add_all(merged.values())
    db.session.flush()
    for line in wanted:
        line.purchase_line_id = merged[line.drug_id].id
    db.session.flush()
    audit.record("purchase.merged", purchase, by=by, number=purchase.number, requests=len(requests))
    return purchase


def _merged(purchase: Purchase, wanted: Sequence[RequestLine]) -> dict[int, PurchaseLine]:
    before = queries.latest_lines(line.drug_id for line in wanted)
    found: dict[int, PurchaseLine] = {}
    for line in wanted:
        if line.drug_id in found:
            found[line.drug_id].wanted += line.wanted
            continue
        last = before.get(line.drug_id)
        found[line.drug_id] = PurchaseLine(
            id=ids.new_id(),
            purchase_id=purchase.id,
            supplier_id=last.supplier_id if last else None,
            drug_id=line.drug_id,
            drug_code=line.drug_code,
            drug_name=line.drug_name,
            pack_unit=line.pack_unit,
            pack_factor=line.pack_factor,
            pack_cost=last.pack_cost if last else line.pack_cost,
            wanted=line.wanted,
            approved=Decimal(0),
            sent=Decimal(0),
        )
    return found


@use_case("distribution.purchase.manage", database="control")
def change_purchase(
    *,
    purchase_id: int,
    lines: Annotated[list[PurchaseLineInput], Field(min_length=1, max_length=1000)],
    by: Actor,
) -> Purchase:
    """Choose suppliers and prices of a draft.

    Raises:
        NotFound: no such purchase, line or supplier.
        WrongState: it is no draft any more.
    """
    purchase = _lock(purchase_id, PurchaseStatus.DRAFT)
    known = {line.id: line for line in queries.lines_of_purchase(purchase_id)}
    suppliers = {supplier.id for supplier in queries.list_suppliers()}
    for number, given in enumerate(lines):
        if given.line_id not in known:
            raise NotFound(field=f"lines-{number}-line_id")
        if given.supplier_id is not None and given.supplier_id not in suppliers:
            raise NotFound(field=f"lines-{number}-supplier_id")
        known[given.line_id].pack_cost = given.pack_cost
        known[given.line_id].supplier_id = given.supplier_id
    audit.record("purchase.changed", purchase, by=by, number=purchase.number)
    return purchase


@use_case("distribution.purchase.manage", database="control")
def submit_purchase(*, purchase_id: int, by: Actor) -> Purchase:
    """Hand a purchase in for approval.

    Raises:
        NotFound: no such purchase.
        WrongState: it is no draft any more.
        SupplierMissing: a line names no supplier.
        SupplierExpired: the licence of a supplier has ended, or it is no longer in use.
    """
    purchase = _lock(purchase_id, PurchaseStatus.DRAFT)
    suppliers = {supplier.id: supplier for supplier in queries.list_suppliers()}
    for line in queries.lines_of_purchase(purchase_id):
        _licensed(line, suppliers)
    purchase.status, purchase.remark = PurchaseStatus.SUBMITTED, ""
    audit.record("purchase.submitted", purchase, by=by, number=purchase.number)
    return purchase


def _licensed(line: PurchaseLine, suppliers: Mapping[int, Supplier]) -> Supplier:
    if line.supplier_id is None:
        raise SupplierMissing(drug=line.drug_name)
    supplier = suppliers[line.supplier_id]
    if supplier.is_expired or not supplier.is_active:
        raise SupplierExpired(supplier=supplier.name, until=supplier.licence_until)
    return supplier


@use_case("distribution.purchase.approve", database="control")
def approve_purchase(
    *,
    purchase_id: int,
    lines: Annotated[list[ApprovedInput], Field(min_length=1, max_length=1000)],
    by: Actor,
) -> Purchase:
    """Approve a purchase, whole or less, and order it: one order for each supplier. Not by who merged it.

    A line that is not named gets nothing. What is less than wanted is shared out among the centres.

    Raises:
        NotFound: no such purchase or line.
        WrongState: it was not handed in.
        SamePerson: the same person merged it.
        TooMuchApproved: more than is wanted.
        PlanEmpty: nothing is approved.
        SupplierExpired: the licence of a supplier has ended meanwhile.
    """
    purchase = _lock(purchase_id, PurchaseStatus.SUBMITTED)
    if purchase.made_by_id == by.account_id:
        raise SamePerson
    known = {line.id: line for line in queries.lines_of_purchase(purchase_id)}
    for number, given in enumerate(lines):
        if given.line_id not in known:
            raise NotFound(field=f"lines-{number}-line_id")
        line = known[given.line_id]
        if given.approved > line.wanted:
            packs = format_quantity(line.wanted)
            raise TooMuchApproved(field=f"lines-{number}-approved", drug=line.drug_name, packs=packs)
        line.approved = given.approved
    bought = [line for line in known.values() if line.approved]
    if not bought:
        raise PlanEmpty
    _share_out(known)
    _place_orders(purchase, bought)
    purchase.status, purchase.approved_by_name = PurchaseStatus.APPROVED, by.name
    db.session.flush()
    audit.record("purchase.approved", purchase, by=by, number=purchase.number)
    return purchase


def _share_out(lines: Mapping[int, PurchaseLine]) -> None:
    wanting: dict[int, list[RequestLine]] = {}
    for row in queries.lock_shares(lines):
        wanting.setdefault(row.purchase_line_id or 0, []).append(row)
    for line_id, rows in wanting.items():
        found = shares(lines[line_id].approved, {row.id: row.wanted for row in rows})
        for row in rows:
            row.approved = found[row.id]


def _place_orders(purchase: Purchase, lines: Iterable[PurchaseLine]) -> None:
    suppliers = {supplier.id: supplier for supplier in queries.list_suppliers()}
    orders: dict[int, Order] = {}
    for line in lines:
        supplier = _licensed(line, suppliers)
        if supplier.id not in orders:
            orders[supplier.id] = Order(
                id=ids.new_id(),
                number=next_number("order", "JD"),
                purchase_id=purchase.id,
                supplier_id=supplier.id,
                supplier_name=supplier.name,
                on=clock.today(),
            )
            db.session.add(orders[supplier.id])
            db.session.flush()
        line.order_id = orders[supplier.id].id


@use_case("distribution.purchase.approve", database="control")
def send_purchase_back(*, purchase_id: int, reason: Reason, by: Actor) -> Purchase:
    """Send a purchase back to be changed, with the reason.

    Raises:
        NotFound: no such purchase.
        WrongState: it was not handed in.
    """
    purchase = _lock(purchase_id, PurchaseStatus.SUBMITTED)
    purchase.status, purchase.remark = PurchaseStatus.DRAFT, reason
    audit.record("purchase.sent_back", purchase, by=by, number=purchase.number, reason=reason)
    return purchase


@use_case("distribution.purchase.manage", database="control")
def close_request(*, request_id: int, reason: Reason, by: Actor) -> Request:
    """End a centre's plan of which the rest is not sent any more, with the reason.

    Raises:
        NotFound: no such plan.
        WrongState: nothing of it is open.
    """
    request = lock_row(Request, request_id)
    if request is None:
        raise NotFound(field="request_id")
    named = [row.purchase_line_id for row in queries.lines_of_request(request_id) if row.purchase_line_id]
    # as sending does: the order's lines before the shares
    merged = {line.id: line for line in lock_rows(PurchaseLine, named)}
    rows = [row for row in queries.lock_request_lines([request_id]) if row.missing]
    if not rows:
        raise WrongState(number=request.number, status=queries.state_of(request))
    for row in rows:
        line = merged[row.purchase_line_id or 0]
        line.approved -= min(row.missing, line.missing)
        row.approved = row.shipped
    request.closed_reason = reason
    audit.record("request.closed", request, by=by, number=request.number, reason=reason)
    return request


def _lock(purchase_id: int, status: PurchaseStatus) -> Purchase:
    purchase = lock_row(Purchase, purchase_id)
    if purchase is None:
        raise NotFound(field="purchase_id")
    if purchase.status != status:
        raise WrongState(number=purchase.number, status=purchase.status.label)
    return purchase
