"""Node numbers for keys, leased from the control database so that two processes never share one."""

import os
import socket
from datetime import datetime, timedelta

from sqlalchemy import Integer, Unicode, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app import clock, ids
from app.db import Control, db, update_rows
from app.db.units import Mode, Unit, open_unit

LEASE = timedelta(days=2)


class NodeLease(Control):
    """One node number and who holds it until when. A process older than its lease must be restarted."""

    __tablename__ = "control_node_lease"

    node: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(Unicode(100))
    until: Mapped[datetime]


def lease_node() -> int:
    """Take the lowest free node number for this process."""
    holder = f"{socket.gethostname()}:{os.getpid()}"[:100]
    while True:
        moment = clock.server_time()
        with open_unit(_leasing_unit()):
            expired = db.session.scalar(
                select(NodeLease.node).where(NodeLease.until < moment).order_by(NodeLease.node).limit(1)
            )
            if expired is not None:
                taken = update_rows(
                    update(NodeLease)
                    .where(NodeLease.node == expired, NodeLease.until < moment)
                    .values(holder=holder, until=moment + LEASE)
                )
                db.session.commit()
                if taken == 1:
                    return expired
                continue
            highest = db.session.scalar(select(NodeLease.node).order_by(NodeLease.node.desc()).limit(1))
            node = 0 if highest is None else highest + 1
            if node >= ids.NODES:
                raise RuntimeError("all node numbers are leased; stop processes that are not needed")
            db.session.add(NodeLease(node=node, holder=holder, until=moment + LEASE))
            try:
                db.session.commit()
            except IntegrityError:
                continue  # another process took it at the same moment
            return node


def _leasing_unit() -> Unit:
    return Unit(Mode.WRITE, None, "", writes_control=True, all_tenants=True, notes={"leasing": True})
