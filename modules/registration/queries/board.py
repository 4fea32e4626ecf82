"""The board of places: every session with its time windows and what a window may still sell of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app import clock
from modules.registration.models import Channel, ClinicSession, Slot
from modules.registration.queries.schedule import list_slots
from modules.registration.rules import slots as rules
from tenants import queries as tenants


@dataclass(frozen=True, slots=True)
class Window:
    """One time window as the board shows it; ``slot_id`` is where the next place would be taken."""

    starts_at: datetime
    slot_id: int
    left: int
    kept: int  # free places that are kept for other channels


@dataclass(slots=True)
class SessionBoard:
    """One session with its windows."""

    session: ClinicSession
    department: str
    practitioner: str
    windows: list[Window] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Places that this channel may still sell."""
        return sum(window.left for window in self.windows)

    def holds(self, slot_id: str) -> bool:
        """Whether the slot is one of this session's windows."""
        return any(str(window.slot_id) == slot_id for window in self.windows)


@dataclass(frozen=True, slots=True)
class Names:
    """Names of departments and practitioners."""

    departments: dict[int, str]
    practitioners: dict[int, str]

    def of(self, department_id: int | None, practitioner_id: int | None) -> tuple[str, str]:
        """Both names, empty when there is none."""
        department = self.departments.get(department_id or 0, "")
        return department, self.practitioners.get(practitioner_id or 0, "")


def names_for(practitioner_ids: Iterable[int | None]) -> Names:
    """Names of all departments and of these practitioners: two statements."""
    wanted = {key for key in practitioner_ids if key is not None}
    departments = {row.id: row.name for row in tenants.list_departments()}
    return Names(departments, tenants.practitioner_names(wanted) if wanted else {})


def board_of(
    sessions: Sequence[ClinicSession],
    names: Names,
    *,
    channel: Channel = Channel.WINDOW,
    release_minutes: int = 0,
) -> list[SessionBoard]:
    """The sessions with their windows that are not over. One statement."""
    boards = {
        session.id: SessionBoard(session, *names.of(session.department_id, session.practitioner_id))
        for session in sessions
    }
    by_window: dict[tuple[int, datetime], list[Slot]] = {}
    now = clock.now()
    for slot in list_slots(boards) if boards else []:
        if slot.ends_at > now:
            by_window.setdefault((slot.session_id, slot.starts_at), []).append(slot)
    for (session_id, starts_at), slots in by_window.items():
        open_slots = [slot for slot in slots if _is_open(slot, channel, now, release_minutes)]
        free = [slot for slot in open_slots if slot.left > 0]
        boards[session_id].windows.append(
            Window(
                starts_at,
                (free or open_slots or slots)[0].id,
                sum(slot.left for slot in free),
                sum(slot.left for slot in slots if slot not in open_slots),
            )
        )
    return list(boards.values())


def _is_open(slot: Slot, channel: Channel, now: datetime, release_minutes: int) -> bool:
    return rules.is_open_to(
        rules.Channel(slot.channel.value),
        rules.Channel(channel.value),
        starts_at=slot.starts_at,
        now=now,
        release_minutes=release_minutes,
    )


def first_free(boards: Sequence[SessionBoard], *, department_id: int | None = None) -> Window | None:
    """The window that is proposed: the earliest with a free place, of this department if it has one."""
    free = [
        (board.session.department_id != department_id, window.starts_at, -window.left, window)
        for board in boards
        for window in board.windows
        if window.left > 0
    ]
    return min(free, key=lambda found: found[:3])[3] if free else None
