"""Sums of places by day and month, and the district's way into all sums by day."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0033"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reports_place",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("is_month", sa.Boolean(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Unicode(length=20), nullable=False),
        sa.Column("comes_in", sa.Boolean(), nullable=False),
        sa.Column("cost_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("retail_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_place")),
        sa.UniqueConstraint(
            "tenant_id", "is_month", "on", "location_id", "kind", "comes_in", name="uq_reports_place_key"
        ),
    )
    op.create_index("ix_reports_place_on", "reports_place", ["is_month", "on"], unique=False)
    op.create_index("ix_reports_day_on", "reports_day", ["on"], unique=False)
    op.create_index("ix_reports_level_month", "reports_level", ["month"], unique=False)
    op.create_index("ix_reports_money_on", "reports_money", ["on"], unique=False)
    op.create_index("ix_reports_prescribing_on", "reports_prescribing", ["on"], unique=False)
    op.create_index("ix_reports_stock_on", "reports_stock", ["on"], unique=False)
    isolation.add_policies(op, "reports_place")
    day = sa.table(
        "reports_day",
        sa.column("stale_since", types.UtcDateTime()),
        sa.column("built_at", types.UtcDateTime()),
    )
    known = sa.and_(day.c.stale_since.is_(None), day.c.built_at.is_not(None))
    op.execute(sa.update(day).where(known).values(stale_since=day.c.built_at))  # all are added up anew


def downgrade() -> None:
    isolation.drop_policies(op, "reports_place")
    op.drop_index("ix_reports_stock_on", table_name="reports_stock")
    op.drop_index("ix_reports_prescribing_on", table_name="reports_prescribing")
    op.drop_index("ix_reports_money_on", table_name="reports_money")
    op.drop_index("ix_reports_level_month", table_name="reports_level")
    op.drop_index("ix_reports_day_on", table_name="reports_day")
    op.drop_index("ix_reports_place_on", table_name="reports_place")
    op.drop_table("reports_place")
