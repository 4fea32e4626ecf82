"""Books on disk: written whole, so that nobody reads half of them, and never for more than a part of the time."""

import time
from collections.abc import Callable

SHARE = 20  # writing takes at most one part in so many


class Keeper:
    """Has books written down after a change; large ones, which take long, less often."""

    def __init__(self, write: Callable[[], None]) -> None:
        self._write = write
        self._changed, self._rests_until = False, 0.0

    def changed(self) -> None:
        """Something is new in the books."""
        self._changed = True
        if time.monotonic() >= self._rests_until:
            self.finish()

    def finish(self) -> None:
        """Write down what is not written yet."""
        if self._changed:
            began = time.monotonic()
            self._changed = False
            self._write()
            ended = time.monotonic()
            self._rests_until = ended + (ended - began) * (SHARE - 1)
