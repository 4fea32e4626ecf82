"""After a failover: the epoch of a database rises, so that nobody writes to the primary of the past again."""

from functools import partial
from typing import Any

from sqlalchemy import select

from app import clock
from app.db import db
from app.db.places import ClusterState, ControlClusterState, Partition
from app.db.retrying import persistently
from app.db.units import kernel_unit


def note_promotion(name: str) -> int:
    """Raise the epoch on the server that is the primary now, then in the directory; returns the new one.

    Done again it raises it once more, which harms nobody.
    """
    epoch = max(persistently(partial(_carried, name)), persistently(partial(_known, name))) + 1
    persistently(partial(_raise_on_server, name, epoch))
    persistently(partial(_raise_in_directory, name, epoch))
    return epoch


def _state(name: str) -> Any:
    return ControlClusterState if name == "control" else ClusterState


def _unit(name: str) -> Any:
    return kernel_unit("" if name == "control" else name)


def _carried(name: str) -> int:
    with _unit(name):
        return db.session.scalar(select(_state(name).epoch)) or 0


def _known(name: str) -> int:
    with _unit("control"):
        known = db.session.get(Partition, name)
        return 0 if known is None else known.epoch


def _raise_on_server(name: str, epoch: int) -> None:
    with _unit(name):
        row = db.session.get(_state(name), 1)
        if row is None:
            row = _state(name)(id=1, beat_at=clock.server_time())
            db.session.add(row)
        row.epoch = epoch
        db.session.commit()


def _raise_in_directory(name: str, epoch: int) -> None:
    with _unit("control"):
        known = db.session.get(Partition, name)
        if known is None:
            known = Partition(name=name)
            db.session.add(known)
        known.epoch, known.promoted_at = epoch, clock.server_time()
        db.session.commit()
