"""Messages that were corrected or abandoned; one-time codes of centres that were opened together."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
STATES = "status IN ('waiting','claimed','done','dead','corrected','abandoned')"
BEFORE = "status IN ('waiting','claimed','done','dead')"


def _allow(table: Any, condition: str) -> None:
    """SQLite makes the table anew, and then without its old conditions."""
    if op.get_context().dialect.name != "sqlite":
        table.drop_constraint(op.f("ck_control_delivery_status"), type_="check")
    table.create_check_constraint(op.f("ck_control_delivery_status"), sa.text(condition))


def upgrade() -> None:
    with op.batch_alter_table("control_delivery") as table:
        table.add_column(sa.Column("corrected_from", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("reason", sa.Unicode(300), nullable=False, server_default=""))
        _allow(table, STATES)
    _only_once("control_delivery", "corrected_from", "ux_control_delivery_corrected")
    op.create_table(
        "tenants_opened_codes",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("centre_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("codes", types.Sensitive(2465), nullable=False),
        sa.Column("made_at", types.UtcDateTime(), nullable=False),
        sa.Column("taken_at", types.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants_opened_codes")),
    )
    op.create_index("ix_tenants_opened_codes_task", "tenants_opened_codes", ["task_id", "id"])


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
    op.drop_table("tenants_opened_codes")
    op.drop_index("ux_control_delivery_corrected", table_name="control_delivery")
    delivery = sa.table("control_delivery", sa.column("status", sa.Unicode))
    settled = delivery.c.status.in_(["corrected", "abandoned"])
    op.execute(sa.update(delivery).where(settled).values(status="done"))  # never to be sent again
    with op.batch_alter_table("control_delivery") as table:
        _allow(table, BEFORE)
        table.drop_column("reason", mssql_drop_default=True)
        table.drop_column("corrected_from", mssql_drop_default=True)
