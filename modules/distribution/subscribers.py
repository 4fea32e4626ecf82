"""District and centre hear each other's messages."""

from dataclasses import replace

from app import clock
from modules.distribution import services
from modules.distribution.events import DeliveryReceived, PlanHandedIn, ShipmentSent


def take_plan(event: PlanHandedIn) -> None:
    """A centre's plan reaches the district."""
    services.take_request(
        plan_id=event.plan_id,
        number=event.number,
        handed_in_at=event.at or clock.now(),
        lines=list(event.lines),
        by=event.actor,
    )


def announce_shipment(event: ShipmentSent) -> None:
    """A shipment is awaited at its centre."""
    services.expect_delivery(
        shipment_id=event.shipment_id,
        number=event.number,
        sender_name=event.sender_name,
        shipped_at=event.shipped_at,
        lines=list(event.lines),
        by=replace(event.actor, tenant_id=event.centre_id),
    )


def note_arrival(event: DeliveryReceived) -> None:
    """The district hears what arrived."""
    services.note_arrival(
        shipment_id=event.shipment_id,
        received_at=event.at or clock.now(),
        lines=list(event.lines),
        by=event.actor,
    )
