"""Reading the district's papers (control database)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, func, select

from app.db import Control, Page, db, locking, page_by_key
from app.errors import NotFound
from app.i18n import N_, gettext
from app.tenancy import Tenant, directory
from modules.distribution.models import (
    Difference,
    Order,
    Purchase,
    PurchaseLine,
    Request,
    RequestLine,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
    Supplier,
    WarehouseStock,
)

ZERO = Decimal(0)
_OPEN = (Request.purchase_id.is_(None), Request.closed_reason == "")
RowT = TypeVar("RowT", bound=Control)


def list_centres() -> list[Tenant]:
    """Centres that work and take part in distribution, by code."""
    found = [tenant for tenant in directory().all_active() if "distribution" in tenant.modules]
    return sorted(found, key=lambda tenant: tenant.code)


def list_suppliers() -> list[Supplier]:
    """Every supplier of the district, by code."""
    return list(db.session.scalars(select(Supplier).order_by(Supplier.code)))


def get_supplier(supplier_id: int) -> Supplier:
    """The supplier, or NotFound."""
    return _get(Supplier, supplier_id, "supplier_id")


def find_request(centre_id: int, plan_id: int) -> Request | None:
    """What the district knows of a centre's plan."""
    statement = select(Request).where(Request.centre_id == centre_id, Request.plan_id == plan_id)
    return db.session.scalar(statement)


def get_request(request_id: int) -> Request:
    """The plan as it was handed in, or NotFound."""
    return _get(Request, request_id, "request_id")


def open_requests() -> list[Request]:
    """Plans nobody has merged or ended yet, the oldest first."""
    return list(db.session.scalars(select(Request).where(*_OPEN).order_by(Request.id)))


def requests_of_purchase(purchase_id: int) -> list[Request]:
    """The plans a purchase was made of."""
    statement = select(Request).where(Request.purchase_id == purchase_id)
    return list(db.session.scalars(statement.order_by(Request.id)))


def state_of(request: Request) -> str:
    """How a centre's plan stands, in words."""
    if request.closed_reason:
        return gettext(N_("The rest is not sent"))
    return gettext(N_("Merged into a purchase")) if request.purchase_id else gettext(N_("Handed in"))


def lines_of_request(request_id: int) -> list[RequestLine]:
    """Lines of a plan, by code of the drug."""
    statement = select(RequestLine).where(RequestLine.request_id == request_id)
    return list(db.session.scalars(statement.order_by(RequestLine.drug_code, RequestLine.id)))


def lock_request_lines(request_ids: Iterable[int]) -> list[RequestLine]:
    """Lines of several plans, held until commit."""
    statement = select(RequestLine).where(RequestLine.request_id.in_(sorted(set(request_ids))))
    return list(db.session.scalars(locking(statement.order_by(RequestLine.id), RequestLine)))


def shares_of_lines(line_ids: Iterable[int]) -> list[tuple[RequestLine, str]]:
    """What each centre gets of lines of a purchase, with the centre's name."""
    statement = (
        select(RequestLine, Request.centre_name)
        .join(Request, Request.id == RequestLine.request_id)
        .where(RequestLine.purchase_line_id.in_(sorted(set(line_ids))))
        .order_by(RequestLine.drug_code, RequestLine.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def lock_shares(line_ids: Iterable[int]) -> list[RequestLine]:
    """What centres want of lines of a purchase, held until commit."""
    statement = select(RequestLine).where(RequestLine.purchase_line_id.in_(sorted(set(line_ids))))
    return list(db.session.scalars(locking(statement.order_by(RequestLine.id), RequestLine)))


def lock_open_shares(centre_id: int, drug_ids: Iterable[int]) -> list[RequestLine]:
    """What a centre is still to get of some drugs, the oldest plan first, held until commit."""
    return _lock_shares_of(centre_id, drug_ids, only_open=True)


def lock_sent_shares(centre_id: int, drug_id: int) -> list[RequestLine]:
    """What was sent of a drug to a centre, the latest plan first, held until commit."""
    return list(reversed(_lock_shares_of(centre_id, [drug_id], only_open=False)))


def _lock_shares_of(centre_id: int, drug_ids: Iterable[int], *, only_open: bool) -> list[RequestLine]:
    statement = select(RequestLine).where(
        RequestLine.centre_id == centre_id,
        RequestLine.drug_id.in_(sorted(set(drug_ids))),
        RequestLine.approved > RequestLine.shipped if only_open else RequestLine.shipped > 0,
    )
    return list(db.session.scalars(locking(statement.order_by(RequestLine.id), RequestLine)))


def open_shares(centre_id: int) -> list[RequestLine]:
    """What a centre is still to get, by drug."""
    statement = select(RequestLine).where(
        RequestLine.centre_id == centre_id, RequestLine.approved > RequestLine.shipped
    )
    return list(db.session.scalars(statement.order_by(RequestLine.drug_code, RequestLine.id)))


def list_purchases(*, before: int | None = None) -> Page[Purchase]:
    """Purchases, the latest first."""
    return page_by_key(select(Purchase), Purchase.id, before=before, size=40)


def get_purchase(purchase_id: int) -> Purchase:
    """The purchase, or NotFound."""
    return _get(Purchase, purchase_id, "purchase_id")


def lines_of_purchase(purchase_id: int) -> list[PurchaseLine]:
    """Lines of a purchase, by code of the drug."""
    statement = select(PurchaseLine).where(PurchaseLine.purchase_id == purchase_id)
    return list(db.session.scalars(statement.order_by(PurchaseLine.drug_code, PurchaseLine.id)))


def latest_lines(drug_ids: Iterable[int]) -> dict[int, PurchaseLine]:
    """Drug id → the line it was ordered with last. One statement."""
    newest = (
        select(func.max(PurchaseLine.id))
        .where(PurchaseLine.drug_id.in_(sorted(set(drug_ids))), PurchaseLine.order_id.is_not(None))
        .group_by(PurchaseLine.drug_id)
    )
    statement = select(PurchaseLine).where(PurchaseLine.id.in_(newest))
    return {line.drug_id: line for line in db.session.scalars(statement)}


def orders_of_purchase(purchase_id: int) -> list[Order]:
    """The orders a purchase became."""
    statement = select(Order).where(Order.purchase_id == purchase_id).order_by(Order.id)
    return list(db.session.scalars(statement))


def list_orders(*, before: int | None = None) -> Page[Order]:
    """Orders, the latest first."""
    return page_by_key(select(Order), Order.id, before=before, size=40)


def get_order(order_id: int) -> Order:
    """The order, or NotFound."""
    return _get(Order, order_id, "order_id")


def lines_of_order(order_id: int) -> list[PurchaseLine]:
    """Lines of an order, by code of the drug."""
    statement = select(PurchaseLine).where(PurchaseLine.order_id == order_id)
    return list(db.session.scalars(statement.order_by(PurchaseLine.drug_code, PurchaseLine.id)))


def lock_lines_of_order(order_id: int) -> list[PurchaseLine]:
    """Lines of an order, held until commit."""
    statement = select(PurchaseLine).where(PurchaseLine.order_id == order_id).order_by(PurchaseLine.id)
    return list(db.session.scalars(locking(statement, PurchaseLine)))


def warehouse_stock() -> list[WarehouseStock]:
    """What lies in the district's warehouse, by drug and expiry."""
    statement = select(WarehouseStock).where(WarehouseStock.on_hand > 0)
    order = (WarehouseStock.drug_code, WarehouseStock.expires_on, WarehouseStock.id)
    return list(db.session.scalars(statement.order_by(*order)))


def lock_warehouse_batch(
    drug_id: int, batch_no: str, expires_on: date, pack_cost: Decimal
) -> WarehouseStock | None:
    """A batch in the warehouse, held until commit."""
    statement = select(WarehouseStock).where(
        WarehouseStock.drug_id == drug_id,
        WarehouseStock.batch_no == batch_no,
        WarehouseStock.expires_on == expires_on,
        WarehouseStock.pack_cost == pack_cost,
    )
    return db.session.scalar(locking(statement, WarehouseStock))


def list_shipments(*, before: int | None = None) -> Page[Shipment]:
    """Shipments, the latest first."""
    return page_by_key(select(Shipment), Shipment.id, before=before, size=40)


def get_shipment(shipment_id: int) -> Shipment:
    """The shipment, or NotFound."""
    return _get(Shipment, shipment_id, "shipment_id")


def lines_of_shipment(shipment_id: int) -> list[ShipmentLine]:
    """Batches of a shipment."""
    statement = select(ShipmentLine).where(ShipmentLine.shipment_id == shipment_id)
    return list(db.session.scalars(statement.order_by(ShipmentLine.id)))


def get_shipment_line(line_id: int) -> tuple[Shipment, ShipmentLine]:
    """A batch of a shipment with the shipment, or NotFound."""
    found = db.session.execute(
        select(Shipment, ShipmentLine)
        .join(ShipmentLine, ShipmentLine.shipment_id == Shipment.id)
        .where(ShipmentLine.id == line_id)
    ).first()
    if found is None:
        raise NotFound(field="line_id")
    return found[0], found[1]


@dataclass(frozen=True, slots=True)
class Differing:
    """A difference with the batch and the shipment it is of."""

    difference: Difference
    line: ShipmentLine
    shipment: Shipment


def list_differences(*, before: int | None = None) -> tuple[Page[Difference], list[Differing]]:
    """Differences, the latest first, with what they are of. Two statements."""
    page = page_by_key(select(Difference), Difference.id, before=before, size=40)
    return page, _differing(Difference.id.in_([row.id for row in page.rows]))


def differences_of_shipment(shipment_id: int) -> list[Differing]:
    """What differed of a shipment."""
    return _differing(Difference.shipment_id == shipment_id)


def get_difference(difference_id: int) -> Differing:
    """A difference with what it is of, or NotFound."""
    found = _differing(Difference.id == difference_id)
    if not found:
        raise NotFound(field="difference_id")
    return found[0]


def _differing(condition: ColumnElement[bool]) -> list[Differing]:
    statement = (
        select(Difference, ShipmentLine, Shipment)
        .join(ShipmentLine, ShipmentLine.id == Difference.line_id)
        .join(Shipment, Shipment.id == Difference.shipment_id)
        .where(condition)
        .order_by(Difference.id.desc())
    )
    return [Differing(row[0], row[1], row[2]) for row in db.session.execute(statement)]


@dataclass(frozen=True, slots=True)
class CentreFigures:
    """How distribution stands for a centre."""

    centre: Tenant
    open_plans: int
    to_send: Decimal  # packs
    on_the_way: int  # shipments
    differences: int  # not ended


def figures() -> list[CentreFigures]:
    """For each centre: plans nobody merged, packs to send, shipments on the way, open differences. Four statements."""
    plans = _counts(select(Request.centre_id, func.count()).where(*_OPEN).group_by(Request.centre_id))
    left = func.sum(RequestLine.approved - RequestLine.shipped)
    rest = {
        row[0]: row[1]
        for row in db.session.execute(select(RequestLine.centre_id, left).group_by(RequestLine.centre_id))
    }
    way = _counts(
        select(Shipment.centre_id, func.count())
        .where(Shipment.status == ShipmentStatus.ON_THE_WAY)
        .group_by(Shipment.centre_id)
    )
    open_ends = _counts(
        select(Difference.centre_id, func.count())
        .where(Difference.ended.is_(None))
        .group_by(Difference.centre_id)
    )
    return [
        CentreFigures(
            centre,
            plans.get(centre.id, 0),
            rest.get(centre.id) or ZERO,
            way.get(centre.id, 0),
            open_ends.get(centre.id, 0),
        )
        for centre in list_centres()
    ]


def _counts(statement: Select[int, int]) -> dict[int, int]:
    return {row[0]: row[1] for row in db.session.execute(statement)}


def _get(model: type[RowT], row_id: int, field: str) -> RowT:
    found = db.session.get(model, row_id)
    if found is None:
        raise NotFound(field=field)
    return found
