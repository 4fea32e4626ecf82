"""A pharmacy asks the storeroom for drugs: applied for, approved, sent, received or refused (请领)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit, clock, ids, numbering
from app.actor import Actor
from app.db import db, lock_row
from app.errors import InvalidInput, NotFound
from app.i18n import N_, gettext
from app.money import format_quantity
from app.use_cases import use_case
from modules.catalogue import queries as catalogue
from modules.dispensing import queries as stock
from modules.dispensing import services as dispensing
from modules.dispensing.queries import LocationKind
from modules.storeroom import queries
from modules.storeroom.errors import (
    PlanEmpty,
    ReasonMissing,
    TooMuchApproved,
    TooMuchReceived,
    WrongPlace,
    WrongState,
)
from modules.storeroom.models import (
    Outcome,
    Requisition,
    RequisitionLine,
    RequisitionStatus,
    ShippedPart,
)
from modules.storeroom.services.purchasing import Reason, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class RequisitionLineInput:
    """How much of a drug is asked for: whole packs and loose minimum units."""

    drug_id: int
    packs: Units = Decimal(0)
    loose: Units = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedLineInput:
    """How much of a line is approved, in minimum units."""

    line_id: int
    quantity: Units


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedPartInput:
    """How much of what was sent is taken in, in minimum units."""

    part_id: int
    quantity: Units


@use_case("storeroom.requisition.apply")
def apply_requisition(
    *,
    from_location_id: int,
    to_location_id: int,
    lines: Annotated[list[RequisitionLineInput], Field(min_length=1, max_length=200)],
    by: Actor,
) -> Requisition:
    """Ask a storeroom for drugs for a pharmacy.

    Raises:
        NotFound: no such place or drug here.
        WrongPlace: one asks a storeroom, for a pharmacy.
        InvalidInput: a line without a quantity.
    """
    kinds = {place.id: place.kind for place in stock.list_locations()}
    for name, place in (("from_location_id", from_location_id), ("to_location_id", to_location_id)):
        if place not in kinds:
            raise NotFound(field=name)
    if kinds[from_location_id] != LocationKind.STOREROOM or kinds[to_location_id] != LocationKind.PHARMACY:
        raise WrongPlace(field="from_location_id")
    requisition = Requisition(
        id=ids.new_id(),
        number=numbering.next_number("storeroom.requisition", on=clock.today(), prefix="QL"),
        status=RequisitionStatus.APPLIED,
        from_location_id=from_location_id,
        to_location_id=to_location_id,
        applied_at=clock.now(),
        applied_by_id=by.account_id,
        applied_by_name=by.name,
    )
    db.session.add(requisition)
    db.session.flush()
    db.session.add_all(_lines(requisition, lines))
    db.session.flush()
    audit.record("requisition.applied", requisition, by=by, number=requisition.number)
    return requisition


def _lines(requisition: Requisition, lines: Sequence[RequisitionLineInput]) -> list[RequisitionLine]:
    """Two lines of one drug become one."""
    drugs = catalogue.drugs_by_id(line.drug_id for line in lines)
    found: dict[int, RequisitionLine] = {}
    for number, line in enumerate(lines):
        drug = drugs.get(line.drug_id)
        if drug is None:
            raise NotFound(field=f"lines-{number}-drug_id")
        quantity = line.packs * drug.pack_factor + line.loose
        if quantity <= 0:
            raise InvalidInput({f"lines-{number}-packs": [gettext(N_("Enter a quantity."))]})
        if drug.id in found:
            found[drug.id].wanted += quantity
            continue
        found[drug.id] = RequisitionLine(
            requisition_id=requisition.id,
            drug_id=drug.id,
            drug_code=drug.code,
            drug_name=f"{drug.name} {drug.strength}"[:160],
            min_unit=drug.min_unit,
            pack_unit=drug.pack_unit,
            pack_factor=drug.pack_factor,
            wanted=quantity,
            approved=Decimal(0),
        )
    return list(found.values())


@use_case("storeroom.requisition.approve")
def approve_requisition(
    *,
    requisition_id: int,
    lines: Annotated[list[ApprovedLineInput], Field(min_length=1, max_length=200)],
    by: Actor,
) -> Requisition:
    """Approve a requisition, whole or less; a line that is not named gets nothing.

    Raises:
        NotFound: no such requisition or line here.
        WrongState: it was decided before.
        TooMuchApproved: more than was asked for.
        PlanEmpty: nothing of it is approved.
    """
    requisition = _lock(requisition_id, RequisitionStatus.APPLIED)
    known = {line.id: line for line in queries.lines_of_requisition(requisition_id)}
    for number, given in enumerate(lines):
        if given.line_id not in known:
            raise NotFound(field=f"lines-{number}-line_id")
        line = known[given.line_id]
        if given.quantity > line.wanted:
            wanted = f"{format_quantity(line.wanted)} {line.min_unit}"
            raise TooMuchApproved(field=f"lines-{number}-quantity", drug=line.drug_name, wanted=wanted)
        line.approved = given.quantity
    if not any(line.approved for line in known.values()):
        raise PlanEmpty
    requisition.status, requisition.approved_by_name = RequisitionStatus.APPROVED, by.name
    audit.record("requisition.approved", requisition, by=by, number=requisition.number)
    return requisition


@use_case("storeroom.requisition.approve")
def reject_requisition(*, requisition_id: int, reason: Reason, by: Actor) -> Requisition:
    """Reject a requisition, with the reason.

    Raises:
        NotFound: no such requisition here.
        WrongState: it was decided before.
    """
    requisition = _lock(requisition_id, RequisitionStatus.APPLIED)
    requisition.status, requisition.reason = RequisitionStatus.REJECTED, reason
    requisition.approved_by_name = by.name
    audit.record("requisition.rejected", requisition, by=by, number=requisition.number, reason=reason)
    return requisition


@use_case("storeroom.requisition.ship")
def give_requisition_up(*, requisition_id: int, reason: Reason, by: Actor) -> Requisition:
    """End an approved requisition that cannot be sent, with the reason; the pharmacy asks anew for what it needs.

    Raises:
        NotFound: no such requisition here.
        WrongState: it is not approved, or was sent.
    """
    requisition = _lock(requisition_id, RequisitionStatus.APPROVED)
    requisition.status, requisition.reason = RequisitionStatus.GIVEN_UP, reason
    audit.record("requisition.given_up", requisition, by=by, number=requisition.number, reason=reason)
    return requisition


@use_case("storeroom.requisition.ship")
def ship_requisition(*, requisition_id: int, by: Actor) -> Requisition:
    """Send what was approved, the nearest expiry first; until it is received it is on the way (在途).

    Raises:
        NotFound: no such requisition here.
        WrongState: it is not approved, or was sent before.
        OutOfStock: a line cannot be sent whole; then nothing is.
    """
    requisition = _lock(requisition_id, RequisitionStatus.APPROVED)
    lines = [line for line in queries.lines_of_requisition(requisition_id) if line.approved]
    document, taken = dispensing.ship(
        location_id=requisition.from_location_id,
        wanted=[dispensing.Wanted(drug_id=line.drug_id, quantity=line.approved, field="") for line in lines],
        by=by,
    )
    db.session.add_all(
        ShippedPart(
            requisition_id=requisition.id,
            line_id=lines[one.line].id,
            batch_id=one.batch.id,
            shipped=one.quantity,
        )
        for one in taken
    )
    requisition.status, requisition.shipped_by_name = RequisitionStatus.IN_TRANSIT, by.name
    requisition.shipment_id = document.id
    db.session.flush()
    audit.record("requisition.shipped", requisition, by=by, number=requisition.number)
    return requisition


@use_case("storeroom.requisition.receive")
def receive_requisition(
    *,
    requisition_id: int,
    parts: Annotated[list[ReceivedPartInput], Field(min_length=1, max_length=500)],
    outcome: Outcome | None = None,
    reason: Annotated[str, Field(max_length=200)] = "",
    by: Actor,
) -> Requisition:
    """Take in what was sent; a difference goes back to the storeroom or is a loss, with the reason.

    A part that is not named was not received. Nothing received at all is a refusal.

    Raises:
        NotFound: no such requisition or part here.
        WrongState: it is not on the way.
        TooMuchReceived: more than was sent.
        ReasonMissing: something is missing, and neither what became of it nor why is said.
    """
    requisition = _lock(requisition_id, RequisitionStatus.IN_TRANSIT)
    shipped = {row.id: row for row in queries.lock_shipped_parts(requisition_id)}
    batches = stock.batches_by_id(row.batch_id for row in shipped.values())
    received = dict.fromkeys(shipped, Decimal(0))
    for number, given in enumerate(parts):
        row = shipped.get(given.part_id)
        if row is None:
            raise NotFound(field=f"parts-{number}-part_id")
        if given.quantity > row.shipped:
            batch = batches[row.batch_id]
            raise TooMuchReceived(
                field=f"parts-{number}-quantity",
                drug=batch.drug_name,
                batch=batch.batch_no,
                shipped=f"{format_quantity(row.shipped)} {batch.min_unit}",
            )
        received[given.part_id] = given.quantity
    missing = {row.id: row.shipped - received[row.id] for row in shipped.values()}
    if any(missing.values()) and (outcome is None or not reason.strip()):
        raise ReasonMissing(field="reason")
    for row in shipped.values():
        row.received = received[row.id]
    sent = dict(stock.moved_batches(requisition.shipment_id or 0))
    came, gone = _parts(shipped, received, sent), _parts(shipped, missing, sent)
    split = {part.batch_id for part in came} & {
        part.batch_id for part in gone
    }  # scanned again where they are
    _post(requisition, came, split, by)
    _post_missing(requisition, gone, split, outcome, reason.strip(), by)
    requisition.received_by_name = by.name
    requisition.status = RequisitionStatus.RECEIVED if any(received.values()) else RequisitionStatus.REFUSED
    db.session.flush()
    audit.record("requisition.received", requisition, by=by, number=requisition.number, reason=reason)
    return requisition


def _post(requisition: Requisition, parts: list[dispensing.Part], split: set[int], by: Actor) -> None:
    if parts:
        document = dispensing.arrive(location_id=requisition.to_location_id, parts=parts, by=by)
        requisition.arrival_id = document.id
        _bring_codes(requisition, document, parts, split, by)


def _bring_codes(
    requisition: Requisition,
    document: stock.Document,
    parts: list[dispensing.Part],
    split: set[int],
    by: Actor,
) -> None:
    batches = {part.batch_id for part in parts} - split
    dispensing.bring_codes(
        sent_with=requisition.shipment_id or 0, document=document, batch_ids=batches, by=by
    )


def _post_missing(
    requisition: Requisition,
    parts: list[dispensing.Part],
    split: set[int],
    outcome: Outcome | None,
    reason: str,
    by: Actor,
) -> None:
    if not parts:
        return
    home = requisition.from_location_id
    if outcome == Outcome.RETURNED:
        document = dispensing.arrive(location_id=home, parts=parts, reason=reason, by=by)
    else:
        document = dispensing.lose_on_the_way(location_id=home, parts=parts, reason=reason, by=by)
    _bring_codes(requisition, document, parts, split, by)
    requisition.difference_id, requisition.outcome, requisition.reason = document.id, outcome, reason


def _parts(
    shipped: Mapping[int, ShippedPart], quantities: Mapping[int, Decimal], sent: dict[int, stock.OnTheWay]
) -> list[dispensing.Part]:
    """By batch, as two lines may have taken from one; each takes its share of what it cost when it was sent."""
    sums: dict[int, Decimal] = {}
    for row in shipped.values():
        sums[row.batch_id] = sums.get(row.batch_id, Decimal(0)) + quantities[row.id]
    parts = []
    for batch_id, quantity in sums.items():
        if quantity:
            cost, sent[batch_id] = sent[batch_id].take(quantity)
            parts.append(dispensing.Part(batch_id=batch_id, quantity=quantity, cost_amount=cost))
    return parts


def _lock(requisition_id: int, status: RequisitionStatus) -> Requisition:
    requisition = lock_row(Requisition, requisition_id)
    if requisition is None:
        raise NotFound(field="requisition_id")
    if requisition.status != status:
        raise WrongState(number=requisition.number, status=requisition.status.label)
    return requisition
