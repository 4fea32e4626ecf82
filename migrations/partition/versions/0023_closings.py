"""Closed months of the storeroom, and the day up to which the books of a place are closed."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "storeroom_closing",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("closed_at", types.UtcDateTime(), nullable=False),
        sa.Column("closed_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("opening_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("received_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("issued_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("closing_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("ends_on > begins_on", name=op.f("ck_storeroom_closing_days")),
        sa.CheckConstraint(
            "opening_amount + received_amount - issued_amount = closing_amount",
            name=op.f("ck_storeroom_closing_amounts_add_up"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_closing")),
        sa.UniqueConstraint("tenant_id", "begins_on", name=op.f("uq_storeroom_closing_tenant_id_begins_on")),
    )
    op.create_table(
        "storeroom_closing_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closing_id", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("opening", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("received", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("issued", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("closing", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("opening_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("received_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("issued_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("closing_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "opening + received - issued = closing", name=op.f("ck_storeroom_closing_line_quantities_add_up")
        ),
        sa.CheckConstraint(
            "opening >= 0 AND received >= 0 AND issued >= 0 AND closing >= 0",
            name=op.f("ck_storeroom_closing_line_not_negative"),
        ),
        sa.CheckConstraint(
            "opening_amount + received_amount - issued_amount = closing_amount",
            name=op.f("ck_storeroom_closing_line_amounts_add_up"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["dispensing_batch.id"], name=op.f("fk_storeroom_closing_line_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["closing_id"], ["storeroom_closing.id"], name=op.f("fk_storeroom_closing_line_closing_id")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["dispensing_location.id"], name=op.f("fk_storeroom_closing_line_location_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_closing_line")),
    )
    op.create_index(
        "ux_storeroom_closing_line_place",
        "storeroom_closing_line",
        ["tenant_id", "closing_id", "location_id", "batch_id"],
        unique=True,
        sqlite_where=sa.text("location_id IS NOT NULL"),
        postgresql_where=sa.text("location_id IS NOT NULL"),
        mssql_where=sa.text("location_id IS NOT NULL"),
    )
    op.create_index(
        "ux_storeroom_closing_line_on_the_way",
        "storeroom_closing_line",
        ["tenant_id", "closing_id", "batch_id"],
        unique=True,
        sqlite_where=sa.text("location_id IS NULL"),
        postgresql_where=sa.text("location_id IS NULL"),
        mssql_where=sa.text("location_id IS NULL"),
    )
    op.add_column("dispensing_location", sa.Column("closed_until", sa.Date(), nullable=True))
    isolation.add_policies(op, "storeroom_closing")
    isolation.add_policies(op, "storeroom_closing_line")


def downgrade() -> None:
    isolation.drop_policies(op, "storeroom_closing_line")
    isolation.drop_policies(op, "storeroom_closing")
    op.drop_column("dispensing_location", "closed_until", mssql_drop_default=True)
    op.drop_index(
        "ux_storeroom_closing_line_on_the_way",
        table_name="storeroom_closing_line",
        sqlite_where=sa.text("location_id IS NULL"),
        postgresql_where=sa.text("location_id IS NULL"),
        mssql_where=sa.text("location_id IS NULL"),
    )
    op.drop_index(
        "ux_storeroom_closing_line_place",
        table_name="storeroom_closing_line",
        sqlite_where=sa.text("location_id IS NOT NULL"),
        postgresql_where=sa.text("location_id IS NOT NULL"),
        mssql_where=sa.text("location_id IS NOT NULL"),
    )
    op.drop_table("storeroom_closing_line")
    op.drop_table("storeroom_closing")
