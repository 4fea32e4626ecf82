"""The tables of unified payment."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = (
    "payments_merchant",
    "payments_prepaid_account",
    "payments_order",
    "payments_refund",
    "payments_exchange",
    "payments_prepaid_entry",
)


def _only_where(condition: Any) -> dict[str, Any]:
    return {"sqlite_where": condition, "postgresql_where": condition, "mssql_where": condition}


def upgrade() -> None:
    op.create_table(
        "payments_merchant",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.Unicode(length=32), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("merchant_no", sa.Unicode(length=64), nullable=False),
        sa.Column("base_url", sa.Unicode(length=200), nullable=False),
        sa.Column("callback_key", types.search_key_type(64), nullable=False),
        sa.Column("secret", types.Sensitive(865), nullable=False),
        sa.Column("set_up_at", types.UtcDateTime(), nullable=False),
        sa.Column("set_up_by", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments_merchant")),
        sa.UniqueConstraint(
            "tenant_id", "callback_key", name=op.f("uq_payments_merchant_tenant_id_callback_key")
        ),
    )
    op.create_index(
        "ux_payments_merchant_active",
        "payments_merchant",
        ["tenant_id", "channel"],
        unique=True,
        **_only_where(sa.text("state = 'active'")),
    )
    op.create_table(
        "payments_prepaid_account",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("balance", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("opened_at", types.UtcDateTime(), nullable=False),
        sa.Column("row_digest", sa.Unicode(length=100), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_payments_prepaid_account_balance")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients_patient.id"], name=op.f("fk_payments_prepaid_account_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments_prepaid_account")),
        sa.UniqueConstraint(
            "tenant_id", "patient_id", name=op.f("uq_payments_prepaid_account_tenant_id_patient_id")
        ),
    )
    op.create_table(
        "payments_order",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("out_trade_no", types.search_key_type(40), nullable=False),
        sa.Column("subject_kind", sa.Unicode(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.Unicode(length=32), nullable=False),
        sa.Column("way", sa.Unicode(length=32), nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("description", sa.Unicode(length=100), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("surplus", sa.Unicode(length=32), nullable=False),
        sa.Column("paid_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("refunded_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("channel_trade_no", sa.Unicode(length=64), nullable=False),
        sa.Column("qr", sa.Unicode(length=500), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_name", sa.Unicode(length=100), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.Column("sent_at", types.UtcDateTime(), nullable=True),
        sa.Column("paid_at", types.UtcDateTime(), nullable=True),
        sa.Column("close_asked_at", types.UtcDateTime(), nullable=True),
        sa.Column("next_query_at", types.UtcDateTime(), nullable=True),
        sa.Column("query_count", sa.Integer(), nullable=False),
        sa.Column("note", sa.Unicode(length=200), nullable=False),
        sa.Column("row_digest", sa.Unicode(length=100), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state <> 'success' OR paid_amount = amount", name=op.f("ck_payments_order_paid")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payments_order_amount")),
        sa.CheckConstraint(
            "refunded_amount >= 0 AND refunded_amount <= paid_amount", name=op.f("ck_payments_order_refunded")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["payments_prepaid_account.id"], name=op.f("fk_payments_order_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["payments_merchant.id"], name=op.f("fk_payments_order_merchant_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients_patient.id"], name=op.f("fk_payments_order_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments_order")),
        sa.UniqueConstraint(
            "tenant_id", "out_trade_no", name=op.f("uq_payments_order_tenant_id_out_trade_no")
        ),
    )
    op.create_index(
        "ix_payments_order_due",
        "payments_order",
        ["tenant_id", "next_query_at", "id"],
        unique=False,
        **_only_where(sa.text("next_query_at IS NOT NULL")),
    )
    op.create_index("ix_payments_order_state", "payments_order", ["tenant_id", "state", "id"], unique=False)
    op.create_index(
        "ix_payments_order_subject",
        "payments_order",
        ["tenant_id", "subject_kind", "subject_id"],
        unique=False,
    )
    op.create_index(
        "ux_payments_order_paid",
        "payments_order",
        ["tenant_id", "subject_kind", "subject_id"],
        unique=True,
        **_only_where(sa.text("state = 'success' AND surplus = 'none'")),
    )
    op.create_table(
        "payments_refund",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("out_refund_no", types.search_key_type(40), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("state", sa.Unicode(length=32), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_name", sa.Unicode(length=100), nullable=False),
        sa.Column("sent_at", types.UtcDateTime(), nullable=True),
        sa.Column("done_at", types.UtcDateTime(), nullable=True),
        sa.Column("next_query_at", types.UtcDateTime(), nullable=True),
        sa.Column("query_count", sa.Integer(), nullable=False),
        sa.Column("note", sa.Unicode(length=200), nullable=False),
        sa.Column("row_digest", sa.Unicode(length=100), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payments_refund_amount")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["payments_order.id"], name=op.f("fk_payments_refund_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments_refund")),
        sa.UniqueConstraint(
            "tenant_id", "out_refund_no", name=op.f("uq_payments_refund_tenant_id_out_refund_no")
        ),
    )
    op.create_index(
        "ix_payments_refund_due",
        "payments_refund",
        ["tenant_id", "next_query_at", "id"],
        unique=False,
        **_only_where(sa.text("next_query_at IS NOT NULL")),
    )
    op.create_index("ix_payments_refund_order", "payments_refund", ["tenant_id", "order_id"], unique=False)
    op.create_index("ix_payments_refund_state", "payments_refund", ["tenant_id", "state", "id"], unique=False)
    op.create_table(
        "payments_exchange",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("refund_id", sa.BigInteger(), nullable=True),
        sa.Column("verb", sa.Unicode(length=32), nullable=False),
        sa.Column("direction", sa.Unicode(length=32), nullable=False),
        sa.Column("outcome", sa.Unicode(length=32), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Unicode(length=100), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("body", types.Sensitive(None), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["payments_merchant.id"], name=op.f("fk_payments_exchange_merchant_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["payments_order.id"], name=op.f("fk_payments_exchange_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["payments_refund.id"], name=op.f("fk_payments_exchange_refund_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments_exchange")),
    )
    op.create_index(
        "ix_payments_exchange_order", "payments_exchange", ["tenant_id", "order_id", "id"], unique=False
    )
    op.create_table(
        "payments_prepaid_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Unicode(length=32), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("balance_after", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("refund_id", sa.BigInteger(), nullable=True),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("by_account_id", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("row_digest", sa.Unicode(length=100), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('top_up', 'refund') AND amount > 0) OR (kind IN ('payment', 'pay_out') AND amount < 0)",
            name=op.f("ck_payments_prepaid_entry_sign"),
        ),
        sa.CheckConstraint("balance_after >= 0", name=op.f("ck_payments_prepaid_entry_balance_after")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["payments_prepaid_account.id"], name=op.f("fk_payments_prepaid_entry_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["payments_order.id"], name=op.f("fk_payments_prepaid_entry_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["payments_refund.id"], name=op.f("fk_payments_prepaid_entry_refund_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments_prepaid_entry")),
        sa.UniqueConstraint(
            "tenant_id",
            "account_id",
            "entry_no",
            name=op.f("uq_payments_prepaid_entry_tenant_id_account_id_entry_no"),
        ),
    )
    op.create_index(
        "ix_payments_prepaid_entry_account",
        "payments_prepaid_entry",
        ["tenant_id", "account_id", "id"],
        unique=False,
    )
    for table in TABLES:
        isolation.add_policies(op, table)


def downgrade() -> None:
    for table in reversed(TABLES):
        isolation.drop_policies(op, table)
        op.drop_table(table)
