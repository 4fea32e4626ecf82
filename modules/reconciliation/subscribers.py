"""What reconciliation refuses while money is booked at another desk."""

from modules.charging.events import BillRefunded, BillSettled
from modules.reconciliation import services


def keep_tied_out(event: BillSettled | BillRefunded) -> None:
    """Nothing is booked into a day that is tied out."""
    services.refuse_late_booking(event.on, {tender.method for tender in event.tenders})
