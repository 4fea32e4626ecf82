"""Bills settled at the end of the visit, deposits in shifts, discounts and exemptions by rule."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None
PAID = "status <> 'dispensed' OR paid_at IS NOT NULL OR on_account_at IS NOT NULL"
PAID_BEFORE = "status <> 'dispensed' OR paid_at IS NOT NULL"
REVIEWED = "status NOT IN ('prepared', 'dispensed') OR reviewed_at IS NOT NULL"


def _allow(table: Any, paid: str) -> None:
    """SQLite makes the table anew, and then without its old conditions."""
    if op.get_context().dialect.name == "sqlite":
        table.create_check_constraint(op.f("ck_dispensing_task_reviewed"), sa.text(REVIEWED))
    else:
        table.drop_constraint(op.f("ck_dispensing_task_paid"), type_="check")
    table.create_check_constraint(op.f("ck_dispensing_task_paid"), sa.text(paid))


def upgrade() -> None:
    op.add_column(
        "charging_bill", sa.Column("pays_at_end", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    with op.batch_alter_table("dispensing_task") as table:
        table.add_column(sa.Column("on_account_at", types.UtcDateTime(), nullable=True))
        _allow(table, PAID)
    op.create_table(
        "charging_deposit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("shift_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("cashier_name", sa.Unicode(length=100), nullable=False),
        sa.Column("row_digest", sa.Unicode(length=100), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_charging_deposit_amount")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["payments_prepaid_entry.id"], name=op.f("fk_charging_deposit_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients_patient.id"], name=op.f("fk_charging_deposit_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["charging_shift.id"], name=op.f("fk_charging_deposit_shift_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_deposit")),
        sa.UniqueConstraint("tenant_id", "entry_id", name=op.f("uq_charging_deposit_tenant_id_entry_id")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_charging_deposit_tenant_id_number")),
    )
    op.create_index(
        "ix_charging_deposit_patient", "charging_deposit", ["tenant_id", "patient_id", "id"], unique=False
    )
    op.create_index("ix_charging_deposit_shift", "charging_deposit", ["tenant_id", "shift_id"], unique=False)
    isolation.add_policies(op, "charging_deposit")
    op.create_table(
        "charging_reduction_rule",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Unicode(length=60), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("benefit", sa.Unicode(length=32), nullable=True),
        sa.Column("age_from", sa.Integer(), nullable=True),
        sa.Column("age_to", sa.Integer(), nullable=True),
        sa.Column("fee_classes", sa.JSON(), nullable=False),
        sa.Column("item_codes", sa.JSON(), nullable=False),
        sa.Column("percent", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("cap_day", types.ExactDecimal(14, 2), nullable=True),
        sa.Column("cap_year", types.ExactDecimal(14, 2), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("basis", sa.Unicode(length=200), nullable=False),
        sa.Column("set_by", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "amount >= 0 AND (percent > 0 OR amount > 0)", name=op.f("ck_charging_reduction_rule_amount")
        ),
        sa.CheckConstraint(
            "percent >= 0", name=op.f("ck_charging_reduction_rule_percent")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_reduction_rule")),
    )
    op.create_index(
        "ix_charging_reduction_rule_period",
        "charging_reduction_rule",
        ["tenant_id", "valid_from", "valid_to"],
        unique=False,
    )
    op.create_table(
        "charging_benefit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Unicode(length=32), nullable=False),
        sa.Column("evidence", sa.Unicode(length=100), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("entered_by", sa.Unicode(length=100), nullable=False),
        sa.Column("entered_at", types.UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients_patient.id"], name=op.f("fk_charging_benefit_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_benefit")),
    )
    op.create_index(
        "ix_charging_benefit_patient", "charging_benefit", ["tenant_id", "patient_id", "id"], unique=False
    )
    op.create_table(
        "charging_waiver",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charge_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("by_account_id", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("second_name", sa.Unicode(length=100), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("row_digest", sa.Unicode(length=100), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_charging_waiver_amount")),
        sa.ForeignKeyConstraint(
            ["charge_id"], ["charging_charge.id"], name=op.f("fk_charging_waiver_charge_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_waiver")),
    )
    op.create_index("ix_charging_waiver_charge", "charging_waiver", ["tenant_id", "charge_id"], unique=False)
    op.create_table(
        "charging_reduction",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), nullable=True),
        sa.Column("checkout_id", sa.BigInteger(), nullable=True),
        sa.Column("charge_id", sa.BigInteger(), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=True),
        sa.Column("rule_name", sa.Unicode(length=60), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("row_digest", sa.Unicode(length=100), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_charging_reduction_amount")),
        sa.CheckConstraint(
            "settlement_id IS NOT NULL OR checkout_id IS NOT NULL", name=op.f("ck_charging_reduction_place")
        ),
        sa.ForeignKeyConstraint(
            ["charge_id"], ["charging_charge.id"], name=op.f("fk_charging_reduction_charge_id")
        ),
        sa.ForeignKeyConstraint(
            ["checkout_id"], ["charging_checkout.id"], name=op.f("fk_charging_reduction_checkout_id")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["charging_reduction_rule.id"], name=op.f("fk_charging_reduction_rule_id")
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["charging_settlement.id"], name=op.f("fk_charging_reduction_settlement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_reduction")),
    )
    op.create_index(
        "ix_charging_reduction_checkout",
        "charging_reduction",
        ["tenant_id", "checkout_id"],
        unique=False,
        sqlite_where=sa.text("checkout_id IS NOT NULL"),
        postgresql_where=sa.text("checkout_id IS NOT NULL"),
        mssql_where=sa.text("checkout_id IS NOT NULL"),
    )
    op.create_index(
        "ix_charging_reduction_patient", "charging_reduction", ["tenant_id", "patient_id", "on"], unique=False
    )
    op.create_index(
        "ix_charging_reduction_settlement", "charging_reduction", ["tenant_id", "settlement_id"], unique=False
    )
    op.add_column(
        "charging_charge",
        sa.Column("waived_amount", types.ExactDecimal(14, 2), nullable=False, server_default=sa.text("0")),
    )
    op.add_column(
        "charging_checkout",
        sa.Column("reduced_amount", types.ExactDecimal(14, 2), nullable=False, server_default=sa.text("0")),
    )
    isolation.add_policies(op, "charging_reduction_rule")
    isolation.add_policies(op, "charging_benefit")
    isolation.add_policies(op, "charging_waiver")
    isolation.add_policies(op, "charging_reduction")


def downgrade() -> None:
    isolation.drop_policies(op, "charging_reduction")
    isolation.drop_policies(op, "charging_waiver")
    isolation.drop_policies(op, "charging_benefit")
    isolation.drop_policies(op, "charging_reduction_rule")
    op.drop_column("charging_checkout", "reduced_amount", mssql_drop_default=True)
    op.drop_column("charging_charge", "waived_amount", mssql_drop_default=True)
    op.drop_index("ix_charging_reduction_settlement", table_name="charging_reduction")
    op.drop_index("ix_charging_reduction_patient", table_name="charging_reduction")
    op.drop_index(
        "ix_charging_reduction_checkout",
        table_name="charging_reduction",
        sqlite_where=sa.text("checkout_id IS NOT NULL"),
        postgresql_where=sa.text("checkout_id IS NOT NULL"),
        mssql_where=sa.text("checkout_id IS NOT NULL"),
    )
    op.drop_table("charging_reduction")
    op.drop_index("ix_charging_waiver_charge", table_name="charging_waiver")
    op.drop_table("charging_waiver")
    op.drop_index("ix_charging_benefit_patient", table_name="charging_benefit")
    op.drop_table("charging_benefit")
    op.drop_index("ix_charging_reduction_rule_period", table_name="charging_reduction_rule")
    op.drop_table("charging_reduction_rule")
    isolation.drop_policies(op, "charging_deposit")
    op.drop_index("ix_charging_deposit_shift", table_name="charging_deposit")
    op.drop_index("ix_charging_deposit_patient", table_name="charging_deposit")
    op.drop_table("charging_deposit")
    task = sa.table("dispensing_task", sa.column("paid_at"), sa.column("on_account_at"), sa.column("status"))
    given = sa.and_(task.c.status == "dispensed", task.c.paid_at.is_(None))
    op.execute(sa.update(task).where(given).values(paid_at=task.c.on_account_at))
    with op.batch_alter_table("dispensing_task") as table:
        _allow(table, PAID_BEFORE)
        table.drop_column("on_account_at", mssql_drop_default=True)
    op.drop_column("charging_bill", "pays_at_end", mssql_drop_default=True)
