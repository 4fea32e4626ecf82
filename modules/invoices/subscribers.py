"""What happens to invoices when a bill is settled or refunded."""

from modules.charging.events import BillRefunded, BillSettled
from modules.invoices import services


def void_paper(event: BillRefunded) -> None:
    """The paper of a refunded receipt is void, or gets a red one."""
    services.follow_refund(event)


def owe_electronic(event: BillSettled) -> None:
    """A blue invoice is owed, from the outbox."""
    services.note_settled(settlement_id=event.settlement_id, by=event.actor)


def follow_refund(event: BillRefunded) -> None:
    """A red invoice is owed, and a blue one for what is kept, from the outbox."""
    services.note_refunded(
        original_id=event.original_id,
        mirror_id=event.mirror_id,
        resettlement_id=event.resettlement_id,
        by=event.actor,
    )
