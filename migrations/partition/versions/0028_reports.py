"""Sums of the ledgers by day, for the reports."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reports_day",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("stale_since", types.UtcDateTime(), nullable=True),
        sa.Column("built_at", types.UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_day")),
        sa.UniqueConstraint("tenant_id", "on", name=op.f("uq_reports_day_tenant_id_on")),
    )
    op.create_index(
        "ix_reports_day_stale",
        "reports_day",
        ["tenant_id", "on"],
        unique=False,
        sqlite_where=sa.text("stale_since IS NOT NULL"),
        postgresql_where=sa.text("stale_since IS NOT NULL"),
        mssql_where=sa.text("stale_since IS NOT NULL"),
    )
    op.create_table(
        "reports_level",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("cost_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_level")),
        sa.UniqueConstraint("tenant_id", "month", "location_id", "drug_id", name="uq_reports_level_key"),
    )
    op.create_table(
        "reports_money",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("side", sa.Unicode(length=32), nullable=False),
        sa.Column("kind", sa.Unicode(length=12), nullable=False),
        sa.Column("code", sa.Unicode(length=20), nullable=False),
        sa.Column("scheme", sa.Unicode(length=6), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("practitioner_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_money")),
        sa.UniqueConstraint(
            "tenant_id",
            "on",
            "side",
            "kind",
            "code",
            "scheme",
            "department_id",
            "practitioner_id",
            name="uq_reports_money_key",
        ),
    )
    op.create_table(
        "reports_prescribing",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("practitioner_id", sa.BigInteger(), nullable=False),
        sa.Column("prescriptions", sa.Integer(), nullable=False),
        sa.Column("with_antimicrobial", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_prescribing")),
        sa.UniqueConstraint(
            "tenant_id",
            "on",
            "location_id",
            "department_id",
            "practitioner_id",
            name="uq_reports_prescribing_key",
        ),
    )
    op.create_table(
        "reports_stock",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Unicode(length=20), nullable=False),
        sa.Column("comes_in", sa.Boolean(), nullable=False),
        sa.Column("quantity", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("cost_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("retail_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_stock")),
        sa.UniqueConstraint(
            "tenant_id", "on", "location_id", "drug_id", "kind", "comes_in", name="uq_reports_stock_key"
        ),
    )
    op.create_index("ix_reports_stock_drug", "reports_stock", ["tenant_id", "drug_id", "on"], unique=False)
    op.create_index(
        "ix_charging_checkout_settlement", "charging_checkout", ["tenant_id", "settlement_id"], unique=False
    )
    op.create_index(
        "ix_dispensing_document_on", "dispensing_document", ["tenant_id", "on", "id"], unique=False
    )
    isolation.add_policies(op, "reports_day")
    isolation.add_policies(op, "reports_level")
    isolation.add_policies(op, "reports_money")
    isolation.add_policies(op, "reports_prescribing")
    isolation.add_policies(op, "reports_stock")


def downgrade() -> None:
    isolation.drop_policies(op, "reports_stock")
    isolation.drop_policies(op, "reports_prescribing")
    isolation.drop_policies(op, "reports_money")
    isolation.drop_policies(op, "reports_level")
    isolation.drop_policies(op, "reports_day")
    op.drop_index("ix_dispensing_document_on", table_name="dispensing_document")
    op.drop_index("ix_charging_checkout_settlement", table_name="charging_checkout")
    op.drop_index("ix_reports_stock_drug", table_name="reports_stock")
    op.drop_table("reports_stock")
    op.drop_table("reports_prescribing")
    op.drop_table("reports_money")
    op.drop_table("reports_level")
    op.drop_index(
        "ix_reports_day_stale",
        table_name="reports_day",
        sqlite_where=sa.text("stale_since IS NOT NULL"),
        postgresql_where=sa.text("stale_since IS NOT NULL"),
        mssql_where=sa.text("stale_since IS NOT NULL"),
    )
    op.drop_table("reports_day")
