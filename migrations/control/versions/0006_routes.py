"""The directory of partitions, the epoch of control itself, and a centre's epoch in its partition."""

import sqlalchemy as sa
from alembic import op

from app.db.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "control_partition",
        sa.Column("name", sa.Unicode(20), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("promoted_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_control_partition")),
    )
    op.create_table(
        "control_cluster",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_cluster")),
    )
    with op.batch_alter_table("tenants_centre") as table:
        table.add_column(sa.Column("epoch", sa.Integer(), nullable=False, server_default=sa.text("1")))


def downgrade() -> None:
    with op.batch_alter_table("tenants_centre") as table:
        table.drop_column("epoch", mssql_drop_default=True)
    op.drop_table("control_cluster")
    op.drop_table("control_partition")
