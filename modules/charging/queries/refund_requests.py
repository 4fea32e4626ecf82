"""Reading requests for refunds: of a visit, of a prescription, and the lists of who is next."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from app.actor import Actor
from app.db import Page, db, page_by_key
from app.money import format_quantity
from modules.charging.errors import RefundRequestNotHere
from modules.charging.models import (
    OPEN_REQUESTS,
    PAID,
    Charge,
    ChargeSource,
    RefundRequest,
    RefundRequestLine,
    RefundRequestStep,
    RequestState,
)
from modules.charging.rules.refund_requests import to_come_back

_WAITING = {"refund": (RequestState.CONFIRMED,), "confirm": (RequestState.ASKED,)}


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A charge of which something is asked back."""

    line: RefundRequestLine
    charge: Charge

    @property
    def to_come_back(self) -> Decimal:
        """How much of it is with the patient, or was done, and must come back first."""
        return to_come_back(self.line.quantity, self.charge.left_quantity)


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request with its lines and how it went on."""

    request: RefundRequest
    lines: list[AskedLine]
    steps: list[RefundRequestStep]

    @property
    def text(self) -> str:
        """What is asked back, in one line."""
        return ", ".join(
            f"{row.charge.item_name} {format_quantity(row.line.quantity)} {row.charge.unit}"
            for row in self.lines
        )


def get_request(request_id: int) -> RefundRequest:
    """The request as it stands now, or NotFound."""
    found = db.session.get(RefundRequest, request_id, populate_existing=True)
    if found is None:
        raise RefundRequestNotHere(field="request_id")
    return found


def lines_of_request(request_id: int) -> list[AskedLine]:
    """What a request asks back, in the order of the bill."""
    statement = (
        select(RefundRequestLine, Charge)
        .join(Charge, Charge.id == RefundRequestLine.charge_id)
        .where(RefundRequestLine.request_id == request_id)
        .order_by(Charge.id)
        .execution_options(populate_existing=True)
    )
    return [AskedLine(row[0], row[1]) for row in db.session.execute(statement)]


def open_lines(charge_ids: Iterable[int]) -> dict[int, tuple[RefundRequestLine, RefundRequest]]:
    """Charge → the open line that asks it back, with its request. One statement."""
    statement = (
        select(RefundRequestLine, RefundRequest)
        .join(RefundRequest, RefundRequest.id == RefundRequestLine.request_id)
        .where(
            RefundRequestLine.charge_id.in_(sorted(charge_ids)),
            RefundRequestLine.closed_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    return {row[0].charge_id: (row[0], row[1]) for row in db.session.execute(statement)}


def has_open_lines(request_id: int) -> bool:
    """Whether something of a request still waits for its refund."""
    statement = select(RefundRequestLine.id).where(
        RefundRequestLine.request_id == request_id, RefundRequestLine.closed_at.is_(None)
    )
    return db.session.scalar(statement.limit(1)) is not None


def open_request_of(prescription_id: int) -> list[tuple[RefundRequest, AskedLine]]:
    """What is asked back of a prescription and not refunded, line by line with its request. One statement."""
    statement = (
        select(RefundRequest, RefundRequestLine, Charge)
        .join(RefundRequestLine, RefundRequestLine.request_id == RefundRequest.id)
        .join(Charge, Charge.id == RefundRequestLine.charge_id)
        .where(
            Charge.prescription_id == prescription_id,
            Charge.asked_quantity > 0,
            RefundRequestLine.closed_at.is_(None),
        )
        .order_by(Charge.id)
    )
    return [(row[0], AskedLine(row[1], row[2])) for row in db.session.execute(statement)]


def asked_of_prescription(prescription_id: int) -> list[RefundRequest]:
    """Requests of a prescription that wait for the pharmacy's word, the oldest first."""
    statement = (
        select(RefundRequest)
        .where(
            RefundRequest.prescription_id == prescription_id,
            RefundRequest.state == RequestState.ASKED,
        )
        .order_by(RefundRequest.id)
    )
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def prescriptions_asked_back() -> Select[int]:
    """Prescriptions of which a doctor asks something back from the pharmacy, to be part of a statement there."""
    return select(func.coalesce(RefundRequest.prescription_id, 0)).where(
        RefundRequest.state == RequestState.ASKED, RefundRequest.prescription_id.is_not(None)
    )


def requests_of_visit(visit_id: int) -> list[RequestView]:
    """The requests of a visit with lines and steps, the latest first. Three statements."""
    statement = select(RefundRequest).where(RefundRequest.visit_id == visit_id)
    return _views(list(db.session.scalars(statement.order_by(RefundRequest.id.desc()))))


def request_view(request_id: int) -> RequestView:
    """One request with lines and steps, or NotFound."""
    return _views([get_request(request_id)])[0]


def _views(requests: list[RefundRequest]) -> list[RequestView]:
    wanted = sorted(request.id for request in requests)
    if not wanted:
        return []
    lines: dict[int, list[AskedLine]] = {key: [] for key in wanted}
    asked = (
        select(RefundRequestLine, Charge)
        .join(Charge, Charge.id == RefundRequestLine.charge_id)
        .where(RefundRequestLine.request_id.in_(wanted))
        .order_by(Charge.id)
    )
    for line, charge in db.session.execute(asked):
        lines[line.request_id].append(AskedLine(line, charge))
    steps: dict[int, list[RefundRequestStep]] = {key: [] for key in wanted}
    taken = select(RefundRequestStep).where(RefundRequestStep.request_id.in_(wanted))
    for step in db.session.scalars(taken.order_by(RefundRequestStep.id)):
        steps[step.request_id].append(step)
    return [RequestView(request, lines[request.id], steps[request.id]) for request in requests]


def list_requests(*, kind: str = "", before: int | None = None, size: int = 40) -> Page[RefundRequest]:
    """Requests that wait for the cashier (``refund``), for their confirmation (``confirm``), or all of them."""
    statement: Any = select(RefundRequest)
    if kind in _WAITING:
        statement = statement.where(RefundRequest.state.in_(_WAITING[kind]))
    return page_by_key(statement, RefundRequest.id, before=before, size=size)


def first_to_refund(*, size: int) -> tuple[int, list[RefundRequest]]:
    """How many requests wait for the cashier, and the oldest. One statement."""
    return _first(
        select(RefundRequest, func.count().over()).where(RefundRequest.state == RequestState.CONFIRMED), size
    )


def first_for_doctor(by: Actor, *, size: int) -> tuple[int, list[RefundRequest]]:
    """Refusals that a doctor has not read, and services of the department to confirm. One statement."""
    refused = and_(
        RefundRequest.state == RequestState.REFUSED,
        RefundRequest.seen_at.is_(None),
        RefundRequest.asked_by_id == by.account_id,
    )
    to_confirm = and_(
        RefundRequest.state == RequestState.ASKED,
        RefundRequest.prescription_id.is_(None),
        RefundRequest.department_id == by.department_id,
        RefundRequest.asked_by_id != by.account_id,
    )
    return _first(select(RefundRequest, func.count().over()).where(or_(refused, to_confirm)), size)


def _first(statement: Any, size: int) -> tuple[int, list[RefundRequest]]:
    rows = db.session.execute(statement.order_by(RefundRequest.id).limit(size)).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def requestable(charge: Charge) -> Decimal:
    """How much of a line may be asked back: what is paid and not refunded, save decocting that was done."""
    if charge.status not in PAID:
        return Decimal(0)
    if charge.source_kind == ChargeSource.DECOCTION:
        return charge.left_quantity
    return charge.quantity - charge.refunded_quantity


def asked_unlike_open_lines() -> tuple[Decimal, Decimal]:
    """Σ of what charges say is asked back, and Σ of the open lines of open requests."""
    on_charges = db.session.scalar(select(func.sum(Charge.asked_quantity)).where(Charge.asked_quantity > 0))
    in_lines = db.session.scalar(
        select(func.sum(func.coalesce(RefundRequestLine.confirmed_quantity, RefundRequestLine.quantity)))
        .join(RefundRequest, RefundRequest.id == RefundRequestLine.request_id)
        .where(RefundRequestLine.closed_at.is_(None), RefundRequest.state.in_(OPEN_REQUESTS))
    )
    return on_charges or Decimal(0), in_lines or Decimal(0)
