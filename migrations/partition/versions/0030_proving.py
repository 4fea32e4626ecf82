"""Nights in which the books were proven, and the identities that failed."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proving_fault",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("identity", types.search_key_type(200), nullable=False),
        sa.Column("found", sa.Unicode(length=300), nullable=False),
        sa.Column("wanted", sa.Unicode(length=300), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Unicode(length=300), nullable=False),
        sa.Column("explained_at", types.UtcDateTime(), nullable=True),
        sa.Column("explained_by_id", sa.BigInteger(), nullable=True),
        sa.Column("explained_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state <> 'explained' OR explained_at IS NOT NULL", name=op.f("ck_proving_fault_explained")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proving_fault")),
    )
    op.create_index("ix_proving_fault_list", "proving_fault", ["tenant_id", "id"], unique=False)
    op.create_index(
        "uq_proving_fault_identity",
        "proving_fault",
        ["tenant_id", "identity"],
        unique=True,
        sqlite_where=sa.text("state IN ('open', 'explained')"),
        postgresql_where=sa.text("state IN ('open', 'explained')"),
        mssql_where=sa.text("state IN ('open', 'explained')"),
    )
    op.create_table(
        "proving_night",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("ask_at", types.UtcDateTime(), nullable=True),
        sa.Column("begun_at", types.UtcDateTime(), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("identities", sa.Integer(), nullable=False),
        sa.Column("failing", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state <> 'holds' OR failing = 0", name=op.f("ck_proving_night_holds")),
        sa.CheckConstraint("failing >= 0 AND failing <= identities", name=op.f("ck_proving_night_failing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proving_night")),
        sa.UniqueConstraint("tenant_id", "on", name=op.f("uq_proving_night_tenant_id_on")),
    )
    op.create_index(
        "ix_proving_night_due",
        "proving_night",
        ["tenant_id", "ask_at"],
        unique=False,
        sqlite_where=sa.text("ask_at IS NOT NULL"),
        postgresql_where=sa.text("ask_at IS NOT NULL"),
        mssql_where=sa.text("ask_at IS NOT NULL"),
    )
    isolation.add_policies(op, "proving_fault")
    isolation.add_policies(op, "proving_night")


def downgrade() -> None:
    isolation.drop_policies(op, "proving_night")
    isolation.drop_policies(op, "proving_fault")
    op.drop_index(
        "ix_proving_night_due",
        table_name="proving_night",
        sqlite_where=sa.text("ask_at IS NOT NULL"),
        postgresql_where=sa.text("ask_at IS NOT NULL"),
        mssql_where=sa.text("ask_at IS NOT NULL"),
    )
    op.drop_table("proving_night")
    op.drop_index(
        "uq_proving_fault_identity",
        table_name="proving_fault",
        sqlite_where=sa.text("state IN ('open', 'explained')"),
        postgresql_where=sa.text("state IN ('open', 'explained')"),
        mssql_where=sa.text("state IN ('open', 'explained')"),
    )
    op.drop_index("ix_proving_fault_list", table_name="proving_fault")
    op.drop_table("proving_fault")
