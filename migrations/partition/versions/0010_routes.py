"""Epochs of a partition and of centres that moved, and how far each session has written."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation
from app.db.types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kernel_cluster",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kernel_cluster")),
    )
    op.create_table(
        "kernel_tenant",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("is_frozen", sa.Boolean(), nullable=False),
        sa.Column("is_moving", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_kernel_tenant")),
    )
    op.create_table(
        "kernel_changed_row",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.Unicode(60), nullable=False),
        sa.Column("row_key", sa.Unicode(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kernel_changed_row")),
    )
    op.create_index("ix_kernel_changed_row_tenant", "kernel_changed_row", ["tenant_id", "id"])
    isolation.add_policies(op, "kernel_tenant", "kernel_changed_row")
    op.create_table(
        "kernel_write_mark",
        sa.Column("session_key", sa.Unicode(40), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("session_key", name=op.f("pk_kernel_write_mark")),
    )


def downgrade() -> None:
    op.drop_table("kernel_write_mark")
    isolation.drop_policies(op, "kernel_tenant", "kernel_changed_row")
    op.drop_table("kernel_changed_row")
    op.drop_table("kernel_tenant")
    op.drop_table("kernel_cluster")
