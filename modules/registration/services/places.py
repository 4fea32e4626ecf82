"""Places of a slot, shared by visits and appointments."""

from app import clock
from app.db import lock_row
from modules.registration.models import Appointment, Slot, Visit
from modules.registration.rules import visits


def give_back_place(holder: Visit | Appointment) -> None:
    """The place returns to the pool, if its window has not begun."""
    if holder.slot_id is None or holder.window_starts_at is None:
        return
    if not visits.place_returns_to_pool(now=clock.now(), window_start=holder.window_starts_at):
        return
    slot = lock_row(Slot, holder.slot_id)
    if slot is not None:
        slot.give_back_place()
