"""Refunds that doctors ask for, confirmed by pharmacy or department before the cashier pays back."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "charging_refund_request",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("bill_id", sa.BigInteger(), nullable=False),
        sa.Column("visit_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("prescription_id", sa.BigInteger(), nullable=True),
        sa.Column("prescription_number", sa.Unicode(length=30), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("asked_at", types.UtcDateTime(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("confirmed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.Unicode(length=200), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("seen_at", types.UtcDateTime(), nullable=True),
        sa.Column("mirror_id", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state = 'asked' OR state = 'confirmed') AND ended_at IS NULL"
            " OR state <> 'asked' AND state <> 'confirmed' AND ended_at IS NOT NULL",
            name=op.f("ck_charging_refund_request_end"),
        ),
        sa.CheckConstraint(
            "state <> 'refunded' OR mirror_id IS NOT NULL", name=op.f("ck_charging_refund_request_mirror")
        ),
        sa.ForeignKeyConstraint(
            ["bill_id"], ["charging_bill.id"], name=op.f("fk_charging_refund_request_bill_id")
        ),
        sa.ForeignKeyConstraint(
            ["mirror_id"], ["charging_settlement.id"], name=op.f("fk_charging_refund_request_mirror_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients_patient.id"], name=op.f("fk_charging_refund_request_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_refund_request")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_charging_refund_request_tenant_id_number")),
    )
    op.create_index(
        "ix_charging_refund_request_refused",
        "charging_refund_request",
        ["tenant_id", "asked_by_id"],
        unique=False,
        sqlite_where=sa.text("state = 'refused' AND seen_at IS NULL"),
        postgresql_where=sa.text("state = 'refused' AND seen_at IS NULL"),
        mssql_where=sa.text("state = 'refused' AND seen_at IS NULL"),
    )
    op.create_index(
        "ix_charging_refund_request_state",
        "charging_refund_request",
        ["tenant_id", "state", "id"],
        unique=False,
    )
    op.create_index(
        "ix_charging_refund_request_visit",
        "charging_refund_request",
        ["tenant_id", "visit_id", "id"],
        unique=False,
    )
    op.create_table(
        "charging_refund_request_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("charge_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("confirmed_quantity", types.ExactDecimal(16, 4), nullable=True),
        sa.Column("closed_at", types.UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "confirmed_quantity >= 0 AND confirmed_quantity <= quantity",
            name=op.f("ck_charging_refund_request_line_confirmed"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_charging_refund_request_line_quantity")),
        sa.ForeignKeyConstraint(
            ["charge_id"], ["charging_charge.id"], name=op.f("fk_charging_refund_request_line_charge_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["charging_refund_request.id"],
            name=op.f("fk_charging_refund_request_line_request_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_refund_request_line")),
    )
    op.create_index(
        "ux_charging_refund_request_line_request",
        "charging_refund_request_line",
        ["tenant_id", "request_id", "charge_id"],
        unique=True,
    )
    op.create_index(
        "ux_charging_refund_request_line_open",
        "charging_refund_request_line",
        ["tenant_id", "charge_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
        mssql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "charging_refund_request_step",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["charging_refund_request.id"],
            name=op.f("fk_charging_refund_request_step_request_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_refund_request_step")),
    )
    op.create_index(
        "ix_charging_refund_request_step_request",
        "charging_refund_request_step",
        ["tenant_id", "request_id", "id"],
        unique=False,
    )
    op.add_column(
        "charging_charge",
        sa.Column("asked_quantity", types.ExactDecimal(16, 4), nullable=False, server_default=sa.text("0")),
    )
    isolation.add_policies(op, "charging_refund_request")
    isolation.add_policies(op, "charging_refund_request_line")
    isolation.add_policies(op, "charging_refund_request_step")


def downgrade() -> None:
    isolation.drop_policies(op, "charging_refund_request_step")
    isolation.drop_policies(op, "charging_refund_request_line")
    isolation.drop_policies(op, "charging_refund_request")
    op.drop_column("charging_charge", "asked_quantity", mssql_drop_default=True)
    op.drop_index("ix_charging_refund_request_step_request", table_name="charging_refund_request_step")
    op.drop_table("charging_refund_request_step")
    op.drop_index(
        "ux_charging_refund_request_line_open",
        table_name="charging_refund_request_line",
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
        mssql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_index("ux_charging_refund_request_line_request", table_name="charging_refund_request_line")
    op.drop_table("charging_refund_request_line")
    op.drop_index("ix_charging_refund_request_visit", table_name="charging_refund_request")
    op.drop_index("ix_charging_refund_request_state", table_name="charging_refund_request")
    op.drop_index(
        "ix_charging_refund_request_refused",
        table_name="charging_refund_request",
        sqlite_where=sa.text("state = 'refused' AND seen_at IS NULL"),
        postgresql_where=sa.text("state = 'refused' AND seen_at IS NULL"),
        mssql_where=sa.text("state = 'refused' AND seen_at IS NULL"),
    )
    op.drop_table("charging_refund_request")
