"""Bills that are settled at the end of the visit; the pharmacy begins before they are paid."""

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


def downgrade() -> None:
    isolation.drop_policies(op, "charging_deposit")
    op.drop_index("ix_charging_deposit_shift", table_name="charging_deposit")
    op.drop_index("ix_charging_deposit_patient", table_name="charging_deposit")
    op.drop_table("charging_deposit")
    task = sa.table("dispensing_task", sa.column("paid_at"), sa.column("on_account_at"), sa.column("status"))
    given = sa.and_(task.c.status == "dispensed", task.c.paid_at.is_(None))
    op.execute(sa.update(task).where(given).values(paid_at=task.c.on_account_at))
    with op.batch_alter_table("dispensing_task") as table:
        _allow(table, PAID_BEFORE)
        table.drop_column("on_account_at")
    op.drop_column("charging_bill", "pays_at_end", mssql_drop_default=True)
