"""What the storekeeper posts: places, opening stock, receipts and transfers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock, ids
from app.actor import Actor
from app.db import db, lock_row, tenant_unit
from app.db.locks import lock_rows
from app.errors import InvalidInput, NotFound
from app.events import emit
from app.i18n import N_, gettext
from app.money import UnitPrice, format_quantity
from app.use_cases import use_case
from modules.catalogue import queries as catalogue
from modules.catalogue.queries import Drug
from modules.dispensing import queries
from modules.dispensing.errors import BatchExpired, LocationTaken, OutOfStock, SameLocation
from modules.dispensing.events import StockReceived
from modules.dispensing.models import (
    Account,
    Balance,
    Batch,
    Document,
    DocumentKind,
    Location,
    LocationKind,
)
from modules.dispensing.queries import StockLine
from modules.dispensing.rules.batches import BatchPick, allocate
from modules.dispensing.services.ledger import Movement, new_document, post
from tenants.queries import get_department, list_departments

_MICRO = Decimal("0.000001")
Packs = Annotated[Decimal, Field(ge=0, le=Decimal("1000000"), max_digits=11, decimal_places=4)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLineInput:
    """A batch that comes in: whole packs (kilograms of a herb), loose minimum units, what a pack cost."""

    drug_id: int
    batch_no: Annotated[str, Field(min_length=1, max_length=40)]
    expires_on: date
    packs: Packs = Decimal(0)
    loose: Packs = Decimal(0)
    pack_cost: UnitPrice


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLineInput:
    """How much of a drug is carried over: whole packs and loose minimum units."""

    drug_id: int
    packs: Packs = Decimal(0)
    loose: Packs = Decimal(0)


StockLines = Annotated[list[StockLineInput], Field(min_length=1, max_length=200)]


@use_case("dispensing.location.manage")
def set_up_location(*, department_id: int, by: Actor) -> Location:
    """Make a pharmacy or storeroom department a place where stock lies.

    Raises:
        NotFound: no such department here, or it is neither pharmacy nor storeroom.
        LocationTaken: it is one already, or its station has a pharmacy.
    """
    department = get_department(department_id)
    if department.kind.value not in set(LocationKind):
        raise NotFound(field="department_id")
    location = Location(
        department_id=department.id,
        station_id=department.station_id,
        kind=LocationKind(department.kind.value),
        name=department.name,
        closed_until=queries.closed_until(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(location)
            db.session.flush()
    except IntegrityError:
        raise LocationTaken(field="department_id") from None
    audit.record("location.set_up", location, by=by)
    return location


@use_case("dispensing.stock.receive")
def post_opening_stock(*, location_id: int, lines: StockLines, by: Actor) -> Document:
    """Post what lies at a place when the books begin (期初).

    Raises:
        NotFound: no such place here, or no such drug.
        InvalidInput: a line without a quantity.
        BatchExpired: a batch has expired.
    """
    return take_in(DocumentKind.OPENING, Account.OPENING, location_id, lines, "", by)


@use_case("dispensing.stock.receive")
def receive_stock(
    *,
    location_id: int,
    supplier: Annotated[str, Field(min_length=2, max_length=100)],
    lines: StockLines,
    by: Actor,
) -> Document:
    """Post a checked delivery into a storeroom or pharmacy (入库).

    Raises:
        NotFound: no such place here, or no such drug.
        InvalidInput: a line without a quantity.
        BatchExpired: a batch has expired.
    """
    return take_in(DocumentKind.RECEIPT, Account.SUPPLIER, location_id, lines, supplier, by)


@use_case("dispensing.stock.transfer")
def transfer_stock(
    *,
    location_id: int,
    to_location_id: int,
    lines: Annotated[list[TransferLineInput], Field(min_length=1, max_length=200)],
    by: Actor,
) -> Document:
    """Carry drugs from one place to another, the nearest expiry first; held stock stays.

    Raises:
        NotFound: no such place or drug here.
        SameLocation: both places are one.
        InvalidInput: a line without a quantity.
        OutOfStock: a line cannot be carried whole; then nothing is.
    """
    if location_id == to_location_id:
        raise SameLocation(field="to_location_id")
    if len(lock_rows(Location, [location_id, to_location_id])) != 2:
        raise NotFound(field="to_location_id")
    drugs = catalogue.drugs_by_id(line.drug_id for line in lines)
    sources = queries.lock_drug_stock(drugs, location_id=location_id)
    targets = queries.lock_batches_at(to_location_id, drugs)
    by_batch = {line.batch.id: line for line in sources}
    movements: list[Movement] = []
    left = {line.batch.id: line.balance.available for line in sources}
    for number, line in enumerate(lines):
        quantity = _quantity(line.drug_id, line.packs, line.loose, drugs, number)
        for pick in _nearest_expiry(drugs[line.drug_id], quantity, sources, left, number):
            left[pick.batch_id] -= pick.quantity
            found = by_batch[pick.batch_id]
            target = balance_at(targets, to_location_id, found.batch)
            movements.append(
                Movement(batch=found.batch, quantity=pick.quantity, source=found.balance, target=target)
            )
    document = new_document(DocumentKind.TRANSFER, location_id, by)
    document.to_location_id = to_location_id
    db.session.flush()
    post(document, movements)
    audit.record("stock.transferred", document, by=by, number=document.number)
    return document


def set_up_all_locations(*, by: Actor) -> None:
    """Set up every pharmacy and storeroom of the centre that is not yet (provisioning, the demo district)."""
    if by.tenant_id is None:
        return
    with tenant_unit(by.tenant_id):
        with_place = {location.department_id for location in queries.list_locations()}
        missing = [
            department.id
            for department in list_departments()
            if department.kind.value in set(LocationKind) and department.id not in with_place
        ]
    for department_id in missing:
        set_up_location(department_id=department_id, by=by)


def take_in(
    kind: DocumentKind,
    account: Account,
    location_id: int,
    lines: Sequence[StockLineInput],
    supplier: str,
    by: Actor,
) -> Document:
    """Post batches that come in from an account, inside the use case of a delivery or an opening.

    Raises:
        NotFound, InvalidInput, BatchExpired: as the use cases say.
    """
    if lock_row(Location, location_id) is None:  # two receipts at one place come one after the other
        raise NotFound(field="location_id")
    drugs = catalogue.drugs_by_id(line.drug_id for line in lines)
    batches = {_key(batch): batch for batch in queries.batches_of(drugs)}
    balances = queries.lock_batches_at(location_id, drugs)
    movements = []
    for number, line in enumerate(lines):
        quantity = _quantity(line.drug_id, line.packs, line.loose, drugs, number)
        batch = _batch(line, drugs, batches, number)
        target = balance_at(balances, location_id, batch)
        movements.append(Movement(batch=batch, quantity=quantity, target=target, account=account))
    document = new_document(kind, location_id, by)
    document.supplier = supplier
    db.session.flush()
    moved = post(document, movements)
    audit.record("stock.received", document, by=by, number=document.number, kind=kind.value)
    emit(
        StockReceived(
            document_id=document.id, location_id=location_id, kind=kind.value, on=document.on, lines=moved
        )
    )
    return document


def _quantity(
    drug_id: int, packs: Decimal, loose: Decimal, drugs: Mapping[int, Drug], number: int
) -> Decimal:
    if drug_id not in drugs:
        raise NotFound(field=f"lines-{number}-drug_id")
    quantity: Decimal = packs * drugs[drug_id].pack_factor + loose
    if quantity <= 0:
        raise InvalidInput({f"lines-{number}-packs": [gettext(N_("Enter a quantity."))]})
    return quantity


def _nearest_expiry(
    drug: Drug, quantity: Decimal, sources: Sequence[StockLine], left: Mapping[int, Decimal], number: int
) -> Sequence[BatchPick]:
    """Batches for a line of a transfer, from what earlier lines of the same drug have left of each."""
    free = [
        replace(line.balance.stock(line.batch), available=left[line.batch.id])
        for line in sources
        if line.batch.drug_id == drug.id
    ]
    found = allocate(free, quantity, today=clock.today(), stop_days=0)
    if found.is_refused:
        raise OutOfStock(
            field=f"lines-{number}-packs",
            drug=drug.name,
            requested=f"{format_quantity(quantity)} {drug.min_unit}",
            available=f"{format_quantity(found.available)} {drug.min_unit}",
        )
    return found.picks


def _key(batch: Batch) -> tuple[int, str, date, Decimal]:
    return (batch.drug_id, batch.batch_no, batch.expires_on, batch.unit_cost)


def _batch(
    line: StockLineInput,
    drugs: Mapping[int, Drug],
    batches: dict[tuple[int, str, date, Decimal], Batch],
    number: int,
) -> Batch:
    if line.expires_on <= clock.today():
        raise BatchExpired(field=f"lines-{number}-expires_on", batch=line.batch_no, expires=line.expires_on)
    drug = drugs[line.drug_id]
    unit_cost = (line.pack_cost / drug.pack_factor).quantize(_MICRO, ROUND_HALF_UP)
    batch = Batch(
        id=ids.new_id(),
        drug_id=drug.id,
        drug_kind=drug.kind.value,
        drug_code=drug.code,
        drug_name=f"{drug.name} {drug.strength}"[:160],
        initials=drug.initials,
        min_unit=drug.min_unit,
        pack_unit=drug.pack_unit,
        pack_factor=drug.pack_factor,
        batch_no=line.batch_no.upper(),
        expires_on=line.expires_on,
        unit_cost=unit_cost,
        received_on=clock.today(),
    )
    known = batches.get(_key(batch))
    if known is None:
        db.session.add(batch)
        db.session.flush()
        batches[_key(batch)] = known = batch
    return known


def balance_at(balances: dict[int, Balance], location_id: int, batch: Batch) -> Balance:
    """The locked balance of a batch at a place; an empty one is added when the batch never lay there."""
    if batch.id not in balances:
        balances[batch.id] = Balance(
            id=ids.new_id(),
            location_id=location_id,
            batch_id=batch.id,
            drug_id=batch.drug_id,
            on_hand=Decimal(0),
            held=Decimal(0),
            cost_amount=Decimal("0.00"),
            costed_quantity=Decimal(0),
        )
        db.session.add(balances[batch.id])
    return balances[batch.id]
