"""Re-packing (拆零分装): opened packs become bags of our own label; quantity and cost stay, the lot changes."""

from typing import Annotated

from pydantic import Field

from app import audit, clock, ids
from app.accounts.services import SecondPerson, proves_second
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.money import Quantity, format_quantity
from app.tenancy import setting_of
from app.use_cases import use_case
from modules.dispensing import queries
from modules.dispensing.errors import BatchExpired, BatchRecalled, OutOfStock, RepackedAlready
from modules.dispensing.models import Account, Batch, DocumentKind, Location, Repacking
from modules.dispensing.rules.repacking import bag_expiry, lot_number
from modules.dispensing.services.ledger import Movement, cost_of, new_document, post
from modules.dispensing.services.special import SecondName, SecondPassword, require_second
from modules.dispensing.services.storeroom import balance_at
from modules.dispensing.services.tasks import is_single_pharmacist

REPACK = "dispensing.stock.repack"


@use_case(REPACK, prepare=proves_second(REPACK))
def repack(
    *,
    balance_id: int,
    bags: Annotated[int, Field(ge=1, le=1000)],
    bag_size: Quantity,
    second_name: SecondName = "",
    second_password: SecondPassword = "",
    by: Actor,
) -> Repacking:
    """Open packs of a batch at a place and put them into bags; a second person checks and signs.

    The bags are a lot of their own with a shorter expiry, which remembers the batch it came from: it is handed out
    first, comes back into itself, and is recalled with its batch. Where one pharmacist works alone nobody checks.

    Raises:
        NotFound: no such batch at a place here.
        SecondPersonMissing, SecondPersonRefused, SecondPersonSame: nobody else checked.
        RepackedAlready: these are bags.
        BatchRecalled, BatchExpired: the batch may not be used.
        OutOfStock: more than lies there free.
    """
    checker = _checker(second_name, by)
    location_id, drug_id = queries.place_and_drug_of(balance_id) or (0, 0)
    if lock_row(Location, location_id) is None:
        raise NotFound(field="balance_id")
    balances = queries.lock_batches_at(location_id, [drug_id])
    (found,) = queries.lock_balances([balance_id])
    batch, quantity = found.batch, bag_size * bags
    _refuse(batch)
    if quantity > found.balance.available:
        raise OutOfStock(
            field="bags",
            drug=batch.drug_name,
            requested=f"{format_quantity(quantity)} {batch.min_unit}",
            available=f"{format_quantity(found.balance.available)} {batch.min_unit}",
        )
    lot = _lot_of(batch, by)
    target = balance_at(balances, location_id, lot)
    document = new_document(DocumentKind.REPACK, location_id, by)
    db.session.flush()
    opened = Movement(batch=batch, quantity=quantity, source=found.balance, account=Account.REPACK)
    packed = Movement(
        batch=lot, quantity=quantity, target=target, account=Account.REPACK, cost_amount=cost_of(opened)
    )
    post(document, [opened, packed])
    row = Repacking(
        id=ids.new_id(),
        document_id=document.id,
        number=document.number,
        location_id=location_id,
        batch_id=batch.id,
        lot_id=lot.id,
        bags=bags,
        bag_size=bag_size,
        expires_on=lot.expires_on,
        at=document.at,
        by_name=by.name,
        checked_by_name=checker,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("stock.repacked", row, by=by, number=row.number)
    return row


def _checker(second_name: str, by: Actor) -> str:
    if not isinstance(second_name, SecondPerson) and is_single_pharmacist(by.tenant_id):
        return ""
    return require_second(second_name).name


def _refuse(batch: Batch) -> None:
    if batch.origin_id is not None:
        raise RepackedAlready(field="balance_id", batch=batch.batch_no)
    if batch.is_recalled:
        raise BatchRecalled(drug=batch.drug_name, batch=batch.batch_no)
    if batch.expires_on <= clock.today():
        raise BatchExpired(field="balance_id", batch=batch.batch_no, expires=batch.expires_on)


def _lot_of(batch: Batch, by: Actor) -> Batch:
    """Today's lot of bags of a batch; made once."""
    months = int(setting_of(by.tenant_id, "repacked_months"))
    expires_on = bag_expiry(clock.today(), batch.expires_on, months=months)
    number = lot_number(batch.batch_no, clock.today())
    known = queries.find_lot(batch.id, number, expires_on)
    if known is not None:
        return known
    lot = Batch(
        id=ids.new_id(),
        drug_id=batch.drug_id,
        drug_kind=batch.drug_kind,
        drug_code=batch.drug_code,
        drug_name=batch.drug_name,
        initials=batch.initials,
        min_unit=batch.min_unit,
        pack_unit=batch.pack_unit,
        pack_factor=batch.pack_factor,
        batch_no=number,
        origin_id=batch.id,
        origin_no=batch.batch_no,
        expires_on=expires_on,
        unit_cost=batch.unit_cost,
        received_on=batch.received_on,
    )
    db.session.add(lot)
    db.session.flush()
    return lot
