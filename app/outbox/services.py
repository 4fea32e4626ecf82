"""What people decide about messages that the relay has given up. Each decision counts once, in however many windows."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import update

from app import audit, clock, ids
from app.actor import Actor
from app.db import db, update_rows
from app.errors import Conflict, DomainError, NotFound
from app.events import subscriptions
from app.i18n import N_
from app.outbox import payloads, queries
from app.records import ControlDelivery, Delivery, DeliveryStatus
from app.use_cases import use_case

REVEAL = "accounts.outbox.reveal"
Numbers = Annotated[list[int], Field(min_length=1, max_length=queries.MOST_AT_ONCE)]
Reason = Annotated[str, Field(min_length=5, max_length=300)]
Typed = Annotated[
    dict[Annotated[str, Field(max_length=200)], Annotated[str, Field(max_length=2000)]],
    Field(max_length=2000),
]


class NotGivenUp(Conflict):
    """The relay or another person has dealt with it."""

    code = "outbox.not_given_up"
    message = N_("This message no longer needs a decision: somebody has already dealt with it.")


class NothingCorrected(DomainError):
    """What was typed is what stands there."""

    code = "outbox.nothing_corrected"
    message = N_("Nothing was changed. Correct a field, or send the message again as it is.")


class KindGone(DomainError):
    """The product no longer knows this kind of message."""

    code = "outbox.kind_gone"
    message = N_("The product no longer knows messages of this kind; it can only be abandoned.")


@use_case("accounts.outbox.manage")
def send_messages(*, delivery_ids: Numbers, by: Actor) -> None:
    """Put messages of the centre's work that were given up back into the queue; others among them stay as they are.

    Raises:
        NotFound: none of them is here.
    """
    _send(delivery_ids, in_control=False, by=by)


@use_case("accounts.outbox.manage", database="control")
def send_control_messages(*, delivery_ids: Numbers, by: Actor) -> None:
    """As ``send_messages``, for those about accounts and settings.

    Raises:
        NotFound: none of them is here.
    """
    _send(delivery_ids, in_control=True, by=by)


@use_case("accounts.outbox.correct")
def correct_message(*, delivery_id: int, values: Typed, reason: Reason, by: Actor) -> Delivery:
    """Send a corrected message in the place of one that was given up, which stays as it was said.

    ``values`` are the fields as typed, by path (``lines-0-quantity``); a path that is not given stays.

    Raises:
        NotFound: no such message here.
        NotGivenUp: somebody has dealt with it.
        NothingCorrected: nothing differs.
        KindGone: its type is unknown.
        InvalidInput: a field is not as the type of the event wants it.
    """
    made: Delivery = _correct(delivery_id, values, reason, in_control=False, by=by)
    return made


@use_case("accounts.outbox.correct", database="control")
def correct_control_message(*, delivery_id: int, values: Typed, reason: Reason, by: Actor) -> ControlDelivery:
    """As ``correct_message``, for one about accounts and settings.

    Raises:
        NotFound, NotGivenUp, NothingCorrected, KindGone, InvalidInput: as there.
    """
    made: ControlDelivery = _correct(delivery_id, values, reason, in_control=True, by=by)
    return made


@use_case("accounts.outbox.correct")
def abandon_message(*, delivery_id: int, reason: Reason, by: Actor) -> Delivery:
    """Decide that a message that was given up is not needed; it is never sent.

    Raises:
        NotFound: no such message here.
        NotGivenUp: somebody has dealt with it.
    """
    row: Delivery = _abandon(delivery_id, reason, in_control=False, by=by)
    return row


@use_case("accounts.outbox.correct", database="control")
def abandon_control_message(*, delivery_id: int, reason: Reason, by: Actor) -> ControlDelivery:
    """As ``abandon_message``, for one about accounts and settings.

    Raises:
        NotFound, NotGivenUp: as there.
    """
    row: ControlDelivery = _abandon(delivery_id, reason, in_control=True, by=by)
    return row


def _send(delivery_ids: list[int], *, in_control: bool, by: Actor) -> None:
    delivery, _event = queries.tables(in_control)
    again = update(delivery).where(
        delivery.id.in_(delivery_ids),
        delivery.tenant_id == queries.owner_of(by),
        delivery.status == DeliveryStatus.DEAD.value,
    )
    moved = update_rows(again.values(status=DeliveryStatus.WAITING.value, attempts=0, due_at=clock.now()))
    if not moved and not queries.count_underway(delivery_ids, in_control=in_control, by=by):
        raise NotFound(field="delivery_ids")
    audit.record("delivery.sent_again", None, by=by, deliveries=delivery_ids, count=moved)


def _correct(delivery_id: int, typed: dict[str, str], reason: str, *, in_control: bool, by: Actor) -> Any:
    old, said = queries.get_message(delivery_id, in_control=in_control, by=by)
    if said.name not in subscriptions.types:
        raise KindGone
    payload, changes = payloads.corrected(said.name, said.payload, typed, may_see=by.may(REVEAL))
    if not changes:
        raise NothingCorrected
    _settle(old, DeliveryStatus.CORRECTED, in_control=in_control, by=by)
    delivery, event = queries.tables(in_control)
    anew = event(
        id=ids.new_id(), tenant_id=said.tenant_id, name=said.name, at=said.at, on=said.on, payload=payload
    )
    row = delivery(
        tenant_id=old.tenant_id,
        event_id=anew.id,
        event_name=old.event_name,
        subscriber=old.subscriber,
        due_at=clock.now(),
        corrected_from=old.id,
        reason=reason,
    )
    db.session.add_all([anew, row])
    db.session.flush()
    told = {"event": said.name, "corrected_from": old.id, "reason": reason, "changed": changes}
    audit.record("delivery.corrected", row, by=by, **told)
    return row


def _abandon(delivery_id: int, reason: str, *, in_control: bool, by: Actor) -> Any:
    row, said = queries.get_message(delivery_id, in_control=in_control, by=by)
    _settle(row, DeliveryStatus.ABANDONED, in_control=in_control, by=by, reason=reason)
    audit.record("delivery.abandoned", row, by=by, event=said.name, reason=reason)
    return row


def _settle(row: Any, status: DeliveryStatus, *, in_control: bool, by: Actor, **values: Any) -> None:
    """The one who finds it given up decides."""
    delivery, _event = queries.tables(in_control)
    decided = update(delivery).where(
        delivery.id == row.id,
        delivery.tenant_id == queries.owner_of(by),
        delivery.status == DeliveryStatus.DEAD.value,
    )
    if update_rows(decided.values(status=status.value, **values)) != 1:
        raise NotGivenUp
