"""Which copies of a partition may be read: how far each lags behind, by rules that a test can drive by hand."""

import time
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

NEAR_SECONDS, FAR_SECONDS = 5.0, 30.0
GOOD_PROBES, BAD_PROBES = 3, 3
SILENT_AFTER_SECONDS = 4.0  # without a probe nobody knows
PROBE_EVERY_SECONDS = 1.0


class State(Enum):
    """Whether a copy is used."""

    IN = "in"
    SUSPECT = "suspect"  # no new units
    OUT = "out"


@dataclass(slots=True)
class Replica:
    """One copy for reading as this process sees it."""

    partition: str
    key: str  # of its engine
    state: State = State.SUSPECT
    lag: float | None = None  # seconds behind the primary, by the last probe that succeeded
    good: int = 0
    failed: int = 0
    probed_at: float = float("-inf")  # monotonic
    left_at: float | None = None  # monotonic, since when it is not used
    reason: str = "new"

    @property
    def is_usable(self) -> bool:
        """Whether a new unit may read here."""
        return self.state is State.IN and time.monotonic() - self.probed_at < SILENT_AFTER_SECONDS

    def note_lag(self, lag: float) -> None:
        """A probe answered: the copy is so many seconds behind."""
        self.probed_at, self.lag, self.failed = time.monotonic(), lag, 0
        if lag > NEAR_SECONDS:
            self.good = 0
            self._leave(State.OUT if lag > FAR_SECONDS else State.SUSPECT, "lag")
            return
        self.good += 1
        if self.good >= GOOD_PROBES:
            self.state, self.left_at, self.reason = State.IN, None, ""

    def note_failure(self, reason: str = "no answer") -> None:
        """A probe failed, or a unit lost its connection."""
        self.probed_at, self.good = time.monotonic(), 0
        self.failed += 1
        self._leave(State.OUT if self.failed >= BAD_PROBES else State.SUSPECT, reason)

    def note_primary(self) -> None:
        """It says that it is a primary itself."""
        self.probed_at, self.good = time.monotonic(), 0
        self._leave(State.OUT, "primary")

    def _leave(self, state: State, reason: str) -> None:
        if self.left_at is None:
            self.left_at = time.monotonic()
        self.state, self.reason = state, reason


def lag_between(primary: datetime | None, copy: datetime | None) -> float:
    """Seconds between two beats of the same row; a copy that has none is far behind."""
    if primary is None:
        return 0.0
    if copy is None:
        return FAR_SECONDS + 1
    return max(0.0, (primary - copy).total_seconds())
