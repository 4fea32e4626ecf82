"""What reports do when money or stock has moved."""

from modules.charging.events import BillRefunded, BillSettled
from modules.dispensing.events import DrugsReturned, StockReceived
from modules.reports import services


def note_movement(event: BillSettled | BillRefunded | StockReceived | DrugsReturned) -> None:
    """The sums of its day are to be made anew; what is handed out is added up with the next of these, or by night."""
    services.note_day(on=event.on, by=event.actor)
