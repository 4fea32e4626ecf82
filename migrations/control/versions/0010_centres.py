"""Centres that are prepared, suspended and made from templates; plans; templates."""

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


def downgrade() -> None:
    op.drop_table("tenants_template")
    op.drop_table("tenants_plan")
    with op.batch_alter_table("control_partition") as table:
        table.drop_column("is_closed", mssql_drop_default=True)
    with op.batch_alter_table("tenants_centre") as table:
        for name in reversed(ADDED):
            table.drop_column(name, mssql_drop_default=True)
