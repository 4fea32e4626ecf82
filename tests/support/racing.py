"""Desks that act in the same moment."""

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Each act in a thread of its own, all let go together; refusals are outcomes too."""
    outcomes: list[Any] = [None] * len(acts)
    together = threading.Barrier(len(acts))

    def run(place: int) -> None:
        with app.app_context():
            together.wait()
            try:
                outcomes[place] = acts[place]()
            except Exception as refusal:
                outcomes[place] = refusal

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
