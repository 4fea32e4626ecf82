"""Messages that were corrected or abandoned; work that was asked for again."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
STATES = "status IN ('waiting','claimed','done','dead','corrected','abandoned')"
BEFORE = "status IN ('waiting','claimed','done','dead')"


def _allow(table: Any, condition: str) -> None:
    """SQLite makes the table anew, and then without its old conditions."""
    if op.get_context().dialect.name != "sqlite":
        table.drop_constraint(op.f("ck_kernel_delivery_status"), type_="check")
    table.create_check_constraint(op.f("ck_kernel_delivery_status"), sa.text(condition))


def upgrade() -> None:
    with op.batch_alter_table("kernel_delivery") as table:
        table.add_column(sa.Column("corrected_from", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("reason", sa.Unicode(300), nullable=False, server_default=""))
        _allow(table, STATES)
    _only_once("kernel_delivery", "corrected_from", "ux_kernel_delivery_corrected")
    op.add_column("kernel_job", sa.Column("repeats", sa.BigInteger(), nullable=True))
    _only_once("kernel_job", "repeats", "ux_kernel_job_repeats")


def _only_once(table: str, column: str, name: str) -> None:
    given = sa.text(f"{column} IS NOT NULL")
    op.create_index(
        name,
        table,
        ["tenant_id", column],
        unique=True,
        postgresql_where=given,
        sqlite_where=given,
        mssql_where=given,
    )


def downgrade() -> None:
    op.drop_index("ux_kernel_job_repeats", table_name="kernel_job")
    op.drop_column("kernel_job", "repeats", mssql_drop_default=True)
    op.drop_index("ux_kernel_delivery_corrected", table_name="kernel_delivery")
    delivery = sa.table("kernel_delivery", sa.column("status", sa.Unicode))
    settled = delivery.c.status.in_(["corrected", "abandoned"])
    op.execute(sa.update(delivery).where(settled).values(status="done"))  # never to be sent again
    with op.batch_alter_table("kernel_delivery") as table:
        _allow(table, BEFORE)
        table.drop_column("reason", mssql_drop_default=True)
        table.drop_column("corrected_from", mssql_drop_default=True)
