"""Batches leave a supplier or the district's warehouse, for the warehouse or for a centre (配送)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Annotated

from pydantic import Field

from app import audit, clock, ids
from app.actor import Actor
from app.db import db, lock_row
from app.db.locks import lock_rows
from app.errors import InvalidInput, NotFound
from app.events import emit
from app.i18n import N_, gettext
from app.money import format_quantity, round_amount
from app.tenancy import tenant_of
from app.use_cases import use_case
from modules.dispensing import services as dispensing
from modules.dispensing.errors import BatchExpired, TooManyCodes
from modules.distribution import queries
from modules.distribution.errors import TooMuchSent
from modules.distribution.events import SentBatch, ShipmentSent
from modules.distribution.models import (
    Holder,
    Order,
    PurchaseLine,
    RequestLine,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
    WarehouseStock,
)
from modules.distribution.rules.sharing import spread
from modules.distribution.services.ledger import move_line, move_stock
from modules.distribution.services.numbers import next_number
from modules.distribution.services.purchasing import Packs

BatchNo = Annotated[str, Field(min_length=1, max_length=40)]
Codes = Annotated[str, Field(max_length=20000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierLineInput:
    """A batch that a supplier sends for a line of its order; codes of its packs with spaces between."""

    purchase_line_id: int
    batch_no: BatchNo
    expires_on: date
    approval_no: Annotated[str, Field(min_length=4, max_length=40)]
    packs: Packs
    codes: Codes = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseLineInput:
    """Packs of a batch of the warehouse; none is a row that was passed over."""

    stock_id: int
    packs: Packs = Decimal(0)
    codes: Codes = ""


@use_case("distribution.shipment.send", database="control")
def stock_warehouse(
    *,
    order_id: int,
    lines: Annotated[list[SupplierLineInput], Field(min_length=1, max_length=200)],
    by: Actor,
) -> Order:
    """Take what a supplier delivers for an order into the district's warehouse.

    Raises:
        NotFound: no such order or line.
        InvalidInput: a line without a quantity.
        BatchExpired: a batch has expired.
        TooMuchSent: more than is still ordered.
    """
    order, known = _lock_order(order_id)
    for number, given in enumerate(lines):
        line = _take_from_order(known, given, number)
        stock = _stock_of(line, given)
        move_stock(stock, given.packs, by, came=Holder.SUPPLIER)
    db.session.flush()
    audit.record("warehouse.stocked", order, by=by, number=order.number)
    return order


@use_case("distribution.shipment.send", database="control")
def send_from_supplier(
    *,
    order_id: int,
    centre_id: int,
    lines: Annotated[list[SupplierLineInput], Field(min_length=1, max_length=200)],
    by: Actor,
) -> Shipment:
    """Note what a supplier sends straight to a centre for an order; from now on it is on the way.

    Raises:
        NotFound: no such order, line or centre.
        InvalidInput: a line without a quantity.
        BatchExpired: a batch has expired.
        TooMuchSent: more than is ordered, or than the centre is still to get.
        CodeUnreadable, CodeDoubled, TooManyCodes: a text is no code, stands twice, or there are more than packs.
    """
    order, known = _lock_order(order_id)
    shipment = _new(centre_id, order.supplier_name, order.id, by)
    rows = []
    for number, given in enumerate(lines):
        line = _take_from_order(known, given, number)
        rows.append((_line_of(shipment, line, given), given))
    return _send(shipment, rows, Holder.SUPPLIER, by)


@use_case("distribution.shipment.send", database="control")
def send_from_warehouse(
    *,
    centre_id: int,
    lines: Annotated[list[WarehouseLineInput], Field(min_length=1, max_length=200)],
    by: Actor,
) -> Shipment:
    """Send batches of the warehouse to a centre; from now on they are on the way.

    Raises:
        NotFound: no such batch or centre.
        InvalidInput: a line without a quantity.
        BatchExpired: a batch has expired.
        TooMuchSent: more than lies there, or than the centre is still to get.
        CodeUnreadable, CodeDoubled, TooManyCodes: a text is no code, stands twice, or there are more than packs.
    """
    lines = [line for line in lines if line.packs]
    if not lines:
        raise InvalidInput({"lines-0-packs": [gettext(N_("Enter a quantity."))]})
    known = {row.id: row for row in lock_rows(WarehouseStock, sorted({line.stock_id for line in lines}))}
    shipment = _new(centre_id, gettext(N_("District warehouse")), None, by)
    rows = []
    for number, given in enumerate(lines):
        stock = known.get(given.stock_id)
        if stock is None:
            raise NotFound(field=f"lines-{number}-stock_id")
        _refuse_expired(stock.batch_no, stock.expires_on, f"lines-{number}-stock_id")
        if given.packs > stock.on_hand:
            raise _too_much(stock.drug_name, stock.on_hand, number)
        stock.on_hand -= given.packs
        rows.append((_line_of_stock(shipment, stock, given.packs), given))
    return _send(shipment, rows, Holder.WAREHOUSE, by)


def _send(
    shipment: Shipment,
    rows: Sequence[tuple[ShipmentLine, SupplierLineInput | WarehouseLineInput]],
    came: Holder,
    by: Actor,
) -> Shipment:
    _use_shares(shipment.centre_id, rows)
    db.session.add(shipment)
    db.session.flush()
    db.session.add_all(row for row, _ in rows)
    db.session.flush()
    for row, _ in rows:
        move_line(row, shipment.centre_id, row.packs, by, came=came, goes=Holder.IN_TRANSIT)
    db.session.flush()
    audit.record("shipment.sent", shipment, by=by, number=shipment.number, centre_id=shipment.centre_id)
    emit(
        ShipmentSent(
            shipment_id=shipment.id,
            centre_id=shipment.centre_id,
            number=shipment.number,
            sender_name=shipment.sender_name,
            shipped_at=shipment.shipped_at,
            amount=sum((round_amount(row.packs * row.pack_cost) for row, _ in rows), Decimal("0.00")),
            lines=tuple(
                _told(row, _codes_of(row, given.codes, number)) for number, (row, given) in enumerate(rows)
            ),
        )
    )
    return shipment


def _use_shares(
    centre_id: int, rows: Sequence[tuple[ShipmentLine, SupplierLineInput | WarehouseLineInput]]
) -> None:
    """What is sent comes off what the centre was approved, the oldest plan first."""
    open_lines: dict[int, list[RequestLine]] = {}
    for line in queries.lock_open_shares(centre_id, {row.drug_id for row, _ in rows}):
        open_lines.setdefault(line.drug_id, []).append(line)
    for number, (row, _) in enumerate(rows):
        shares = open_lines.get(row.drug_id, [])
        parts = spread(row.packs, [share.missing for share in shares])
        if parts is None:
            raise _too_much(row.drug_name, sum((share.missing for share in shares), Decimal(0)), number)
        for share, part in zip(shares, parts, strict=True):
            share.shipped += part


def _codes_of(row: ShipmentLine, text: str, number: int) -> tuple[str, ...]:
    """Codes as the centre will read them: a message with others would never be taken there."""
    field = f"lines-{number}-codes"
    codes = tuple(read.code for read in dispensing.read_codes(text, field=field))
    if len(codes) > ceil(row.packs):
        raise TooManyCodes(field=field, packs=format_quantity(row.packs), codes=len(codes))
    return codes


def _told(row: ShipmentLine, codes: tuple[str, ...]) -> SentBatch:
    return SentBatch(
        shipment_line_id=row.id,
        drug_id=row.drug_id,
        drug_name=row.drug_name,
        pack_unit=row.pack_unit,
        batch_no=row.batch_no,
        expires_on=row.expires_on,
        approval_no=row.approval_no,
        pack_cost=row.pack_cost,
        packs=row.packs,
        codes=codes,
    )


def _new(centre_id: int, sender_name: str, order_id: int | None, by: Actor) -> Shipment:
    if centre_id not in {centre.id for centre in queries.list_centres()}:
        raise NotFound(field="centre_id")
    return Shipment(
        id=ids.new_id(),
        number=next_number("shipment", "PS"),
        status=ShipmentStatus.ON_THE_WAY,
        centre_id=centre_id,
        centre_name=tenant_of(centre_id).name,
        order_id=order_id,
        sender_name=sender_name,
        shipped_at=clock.now(),
        shipped_by_name=by.name,
    )


def _line_of(shipment: Shipment, line: PurchaseLine, given: SupplierLineInput) -> ShipmentLine:
    return ShipmentLine(
        id=ids.new_id(),
        shipment_id=shipment.id,
        purchase_line_id=line.id,
        drug_id=line.drug_id,
        drug_name=line.drug_name,
        pack_unit=line.pack_unit,
        batch_no=given.batch_no.strip().upper(),
        expires_on=given.expires_on,
        approval_no=given.approval_no.strip(),
        pack_cost=line.pack_cost,
        packs=given.packs,
        received=Decimal(0),
        differing=Decimal(0),
    )


def _line_of_stock(shipment: Shipment, stock: WarehouseStock, packs: Decimal) -> ShipmentLine:
    return ShipmentLine(
        id=ids.new_id(),
        shipment_id=shipment.id,
        stock_id=stock.id,
        drug_id=stock.drug_id,
        drug_name=stock.drug_name,
        pack_unit=stock.pack_unit,
        batch_no=stock.batch_no,
        expires_on=stock.expires_on,
        approval_no=stock.approval_no,
        pack_cost=stock.pack_cost,
        packs=packs,
        received=Decimal(0),
        differing=Decimal(0),
    )


def _lock_order(order_id: int) -> tuple[Order, dict[int, PurchaseLine]]:
    order = lock_row(Order, order_id)
    if order is None:
        raise NotFound(field="order_id")
    return order, {line.id: line for line in queries.lock_lines_of_order(order_id)}


def _take_from_order(known: dict[int, PurchaseLine], given: SupplierLineInput, number: int) -> PurchaseLine:
    line = known.get(given.purchase_line_id)
    if line is None:
        raise NotFound(field=f"lines-{number}-purchase_line_id")
    _refuse_empty(given.packs, number)
    _refuse_expired(given.batch_no, given.expires_on, f"lines-{number}-expires_on")
    if given.packs > line.missing:
        raise _too_much(line.drug_name, line.missing, number)
    line.sent += given.packs
    return line


def _stock_of(line: PurchaseLine, given: SupplierLineInput) -> WarehouseStock:
    """The held row of the batch in the warehouse; an empty one when it never lay there."""
    batch_no = given.batch_no.strip().upper()
    found = queries.lock_warehouse_batch(line.drug_id, batch_no, given.expires_on, line.pack_cost)
    if found is None:
        found = WarehouseStock(
            id=ids.new_id(),
            drug_id=line.drug_id,
            drug_code=line.drug_code,
            drug_name=line.drug_name,
            pack_unit=line.pack_unit,
            pack_factor=line.pack_factor,
            batch_no=batch_no,
            expires_on=given.expires_on,
            approval_no=given.approval_no.strip(),
            pack_cost=line.pack_cost,
            on_hand=Decimal(0),
        )
        db.session.add(found)
        db.session.flush()
    return found


def _refuse_empty(packs: Decimal, number: int) -> None:
    if packs <= 0:
        raise InvalidInput({f"lines-{number}-packs": [gettext(N_("Enter a quantity."))]})


def _refuse_expired(batch_no: str, expires_on: date, field: str) -> None:
    if expires_on <= clock.today():
        raise BatchExpired(field=field, batch=batch_no, expires=expires_on)


def _too_much(drug: str, packs: Decimal, number: int) -> TooMuchSent:
    return TooMuchSent(field=f"lines-{number}-packs", drug=drug, packs=format_quantity(packs))
