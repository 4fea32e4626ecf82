"""Reconciliation: days, statement files, entries, arrivals at the bank, terms of merchants."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconciliation_file",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("form", sa.Unicode(length=32), nullable=False),
        sa.Column("origin", sa.Unicode(length=32), nullable=False),
        sa.Column("digest", types.search_key_type(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("fault", sa.Unicode(length=32), nullable=True),
        sa.Column("detail", sa.Unicode(length=100), nullable=False),
        sa.Column("repeated_count", sa.Integer(), nullable=False),
        sa.Column("came_at", types.UtcDateTime(), nullable=False),
        sa.Column("came_by", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["payments_merchant.id"], name=op.f("fk_reconciliation_file_merchant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_file")),
        sa.UniqueConstraint(
            "tenant_id",
            "merchant_id",
            "on",
            "digest",
            "form",
            name=op.f("uq_reconciliation_file_tenant_id_merchant_id_on_digest_form"),
        ),
    )
    op.create_table(
        "reconciliation_terms",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Unicode(length=32), nullable=False),
        sa.Column("fee_rate", types.ExactDecimal(16, 6), nullable=False),
        sa.Column("returns_fee", sa.Boolean(), nullable=False),
        sa.Column("set_at", types.UtcDateTime(), nullable=False),
        sa.Column("set_by", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("fee_rate >= 0", name=op.f("ck_reconciliation_terms_fee_rate")),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["payments_merchant.id"], name=op.f("fk_reconciliation_terms_merchant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_terms")),
        sa.UniqueConstraint(
            "tenant_id", "merchant_id", name=op.f("uq_reconciliation_terms_tenant_id_merchant_id")
        ),
    )
    op.create_table(
        "reconciliation_day",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", types.search_key_type(30), nullable=False),
        sa.Column("channel", sa.Unicode(length=20), nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), nullable=True),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("ask_at", types.UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("note", sa.Unicode(length=100), nullable=False),
        sa.Column("his_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("gross_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("back_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("fee_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("expected_fee", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("long_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("short_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("cross_day_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("amount_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("state_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("duplicate_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("matched_count", sa.Integer(), nullable=False),
        sa.Column("open_count", sa.Integer(), nullable=False),
        sa.Column("compared_at", types.UtcDateTime(), nullable=True),
        sa.Column("confirmed_at", types.UtcDateTime(), nullable=True),
        sa.Column("confirmed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state <> 'confirmed' OR confirmed_by_id IS NOT NULL",
            name=op.f("ck_reconciliation_day_confirmed"),
        ),
        sa.CheckConstraint(
            "his_amount + long_amount - short_amount + cross_day_amount + amount_amount + state_amount + duplicate_amount = gross_amount - back_amount",
            name=op.f("ck_reconciliation_day_formula"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["reconciliation_file.id"], name=op.f("fk_reconciliation_day_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["payments_merchant.id"], name=op.f("fk_reconciliation_day_merchant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_day")),
        sa.UniqueConstraint(
            "tenant_id", "source", "on", name=op.f("uq_reconciliation_day_tenant_id_source_on")
        ),
    )
    op.create_index(
        "ix_reconciliation_day_due",
        "reconciliation_day",
        ["tenant_id", "ask_at"],
        unique=False,
        sqlite_where=sa.text("ask_at IS NOT NULL"),
        postgresql_where=sa.text("ask_at IS NOT NULL"),
        mssql_where=sa.text("ask_at IS NOT NULL"),
    )
    op.create_index(
        "ix_reconciliation_day_on", "reconciliation_day", ["tenant_id", "on", "source"], unique=False
    )
    op.create_table(
        "reconciliation_arrival",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day_id", sa.BigInteger(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("reference", types.search_key_type(64), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("noted_at", types.UtcDateTime(), nullable=False),
        sa.Column("noted_by", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_reconciliation_arrival_amount")),
        sa.ForeignKeyConstraint(
            ["day_id"], ["reconciliation_day.id"], name=op.f("fk_reconciliation_arrival_day_id")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["reconciliation_arrival.id"], name=op.f("fk_reconciliation_arrival_reverses_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_arrival")),
        sa.UniqueConstraint(
            "tenant_id",
            "day_id",
            "reference",
            name=op.f("uq_reconciliation_arrival_tenant_id_day_id_reference"),
        ),
    )
    op.create_index(
        "ix_reconciliation_arrival_day", "reconciliation_arrival", ["tenant_id", "day_id"], unique=False
    )
    op.create_table(
        "reconciliation_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day_id", sa.BigInteger(), nullable=False),
        sa.Column("source", types.search_key_type(30), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("out_trade_no", types.search_key_type(64), nullable=False),
        sa.Column("out_refund_no", types.search_key_type(64), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("his_amount", types.ExactDecimal(14, 2), nullable=True),
        sa.Column("order_amount", types.ExactDecimal(14, 2), nullable=True),
        sa.Column("line_amount", types.ExactDecimal(14, 2), nullable=True),
        sa.Column("difference", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("fee_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("trade_no", sa.Unicode(length=64), nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("refund_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Unicode(length=32), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("step", sa.Unicode(length=32), nullable=False),
        sa.Column("was_carried", sa.Boolean(), nullable=False),
        sa.Column("done_refund_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Unicode(length=300), nullable=False),
        sa.Column("handled_at", types.UtcDateTime(), nullable=True),
        sa.Column("handled_by_id", sa.BigInteger(), nullable=True),
        sa.Column("handled_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("reviewed_at", types.UtcDateTime(), nullable=True),
        sa.Column("reviewed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'matched' AND state = 'even') OR (kind <> 'matched' AND state <> 'even')",
            name=op.f("ck_reconciliation_entry_even"),
        ),
        sa.CheckConstraint(
            "kind <> 'matched' OR difference = 0", name=op.f("ck_reconciliation_entry_matched")
        ),
        sa.CheckConstraint(
            "state <> 'handled' OR step = 'by_itself' OR (handled_by_id IS NOT NULL AND reviewed_by_id IS NOT NULL AND reviewed_by_id <> handled_by_id)",
            name=op.f("ck_reconciliation_entry_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["day_id"], ["reconciliation_day.id"], name=op.f("fk_reconciliation_entry_day_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_entry")),
        sa.UniqueConstraint(
            "tenant_id",
            "day_id",
            "out_trade_no",
            "out_refund_no",
            name=op.f("uq_reconciliation_entry_key"),
        ),
    )
    op.create_index(
        "ix_reconciliation_entry_day",
        "reconciliation_entry",
        ["tenant_id", "day_id", "kind", "id"],
        unique=False,
    )
    op.create_index(
        "ix_reconciliation_entry_open",
        "reconciliation_entry",
        ["tenant_id", "source", "on"],
        unique=False,
        sqlite_where=sa.text("state IN ('open', 'working')"),
        postgresql_where=sa.text("state IN ('open', 'working')"),
        mssql_where=sa.text("state IN ('open', 'working')"),
    )
    isolation.add_policies(op, "reconciliation_file")
    isolation.add_policies(op, "reconciliation_terms")
    isolation.add_policies(op, "reconciliation_day")
    isolation.add_policies(op, "reconciliation_arrival")
    isolation.add_policies(op, "reconciliation_entry")


def downgrade() -> None:
    isolation.drop_policies(op, "reconciliation_entry")
    isolation.drop_policies(op, "reconciliation_arrival")
    isolation.drop_policies(op, "reconciliation_day")
    isolation.drop_policies(op, "reconciliation_terms")
    isolation.drop_policies(op, "reconciliation_file")
    op.drop_index(
        "ix_reconciliation_entry_open",
        table_name="reconciliation_entry",
        sqlite_where=sa.text("state IN ('open', 'working')"),
        postgresql_where=sa.text("state IN ('open', 'working')"),
        mssql_where=sa.text("state IN ('open', 'working')"),
    )
    op.drop_index("ix_reconciliation_entry_day", table_name="reconciliation_entry")
    op.drop_table("reconciliation_entry")
    op.drop_index("ix_reconciliation_arrival_day", table_name="reconciliation_arrival")
    op.drop_table("reconciliation_arrival")
    op.drop_index("ix_reconciliation_day_on", table_name="reconciliation_day")
    op.drop_index(
        "ix_reconciliation_day_due",
        table_name="reconciliation_day",
        sqlite_where=sa.text("ask_at IS NOT NULL"),
        postgresql_where=sa.text("ask_at IS NOT NULL"),
        mssql_where=sa.text("ask_at IS NOT NULL"),
    )
    op.drop_table("reconciliation_day")
    op.drop_table("reconciliation_terms")
    op.drop_table("reconciliation_file")
