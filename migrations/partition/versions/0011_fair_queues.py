"""Whose turn it is: when a job began, and deliveries centre by centre."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("kernel_job", sa.Column("started_at", types.UtcDateTime(), nullable=True))
    op.create_index("ix_kernel_job_started", "kernel_job", ["tenant_id", "started_at"], unique=False)
    op.create_index("ix_kernel_delivery_turn", "kernel_delivery", ["status", "tenant_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_kernel_delivery_turn", table_name="kernel_delivery")
    op.drop_index("ix_kernel_job_started", table_name="kernel_job")
    op.drop_column("kernel_job", "started_at", mssql_drop_default=True)
