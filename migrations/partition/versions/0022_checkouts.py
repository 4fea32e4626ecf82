"""A settlement on its way, and cash that the accountant has received."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "charging_shift_confirmation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shift_id", sa.BigInteger(), nullable=False),
        sa.Column("received_cash", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("difference", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("note", sa.Unicode(length=200), nullable=False),
        sa.Column("confirmed_at", types.UtcDateTime(), nullable=False),
        sa.Column("confirmed_by_id", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["charging_shift.id"], name=op.f("fk_charging_shift_confirmation_shift_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_shift_confirmation")),
        sa.UniqueConstraint(
            "tenant_id", "shift_id", name=op.f("uq_charging_shift_confirmation_tenant_id_shift_id")
        ),
    )
    op.create_table(
        "charging_checkout",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("kind", sa.Unicode(length=32), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("bill_id", sa.BigInteger(), nullable=False),
        sa.Column("original_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("fund_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("account_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("hospital_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("is_insured", sa.Boolean(), nullable=False),
        sa.Column("insurance_id", sa.BigInteger(), nullable=True),
        sa.Column("insurance_reference", sa.Unicode(length=60), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("opened_at", types.UtcDateTime(), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("settlement_id", sa.BigInteger(), nullable=True),
        sa.Column("mirror_id", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'refund' OR original_id IS NOT NULL", name=op.f("ck_charging_checkout_original")
        ),
        sa.CheckConstraint(
            "state <> 'settled' OR settlement_id IS NOT NULL OR mirror_id IS NOT NULL",
            name=op.f("ck_charging_checkout_end"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_charging_checkout_amount")),
        sa.CheckConstraint(
            "fund_amount + account_amount + hospital_amount <= amount",
            name=op.f("ck_charging_checkout_personal"),
        ),
        sa.CheckConstraint(
            "fund_amount >= 0 AND account_amount >= 0 AND hospital_amount >= 0",
            name=op.f("ck_charging_checkout_insured"),
        ),
        sa.ForeignKeyConstraint(["bill_id"], ["charging_bill.id"], name=op.f("fk_charging_checkout_bill_id")),
        sa.ForeignKeyConstraint(
            ["mirror_id"], ["charging_settlement.id"], name=op.f("fk_charging_checkout_mirror_id")
        ),
        sa.ForeignKeyConstraint(
            ["original_id"], ["charging_settlement.id"], name=op.f("fk_charging_checkout_original_id")
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["charging_settlement.id"], name=op.f("fk_charging_checkout_settlement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_checkout")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_charging_checkout_tenant_id_number")),
    )
    op.create_index(
        "ix_charging_checkout_state", "charging_checkout", ["tenant_id", "state", "id"], unique=False
    )
    op.create_index(
        "ux_charging_checkout_open",
        "charging_checkout",
        ["tenant_id", "bill_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'settled' AND state <> 'closed'"),
        postgresql_where=sa.text("state <> 'settled' AND state <> 'closed'"),
        mssql_where=sa.text("state <> 'settled' AND state <> 'closed'"),
    )
    op.create_table(
        "charging_checkout_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("checkout_id", sa.BigInteger(), nullable=False),
        sa.Column("charge_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("returned", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "quantity >= 0 AND amount >= 0 AND returned >= 0", name=op.f("ck_charging_checkout_line_parts")
        ),
        sa.ForeignKeyConstraint(
            ["charge_id"], ["charging_charge.id"], name=op.f("fk_charging_checkout_line_charge_id")
        ),
        sa.ForeignKeyConstraint(
            ["checkout_id"], ["charging_checkout.id"], name=op.f("fk_charging_checkout_line_checkout_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_checkout_line")),
        sa.UniqueConstraint(
            "tenant_id",
            "checkout_id",
            "charge_id",
            name=op.f("uq_charging_checkout_line_tenant_id_checkout_id_charge_id"),
        ),
    )
    op.create_table(
        "charging_checkout_part",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("checkout_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Unicode(length=32), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("handed", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("way", sa.Unicode(length=20), nullable=False),
        sa.Column("reference", sa.Unicode(length=60), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "amount > 0 OR method = 'rounding'", name=op.f("ck_charging_checkout_part_amount")
        ),
        sa.ForeignKeyConstraint(
            ["checkout_id"], ["charging_checkout.id"], name=op.f("fk_charging_checkout_part_checkout_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_checkout_part")),
    )
    op.create_index(
        "ix_charging_checkout_part_checkout",
        "charging_checkout_part",
        ["tenant_id", "checkout_id"],
        unique=False,
    )
    op.create_index(
        "ix_charging_checkout_part_order", "charging_checkout_part", ["tenant_id", "order_id"], unique=False
    )
    op.create_index(
        "ix_charging_shift_closed", "charging_shift", ["tenant_id", "closed_at", "id"], unique=False
    )
    isolation.add_policies(op, "charging_shift_confirmation")
    isolation.add_policies(op, "charging_checkout")
    isolation.add_policies(op, "charging_checkout_line")
    isolation.add_policies(op, "charging_checkout_part")


def downgrade() -> None:
    isolation.drop_policies(op, "charging_checkout_part")
    isolation.drop_policies(op, "charging_checkout_line")
    isolation.drop_policies(op, "charging_checkout")
    isolation.drop_policies(op, "charging_shift_confirmation")
    op.drop_index("ix_charging_shift_closed", table_name="charging_shift")
    op.drop_index("ix_charging_checkout_part_order", table_name="charging_checkout_part")
    op.drop_index("ix_charging_checkout_part_checkout", table_name="charging_checkout_part")
    op.drop_table("charging_checkout_part")
    op.drop_table("charging_checkout_line")
    op.drop_index(
        "ux_charging_checkout_open",
        table_name="charging_checkout",
        sqlite_where=sa.text("state <> 'settled' AND state <> 'closed'"),
        postgresql_where=sa.text("state <> 'settled' AND state <> 'closed'"),
        mssql_where=sa.text("state <> 'settled' AND state <> 'closed'"),
    )
    op.drop_index("ix_charging_checkout_state", table_name="charging_checkout")
    op.drop_table("charging_checkout")
    op.drop_table("charging_shift_confirmation")
