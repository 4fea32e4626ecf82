"""Keys of rows: 64-bit integers that grow with time and never collide between processes.

41 bits of milliseconds since 2025-01-01, 12 bits of node, 10 bits of sequence. The node is leased from the
control database, so two processes never hold the same one at a time.
"""

import os
import threading
import time
from collections.abc import Callable

EPOCH_MS = 1_735_689_600_000  # 2025-01-01T00:00:00Z
NODES = 1 << 12
_SEQUENCES = 1 << 10


class IdMaker:
    """Makes keys for one node; safe between threads, never goes back in time."""

    def __init__(self, node: int) -> None:
        if not 0 <= node < NODES:
            raise ValueError(f"node {node} is outside 0..{NODES - 1}")
        self._node = node
        self._lock = threading.Lock()
        self._last_ms = 0
        self._sequence = 0

    def next_id(self) -> int:
        """The next key; waits for the next millisecond when one has used all its sequence numbers."""
        with self._lock:
            ms = max(time.time_ns() // 1_000_000, self._last_ms)
            if ms == self._last_ms:
                self._sequence += 1
                if self._sequence == _SEQUENCES:
                    ms, self._sequence = self._last_ms + 1, 0
            else:
                self._sequence = 0
            self._last_ms = ms
            return ((ms - EPOCH_MS) << 22) | (self._node << 10) | self._sequence


_maker: IdMaker | None = None
_maker_process = 0
_lease: Callable[[], int] | None = None
_guard = threading.Lock()


def use_lease(lease: Callable[[], int]) -> None:
    """Say where a process gets its node number from (the factory does, once)."""
    global _lease, _maker
    _lease, _maker = lease, None


def ensure_node() -> None:
    """Lease a node number before a transaction begins; a forked worker leases one of its own."""
    global _maker, _maker_process
    if _maker is None or _maker_process != os.getpid():
        with _guard:
            if _maker is None or _maker_process != os.getpid():
                _maker, _maker_process = IdMaker(_lease() if _lease else 0), os.getpid()


def new_id() -> int:
    """A key for a new row."""
    if _maker is None or _maker_process != os.getpid():
        ensure_node()
    return _maker.next_id()  # type: ignore[union-attr]  # ensured above
