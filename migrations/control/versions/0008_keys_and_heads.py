"""The keys of the centres, wrapped. Centres that exist already keep finding by the one index key of before."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PROVEN = ("accounts_membership", "tenants_role_grant")
COLUMNS = "(id, tenant_id, purpose, number, suite, master, wrapped, state, made_at)"
LEGACY = "'index', 0, 'legacy', '', '', 'leaving', CURRENT_TIMESTAMP"


def upgrade() -> None:
    op.create_table(
        "control_data_key",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Unicode(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("suite", sa.Unicode(length=10), nullable=False),
        sa.Column("master", sa.Unicode(length=20), nullable=False),
        sa.Column("wrapped", sa.Unicode(length=200), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("made_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_data_key")),
        sa.UniqueConstraint(
            "tenant_id", "purpose", "number", name=op.f("uq_control_data_key_tenant_id_purpose_number")
        ),
    )
    for table in PROVEN:
        op.add_column(table, sa.Column("row_digest", sa.Unicode(length=100), nullable=True))
    op.execute(f"INSERT INTO control_data_key {COLUMNS} SELECT id, id, {LEGACY} FROM tenants_centre")
    op.execute(
        f"INSERT INTO control_data_key {COLUMNS} SELECT 1, 0, {LEGACY} FROM tenants_centre "
        "WHERE id = (SELECT MIN(id) FROM tenants_centre)"
    )


def downgrade() -> None:
    for table in PROVEN:
        op.drop_column(table, "row_digest", mssql_drop_default=True)
    op.drop_table("control_data_key")
