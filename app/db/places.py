"""Tables of routing: the epoch of a database, of a centre in its partition, and how far a session has written."""

from datetime import datetime

from sqlalchemy import Index, Integer, Unicode
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Control, Model
from app.db.types import BigInt, id_column


class Partition(Control):
    """A partition as the directory knows it; its addresses stand in the environment of each process."""

    __tablename__ = "control_partition"

    name: Mapped[str] = mapped_column(Unicode(20), primary_key=True)
    epoch: Mapped[int] = mapped_column(Integer, default=1)  # raised by each promotion
    promoted_at: Mapped[datetime | None]
    is_closed: Mapped[bool] = mapped_column(default=False)  # for new centres


class ClusterColumns:
    """The one row that says which promotion a database has lived through, and when its primary last beat."""

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    beat_at: Mapped[datetime]


class ClusterState(ClusterColumns, Model):
    """Of a partition."""

    __tablename__ = "kernel_cluster"


class ControlClusterState(ClusterColumns, Control):
    """Of the control database."""

    __tablename__ = "control_cluster"


class TenantPlace(Model):
    """A centre that was moved here or away: its epoch, and whether it may be written to in this partition."""

    __tablename__ = "kernel_tenant"

    tenant_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    epoch: Mapped[int] = mapped_column(Integer)
    is_frozen: Mapped[bool] = mapped_column(default=False)  # writers wait, or learn that it has moved
    is_moving: Mapped[bool] = mapped_column(default=False)  # writers note which rows they change
    changed_at: Mapped[datetime]


class ChangedRow(Model):
    """A row that a writer changed while its centre is being copied to another partition."""

    __tablename__ = "kernel_changed_row"
    __table_args__ = (Index("ix_kernel_changed_row_tenant", "tenant_id", "id"),)

    id: Mapped[int] = id_column()
    tenant_id: Mapped[int]
    table_name: Mapped[str] = mapped_column(Unicode(60))
    row_key: Mapped[str] = mapped_column(Unicode(200))  # its key as JSON


class WriteMark(Model):
    """How many transactions a session has committed here. A replica that shows the number has them all."""

    __tablename__ = "kernel_write_mark"

    session_key: Mapped[str] = mapped_column(Unicode(40), primary_key=True)
    n: Mapped[int]
    at: Mapped[datetime]
