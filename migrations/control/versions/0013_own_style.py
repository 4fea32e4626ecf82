"""The logo of a centre, and the keys that a person prefers."""

import sqlalchemy as sa
from alembic import op

from app.db.types import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenants_logo",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Unicode(64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants_centre.id"], name=op.f("fk_tenants_logo_tenant_id_tenants_centre")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants_logo")),
        sa.UniqueConstraint("tenant_id", name=op.f("uq_tenants_logo_tenant_id")),
    )
    op.add_column("tenants_centre", sa.Column("logo", sa.Unicode(64), nullable=False, server_default=""))
    op.add_column(
        "accounts_account", sa.Column("key_scheme", sa.Unicode(20), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("accounts_account", "key_scheme", mssql_drop_default=True)
    op.drop_column("tenants_centre", "logo", mssql_drop_default=True)
    op.drop_table("tenants_logo")
