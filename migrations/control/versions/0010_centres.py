"""Centres that are prepared, suspended and made from templates; plans; templates; tasks of the district; figures of processes."""

import sqlalchemy as sa
from alembic import op

from app.db.types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
ADDED = ("state", "state_reason", "state_at", "plan", "template")


def upgrade() -> None:
    with op.batch_alter_table("tenants_centre") as table:
        table.add_column(sa.Column("state", sa.Unicode(32), nullable=False, server_default="open"))
        table.add_column(sa.Column("state_reason", sa.Unicode(300), nullable=False, server_default=""))
        table.add_column(sa.Column("state_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("plan", sa.Unicode(20), nullable=False, server_default=""))
        table.add_column(sa.Column("template", sa.Unicode(20), nullable=False, server_default=""))
    centres = sa.table("tenants_centre", sa.column("state", sa.Unicode), sa.column("is_active", sa.Boolean))
    op.execute(sa.update(centres).where(centres.c.is_active == sa.false()).values(state="suspended"))
    with op.batch_alter_table("control_partition") as table:
        table.add_column(sa.Column("is_closed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "tenants_plan",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Unicode(20), nullable=False),
        sa.Column("name", sa.Unicode(60), nullable=False),
        sa.Column("modules", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants_plan")),
        sa.UniqueConstraint("code", name=op.f("uq_tenants_plan_code")),
    )
    op.create_table(
        "tenants_template",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Unicode(20), nullable=False),
        sa.Column("name", sa.Unicode(60), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("made_from", sa.Unicode(20), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants_template")),
        sa.UniqueConstraint("code", name=op.f("uq_tenants_template_code")),
    )
    op.create_table(
        "control_task",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Unicode(40), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.Unicode(120), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("status", sa.Unicode(32), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("message", sa.Unicode(300), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_name", sa.Unicode(100), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_task")),
    )
    op.create_index("ix_control_task_status", "control_task", ["status", "id"])
    op.create_table(
        "tenants_export",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Unicode(300), nullable=False),
        sa.Column("is_opened", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_name", sa.Unicode(100), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("released_by", sa.BigInteger(), nullable=True),
        sa.Column("released_name", sa.Unicode(100), nullable=False),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Unicode(64), nullable=False),
        sa.Column("ready_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants_export")),
    )
    op.create_index("ix_tenants_export_tenant", "tenants_export", ["tenant_id", "id"])
    op.create_table(
        "control_usage",
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("buckets", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "on", name=op.f("pk_control_usage")),
    )
    op.create_table(
        "control_process",
        sa.Column("holder", sa.Unicode(100), nullable=False),
        sa.Column("kind", sa.Unicode(20), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_control_process")),
    )


def downgrade() -> None:
    op.drop_table("control_process")
    op.drop_table("control_usage")
    op.drop_index("ix_tenants_export_tenant", table_name="tenants_export")
    op.drop_table("tenants_export")
    op.drop_index("ix_control_task_status", table_name="control_task")
    op.drop_table("control_task")
    op.drop_table("tenants_template")
    op.drop_table("tenants_plan")
    with op.batch_alter_table("control_partition") as table:
        table.drop_column("is_closed", mssql_drop_default=True)
    with op.batch_alter_table("tenants_centre") as table:
        for name in reversed(ADDED):
            table.drop_column(name, mssql_drop_default=True)
