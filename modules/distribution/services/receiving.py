"""A centre inspects what the district sent (验收): what is right enters its ledger, once; the rest is a difference."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit, clock, ids
from app.actor import Actor
from app.db import db, lock_row
from app.errors import DomainError, NotFound
from app.events import emit
from app.money import format_quantity
from app.use_cases import use_case
from modules.catalogue import queries as catalogue
from modules.dispensing import queries as stock
from modules.dispensing import services as dispensing
from modules.dispensing.queries import Account, DocumentKind
from modules.distribution import queries
from modules.distribution.errors import PartsWrong
from modules.distribution.events import ArrivedBatch, DeliveryReceived, SentBatch
from modules.distribution.models import Delivery, DeliveryLine, DeliveryStatus
from modules.distribution.services.purchasing import Packs
from modules.storeroom import queries as store
from modules.storeroom.errors import ColdChainBroken, ReasonMissing, SamePerson, WrongState


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedInput:
    """What was found of a batch: packs accepted, missing, damaged, and of another batch than stated."""

    line_id: int
    accepted: Packs = Decimal(0)
    short: Packs = Decimal(0)
    damaged: Packs = Decimal(0)
    wrong_batch: Packs = Decimal(0)
    reason: Annotated[str, Field(max_length=200)] = ""


@use_case("distribution.message.take", is_step=True)
def expect_delivery(
    *,
    shipment_id: int,
    number: Annotated[str, Field(max_length=30)],
    sender_name: Annotated[str, Field(max_length=100)],
    shipped_at: datetime,
    lines: Annotated[list[SentBatch], Field(min_length=1, max_length=200)],
    by: Actor,
) -> Delivery:
    """Note that a shipment of the district is on its way; the same message a second time changes nothing."""
    known = queries.find_delivery(shipment_id)
    if known is not None:
        return known
    delivery = Delivery(
        id=ids.new_id(),
        shipment_id=shipment_id,
        number=number,
        sender_name=sender_name,
        status=DeliveryStatus.AWAITED,
        shipped_at=shipped_at,
    )
    db.session.add(delivery)
    db.session.flush()
    db.session.add_all(_line(delivery, line) for line in lines)
    db.session.flush()
    audit.record("delivery.announced", delivery, by=by, number=number)
    return delivery


def _line(delivery: Delivery, sent: SentBatch) -> DeliveryLine:
    return DeliveryLine(
        delivery_id=delivery.id,
        shipment_line_id=sent.shipment_line_id,
        drug_id=sent.drug_id,
        drug_name=sent.drug_name,
        pack_unit=sent.pack_unit,
        batch_no=sent.batch_no,
        expires_on=sent.expires_on,
        approval_no=sent.approval_no,
        pack_cost=sent.pack_cost,
        packs=sent.packs,
        codes=list(sent.codes),
    )


@use_case("distribution.delivery.receive")
def receive_shipment(
    *,
    delivery_id: int,
    location_id: int,
    lines: Annotated[list[ArrivedInput], Field(min_length=1, max_length=200)],
    temperature: Annotated[Decimal, Field(ge=-80, le=80, max_digits=4, decimal_places=1)] | None = None,
    by: Actor,
) -> Delivery:
    """Inspect a shipment of the district and take in what is right; what differs is told with its reason.

    A batch that is not named did not arrive as it was sent: that is refused. Special drugs wait for a second person.

    Raises:
        NotFound: no such delivery, line or place here.
        WrongState: it was received before.
        PartsWrong: what is accepted and what differs is not what was sent.
        ReasonMissing: packs differ, and nobody says why.
        ColdChainBroken: a drug that travels cold is accepted warm, or unmeasured.
        BatchExpired: an expired batch is accepted.
    """
    delivery = _lock(delivery_id, DeliveryStatus.AWAITED)
    if location_id not in {place.id for place in stock.list_locations()}:
        raise NotFound(field="location_id")
    known = {line.id: line for line in queries.lines_of_delivery(delivery_id)}
    controls = _controls(known.values())
    for number, given in enumerate(lines):
        _inspect(given, number, known, controls, temperature)
    _refuse_unnamed(known.values())
    delivery.location_id, delivery.temperature = location_id, temperature
    delivery.inspected_at = clock.now()
    delivery.inspected_by_id, delivery.inspected_by_name = by.account_id, by.name
    audit.record("delivery.inspected", delivery, by=by, number=delivery.number)
    accepted = [line for line in known.values() if line.accepted]
    if any(store.needs_two_signatures(controls[line.drug_id]) for line in accepted):
        delivery.status = DeliveryStatus.TO_SIGN
        return delivery
    return _post(delivery, list(known.values()), by)


@use_case("distribution.delivery.receive")
def sign_shipment(*, delivery_id: int, by: Actor) -> Delivery:
    """Sign the inspection of special drugs as the second person; then it is posted (双人验收).

    Raises:
        NotFound: no such delivery here.
        WrongState: it waits for no signature.
        SamePerson: the same person inspected it.
    """
    delivery = _lock(delivery_id, DeliveryStatus.TO_SIGN)
    if delivery.inspected_by_id == by.account_id:
        raise SamePerson
    delivery.second_by_name = by.name
    audit.record("delivery.signed", delivery, by=by, number=delivery.number)
    return _post(delivery, queries.lines_of_delivery(delivery_id), by)


@use_case("distribution.delivery.receive")
def withdraw_inspection(
    *, delivery_id: int, reason: Annotated[str, Field(min_length=2, max_length=200)], by: Actor
) -> Delivery:
    """Take an inspection back that nobody has signed as the second person, with the reason; it is inspected anew.

    What was found to differ stays written there until then.

    Raises:
        NotFound: no such delivery here.
        WrongState: it waits for no signature.
    """
    delivery = _lock(delivery_id, DeliveryStatus.TO_SIGN)
    inspected_by = delivery.inspected_by_name
    for line in queries.lines_of_delivery(delivery_id):
        line.accepted = None
    delivery.status = DeliveryStatus.AWAITED
    delivery.inspected_at = delivery.inspected_by_id = delivery.temperature = None
    delivery.inspected_by_name = ""
    delivery.withdrawn_by_name, delivery.withdrawn_reason = by.name, reason
    db.session.flush()
    audit.record(
        "delivery.withdrawn",
        delivery,
        by=by,
        number=delivery.number,
        reason=reason,
        inspected_by=inspected_by,
    )
    return delivery


def _inspect(
    given: ArrivedInput,
    number: int,
    known: Mapping[int, DeliveryLine],
    controls: Mapping[int, str],
    temperature: Decimal | None,
) -> None:
    line = known.get(given.line_id)
    if line is None:
        raise NotFound(field=f"lines-{number}-line_id")
    line.short, line.damaged, line.wrong_batch = given.short, given.damaged, given.wrong_batch
    if given.accepted + line.differing != line.packs:
        raise _parts_wrong(line, number)
    if line.differing and not given.reason.strip():
        raise ReasonMissing(field=f"lines-{number}-reason")
    is_cold = store.is_cold(temperature) or not store.is_cold_chain(controls[line.drug_id])
    if given.accepted and not is_cold:
        raise ColdChainBroken(field="temperature", drug=line.drug_name)
    line.accepted, line.reason = given.accepted, given.reason.strip()


def _refuse_unnamed(lines: Iterable[DeliveryLine]) -> None:
    for number, line in enumerate(lines):
        if line.accepted is None:
            raise _parts_wrong(line, number)


def _parts_wrong(line: DeliveryLine, number: int) -> PartsWrong:
    return PartsWrong(
        field=f"lines-{number}-accepted",
        drug=line.drug_name,
        batch=line.batch_no,
        packs=format_quantity(line.packs),
    )


def _controls(lines: Iterable[DeliveryLine]) -> dict[int, str]:
    found = catalogue.drugs_by_id(line.drug_id for line in lines)
    return {drug.id: drug.special_control for drug in found.values()}


def _post(delivery: Delivery, lines: Sequence[DeliveryLine], by: Actor) -> Delivery:
    accepted = [line for line in lines if line.accepted]
    if accepted:
        document = dispensing.take_in(
            DocumentKind.RECEIPT,
            Account.SUPPLIER,
            delivery.location_id or 0,
            [
                dispensing.StockLineInput(
                    drug_id=line.drug_id,
                    batch_no=line.batch_no,
                    expires_on=line.expires_on,
                    packs=line.accepted or Decimal(0),
                    pack_cost=line.pack_cost,
                )
                for line in accepted
            ],
            delivery.sender_name,
            by,
        )
        delivery.document_id = document.id
        _collect_codes(document.id, accepted, by)
    delivery.status = DeliveryStatus.RECEIVED
    db.session.flush()
    audit.record("delivery.received", delivery, by=by, number=delivery.number)
    emit(
        DeliveryReceived(
            shipment_id=delivery.shipment_id,
            document_id=delivery.document_id,
            lines=tuple(_told(line) for line in lines),
        )
    )
    return delivery


def _collect_codes(document_id: int, lines: Sequence[DeliveryLine], by: Actor) -> None:
    """Codes that came with the message are the packs' when every pack arrived; else they are scanned here.

    Codes that are refused hold up nobody's drugs: they are scanned on the receipt's page, which says why.
    """
    for line, (_, batch) in zip(lines, stock.moves_of(document_id), strict=True):
        if not line.codes or line.differing:
            continue
        codes = " ".join(line.codes)
        with suppress(DomainError), db.session.begin_nested():
            dispensing.collect_codes(document_id=document_id, batch_id=batch.id, codes=codes, by=by)


def _told(line: DeliveryLine) -> ArrivedBatch:
    return ArrivedBatch(
        shipment_line_id=line.shipment_line_id,
        accepted=line.accepted or Decimal(0),
        short=line.short,
        damaged=line.damaged,
        wrong_batch=line.wrong_batch,
        reason=line.reason,
    )


def _lock(delivery_id: int, status: DeliveryStatus) -> Delivery:
    delivery = lock_row(Delivery, delivery_id)
    if delivery is None:
        raise NotFound(field="delivery_id")
    if delivery.status != status:
        raise WrongState(number=delivery.number, status=delivery.status.label)
    return delivery
