"""Bills that are settled at the end of the visit; the pharmacy begins before they are paid."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.db import types

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


def downgrade() -> None:
    task = sa.table("dispensing_task", sa.column("paid_at"), sa.column("on_account_at"), sa.column("status"))
    given = sa.and_(task.c.status == "dispensed", task.c.paid_at.is_(None))
    op.execute(sa.update(task).where(given).values(paid_at=task.c.on_account_at))
    with op.batch_alter_table("dispensing_task") as table:
        _allow(table, PAID_BEFORE)
        table.drop_column("on_account_at")
    op.drop_column("charging_bill", "pays_at_end", mssql_drop_default=True)
