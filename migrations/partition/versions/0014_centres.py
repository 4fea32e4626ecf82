"""What a centre used on one of its days."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenants_usage",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("rooms", sa.JSON(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants_usage")),
        sa.UniqueConstraint("tenant_id", "on", name=op.f("uq_tenants_usage_tenant_id_on")),
    )
    isolation.add_policies(op, "tenants_usage")


def downgrade() -> None:
    isolation.drop_policies(op, "tenants_usage")
    op.drop_table("tenants_usage")
