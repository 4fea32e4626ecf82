"""What the watch has counted in a trail and how far it has read it; residents under watch."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kernel_tally",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Unicode(length=20), nullable=False),
        sa.Column("key", sa.Unicode(length=80), nullable=False),
        sa.Column("address", sa.Unicode(length=64), nullable=False),
        sa.Column("since", types.UtcDateTime(), nullable=False),
        sa.Column("last_at", types.UtcDateTime(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("first_no", sa.BigInteger(), nullable=False),
        sa.Column("last_no", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kernel_tally")),
    )
    unique = ["tenant_id", "kind", "key", "address", "since"]
    op.create_index("ux_kernel_tally", "kernel_tally", unique, unique=True)
    op.create_index("ix_kernel_tally_key", "kernel_tally", ["kind", "key", "since"])
    op.create_index("ix_kernel_tally_tenant", "kernel_tally", ["tenant_id", "kind", "since"])
    op.create_table(
        "kernel_watch_mark",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_no", sa.BigInteger(), nullable=False),
        sa.Column("seen_hash", sa.Unicode(length=64), nullable=False),
        sa.Column("proved_no", sa.BigInteger(), nullable=False),
        sa.Column("proved_hash", sa.Unicode(length=64), nullable=False),
        sa.Column("sign_in_id", sa.BigInteger(), nullable=False),
        sa.Column("passes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kernel_watch_mark")),
    )
    isolation.add_policies(op, "kernel_tally")
    op.add_column(
        "patients_patient", sa.Column("is_watched", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("patients_patient", "is_watched", mssql_drop_default=True)
    op.drop_table("kernel_watch_mark")
    isolation.drop_policies(op, "kernel_tally")
    op.drop_table("kernel_tally")
