"""Books of paper invoices, the numbers taken from them, electronic invoices and their platform."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invoices_book",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Unicode(length=20), nullable=False),
        sa.Column("prefix", sa.Unicode(length=10), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("first_no", sa.BigInteger(), nullable=False),
        sa.Column("last_no", sa.BigInteger(), nullable=False),
        sa.Column("next_no", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("holder_account_id", sa.BigInteger(), nullable=True),
        sa.Column("holder_name", sa.Unicode(length=100), nullable=False),
        sa.Column("registered_at", types.UtcDateTime(), nullable=False),
        sa.Column("registered_by", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state <> 'in_use' OR holder_account_id IS NOT NULL", name=op.f("ck_invoices_book_holder")
        ),
        sa.CheckConstraint(
            "state <> 'used_up' OR next_no = last_no + 1", name=op.f("ck_invoices_book_used_up")
        ),
        sa.CheckConstraint("first_no >= 0 AND last_no >= first_no", name=op.f("ck_invoices_book_numbers")),
        sa.CheckConstraint(
            "next_no >= first_no AND next_no <= last_no + 1", name=op.f("ck_invoices_book_next_no")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices_book")),
        sa.UniqueConstraint("tenant_id", "code", "prefix", "first_no", name="uq_invoices_book_first"),
    )
    op.create_index(
        "ix_invoices_book_holder", "invoices_book", ["tenant_id", "holder_account_id", "state"], unique=False
    )
    op.create_index(
        "ux_invoices_book_in_use",
        "invoices_book",
        ["tenant_id", "holder_account_id"],
        unique=True,
        sqlite_where=sa.text("state = 'in_use'"),
        postgresql_where=sa.text("state = 'in_use'"),
        mssql_where=sa.text("state = 'in_use'"),
    )
    op.create_table(
        "invoices_connection",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("unit_code", sa.Unicode(length=20), nullable=False),
        sa.Column("institution_kind", sa.Unicode(length=50), nullable=False),
        sa.Column("base_url", sa.Unicode(length=200), nullable=False),
        sa.Column("key", types.Sensitive(865), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices_connection")),
        sa.UniqueConstraint("tenant_id", name=op.f("uq_invoices_connection_tenant_id")),
    )
    op.create_table(
        "invoices_custody",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.Unicode(length=32), nullable=False),
        sa.Column("next_no", sa.BigInteger(), nullable=False),
        sa.Column("holder_name", sa.Unicode(length=100), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["invoices_book.id"], name=op.f("fk_invoices_custody_book_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices_custody")),
    )
    op.create_index(
        "ix_invoices_custody_book", "invoices_custody", ["tenant_id", "book_id", "id"], unique=False
    )
    op.create_table(
        "invoices_electronic",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), nullable=False),
        sa.Column("bill_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Unicode(length=32), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("business_no", sa.Unicode(length=30), nullable=False),
        sa.Column("blue_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("total_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("pool_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("other_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("account_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("cash_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("self_pay_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("full_own_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("code", sa.Unicode(length=8), nullable=False),
        sa.Column("number", sa.Unicode(length=10), nullable=False),
        sa.Column("check_code", sa.Unicode(length=6), nullable=False),
        sa.Column("url", sa.Unicode(length=200), nullable=False),
        sa.Column("issued_at", types.UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("try_at", types.UtcDateTime(), nullable=False),
        sa.Column("fault", sa.Unicode(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'red' AND total_amount < 0) OR (kind = 'blue' AND total_amount > 0)",
            name=op.f("ck_invoices_electronic_sign"),
        ),
        sa.CheckConstraint("kind <> 'red' OR blue_id IS NOT NULL", name=op.f("ck_invoices_electronic_blue")),
        sa.CheckConstraint(
            "state NOT IN ('issued', 'reversed') OR number <> ''", name=op.f("ck_invoices_electronic_number")
        ),
        sa.CheckConstraint(
            "account_amount + cash_amount = self_pay_amount + full_own_amount",
            name=op.f("ck_invoices_electronic_personal"),
        ),
        sa.CheckConstraint(
            "total_amount = pool_amount + other_amount + account_amount + cash_amount",
            name=op.f("ck_invoices_electronic_payers"),
        ),
        sa.ForeignKeyConstraint(
            ["blue_id"], ["invoices_electronic.id"], name=op.f("fk_invoices_electronic_blue_id")
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["charging_settlement.id"], name=op.f("fk_invoices_electronic_settlement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices_electronic")),
        sa.UniqueConstraint(
            "tenant_id", "business_no", name=op.f("uq_invoices_electronic_tenant_id_business_no")
        ),
        sa.UniqueConstraint(
            "tenant_id", "settlement_id", name=op.f("uq_invoices_electronic_tenant_id_settlement_id")
        ),
    )
    op.create_index(
        "ix_invoices_electronic_bill", "invoices_electronic", ["tenant_id", "bill_id"], unique=False
    )
    op.create_index(
        "ix_invoices_electronic_on", "invoices_electronic", ["tenant_id", "on", "id"], unique=False
    )
    op.create_index(
        "ix_invoices_electronic_owed",
        "invoices_electronic",
        ["tenant_id", "try_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'sent')"),
        postgresql_where=sa.text("state IN ('waiting', 'sent')"),
        mssql_where=sa.text("state IN ('waiting', 'sent')"),
    )
    op.create_index(
        "ix_invoices_electronic_state", "invoices_electronic", ["tenant_id", "state", "id"], unique=False
    )
    op.create_index(
        "ux_invoices_electronic_blue",
        "invoices_electronic",
        ["tenant_id", "blue_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'red'"),
        postgresql_where=sa.text("kind = 'red'"),
        mssql_where=sa.text("kind = 'red'"),
    )
    op.create_index(
        "ux_invoices_electronic_number",
        "invoices_electronic",
        ["tenant_id", "code", "number"],
        unique=True,
        sqlite_where=sa.text("number <> ''"),
        postgresql_where=sa.text("number <> ''"),
        mssql_where=sa.text("number <> ''"),
    )
    op.create_table(
        "invoices_paper",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("no", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Unicode(length=20), nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("kind", sa.Unicode(length=32), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), nullable=True),
        sa.Column("mirror_id", sa.BigInteger(), nullable=True),
        sa.Column("reds_id", sa.BigInteger(), nullable=True),
        sa.Column("bill_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("cashier_account_id", sa.BigInteger(), nullable=False),
        sa.Column("cashier_name", sa.Unicode(length=100), nullable=False),
        sa.Column("void_reason", sa.Unicode(length=200), nullable=False),
        sa.Column("voided_at", types.UtcDateTime(), nullable=True),
        sa.Column("voided_by", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind <> 'red' OR reds_id IS NOT NULL", name=op.f("ck_invoices_paper_reds")),
        sa.CheckConstraint("kind <> 'spoilt' OR state = 'voided'", name=op.f("ck_invoices_paper_spoilt")),
        sa.CheckConstraint(
            "kind = 'spoilt' OR settlement_id IS NOT NULL", name=op.f("ck_invoices_paper_settlement")
        ),
        sa.CheckConstraint(
            "state <> 'to_red' OR mirror_id IS NOT NULL", name=op.f("ck_invoices_paper_mirror")
        ),
        sa.CheckConstraint(
            "state <> 'voided' OR void_reason <> ''", name=op.f("ck_invoices_paper_void_reason")
        ),
        sa.ForeignKeyConstraint(["book_id"], ["invoices_book.id"], name=op.f("fk_invoices_paper_book_id")),
        sa.ForeignKeyConstraint(
            ["mirror_id"], ["charging_settlement.id"], name=op.f("fk_invoices_paper_mirror_id")
        ),
        sa.ForeignKeyConstraint(["reds_id"], ["invoices_paper.id"], name=op.f("fk_invoices_paper_reds_id")),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["charging_settlement.id"], name=op.f("fk_invoices_paper_settlement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices_paper")),
        sa.UniqueConstraint(
            "tenant_id", "book_id", "no", name=op.f("uq_invoices_paper_tenant_id_book_id_no")
        ),
        sa.UniqueConstraint("tenant_id", "code", "number", name="uq_invoices_paper_number"),
    )
    op.create_index("ix_invoices_paper_bill", "invoices_paper", ["tenant_id", "bill_id"], unique=False)
    op.create_index(
        "ix_invoices_paper_cashier", "invoices_paper", ["tenant_id", "cashier_account_id", "at"], unique=False
    )
    op.create_index("ix_invoices_paper_state", "invoices_paper", ["tenant_id", "state", "id"], unique=False)
    op.create_index(
        "ux_invoices_paper_settlement",
        "invoices_paper",
        ["tenant_id", "settlement_id"],
        unique=True,
        sqlite_where=sa.text("settlement_id IS NOT NULL AND state <> 'voided'"),
        postgresql_where=sa.text("settlement_id IS NOT NULL AND state <> 'voided'"),
        mssql_where=sa.text("settlement_id IS NOT NULL AND state <> 'voided'"),
    )
    op.create_table(
        "invoices_exchange",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("electronic_id", sa.BigInteger(), nullable=False),
        sa.Column("paper_id", sa.BigInteger(), nullable=False),
        sa.Column("told_number", sa.Unicode(length=30), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("try_at", types.UtcDateTime(), nullable=False),
        sa.Column("fault", sa.Unicode(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["electronic_id"], ["invoices_electronic.id"], name=op.f("fk_invoices_exchange_electronic_id")
        ),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["invoices_paper.id"], name=op.f("fk_invoices_exchange_paper_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices_exchange")),
        sa.UniqueConstraint(
            "tenant_id", "electronic_id", name=op.f("uq_invoices_exchange_tenant_id_electronic_id")
        ),
    )
    op.create_index(
        "ix_invoices_exchange_owed",
        "invoices_exchange",
        ["tenant_id", "try_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'sent')"),
        postgresql_where=sa.text("state IN ('waiting', 'sent')"),
        mssql_where=sa.text("state IN ('waiting', 'sent')"),
    )
    op.create_index(
        "ix_invoices_exchange_paper", "invoices_exchange", ["tenant_id", "paper_id"], unique=False
    )
    op.create_table(
        "invoices_paper_print",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paper_id", sa.BigInteger(), nullable=False),
        sa.Column("copy_no", sa.Integer(), nullable=False),
        sa.Column("printed_at", types.UtcDateTime(), nullable=False),
        sa.Column("printed_by", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["invoices_paper.id"], name=op.f("fk_invoices_paper_print_paper_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices_paper_print")),
        sa.UniqueConstraint(
            "tenant_id",
            "paper_id",
            "copy_no",
            name=op.f("uq_invoices_paper_print_tenant_id_paper_id_copy_no"),
        ),
    )
    isolation.add_policies(op, "invoices_book")
    isolation.add_policies(op, "invoices_connection")
    isolation.add_policies(op, "invoices_custody")
    isolation.add_policies(op, "invoices_electronic")
    isolation.add_policies(op, "invoices_paper")
    isolation.add_policies(op, "invoices_exchange")
    isolation.add_policies(op, "invoices_paper_print")


def downgrade() -> None:
    isolation.drop_policies(op, "invoices_paper_print")
    isolation.drop_policies(op, "invoices_exchange")
    isolation.drop_policies(op, "invoices_paper")
    isolation.drop_policies(op, "invoices_electronic")
    isolation.drop_policies(op, "invoices_custody")
    isolation.drop_policies(op, "invoices_connection")
    isolation.drop_policies(op, "invoices_book")
    op.drop_table("invoices_paper_print")
    op.drop_index("ix_invoices_exchange_paper", table_name="invoices_exchange")
    op.drop_index(
        "ix_invoices_exchange_owed",
        table_name="invoices_exchange",
        sqlite_where=sa.text("state IN ('waiting', 'sent')"),
        postgresql_where=sa.text("state IN ('waiting', 'sent')"),
        mssql_where=sa.text("state IN ('waiting', 'sent')"),
    )
    op.drop_table("invoices_exchange")
    op.drop_index(
        "ux_invoices_paper_settlement",
        table_name="invoices_paper",
        sqlite_where=sa.text("settlement_id IS NOT NULL AND state <> 'voided'"),
        postgresql_where=sa.text("settlement_id IS NOT NULL AND state <> 'voided'"),
        mssql_where=sa.text("settlement_id IS NOT NULL AND state <> 'voided'"),
    )
    op.drop_index("ix_invoices_paper_state", table_name="invoices_paper")
    op.drop_index("ix_invoices_paper_cashier", table_name="invoices_paper")
    op.drop_index("ix_invoices_paper_bill", table_name="invoices_paper")
    op.drop_table("invoices_paper")
    op.drop_index(
        "ux_invoices_electronic_number",
        table_name="invoices_electronic",
        sqlite_where=sa.text("number <> ''"),
        postgresql_where=sa.text("number <> ''"),
        mssql_where=sa.text("number <> ''"),
    )
    op.drop_index(
        "ux_invoices_electronic_blue",
        table_name="invoices_electronic",
        sqlite_where=sa.text("kind = 'red'"),
        postgresql_where=sa.text("kind = 'red'"),
        mssql_where=sa.text("kind = 'red'"),
    )
    op.drop_index("ix_invoices_electronic_state", table_name="invoices_electronic")
    op.drop_index(
        "ix_invoices_electronic_owed",
        table_name="invoices_electronic",
        sqlite_where=sa.text("state IN ('waiting', 'sent')"),
        postgresql_where=sa.text("state IN ('waiting', 'sent')"),
        mssql_where=sa.text("state IN ('waiting', 'sent')"),
    )
    op.drop_index("ix_invoices_electronic_on", table_name="invoices_electronic")
    op.drop_index("ix_invoices_electronic_bill", table_name="invoices_electronic")
    op.drop_table("invoices_electronic")
    op.drop_index("ix_invoices_custody_book", table_name="invoices_custody")
    op.drop_table("invoices_custody")
    op.drop_table("invoices_connection")
    op.drop_index(
        "ux_invoices_book_in_use",
        table_name="invoices_book",
        sqlite_where=sa.text("state = 'in_use'"),
        postgresql_where=sa.text("state = 'in_use'"),
        mssql_where=sa.text("state = 'in_use'"),
    )
    op.drop_index("ix_invoices_book_holder", table_name="invoices_book")
    op.drop_table("invoices_book")
