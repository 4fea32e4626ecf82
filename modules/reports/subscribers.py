"""What reports do when money or stock has moved."""

from modules.charging.events import BillRefunded, BillSettled
from modules.dispensing.events import StockMoved
from modules.reports import services


def note_movement(event: BillSettled | BillRefunded | StockMoved) -> None:
    """The sums of its day are to be made anew."""
    services.note_day(on=event.on, by=event.actor)
