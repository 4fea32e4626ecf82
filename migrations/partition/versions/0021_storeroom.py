"""The storeroom: suppliers, purchasing, requisitions, stocktakes, removals, recalls, prices; what they need of the ledger."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
TABLES = (
    "storeroom_adjustment",
    "storeroom_supplier",
    "storeroom_adjustment_line",
    "storeroom_drug_rule",
    "storeroom_recall",
    "storeroom_plan",
    "storeroom_order",
    "storeroom_plan_line",
    "storeroom_removal",
    "storeroom_requisition",
    "storeroom_revaluation",
    "storeroom_stocktake",
    "storeroom_count_line",
    "storeroom_invoice",
    "storeroom_order_line",
    "storeroom_quarantine",
    "storeroom_receipt",
    "storeroom_requisition_line",
    "storeroom_invoice_line",
    "storeroom_receipt_line",
    "storeroom_shipped_part",
)
OLD = {"free": "held <= on_hand", "held": "held >= 0", "on_hand": "on_hand >= 0"}
NEW = {"frozen": "frozen >= 0", "unfrozen": "held + frozen <= on_hand"}


def _keep_conditions(table: Any) -> None:
    """SQLite makes the table anew, and then without its old conditions."""
    if op.get_context().dialect.name == "sqlite":
        for name, condition in OLD.items():
            table.create_check_constraint(op.f(f"ck_dispensing_balance_{name}"), sa.text(condition))


def upgrade() -> None:
    op.add_column("dispensing_location", sa.Column("counting_since", types.UtcDateTime(), nullable=True))
    op.add_column(
        "dispensing_batch", sa.Column("drug_kind", sa.Unicode(4), nullable=False, server_default="")
    )
    op.add_column("dispensing_batch", sa.Column("recalled_at", types.UtcDateTime(), nullable=True))
    with op.batch_alter_table("dispensing_balance") as table:
        table.add_column(
            sa.Column("frozen", types.ExactDecimal(16, 4), nullable=False, server_default=sa.text("0"))
        )
        _keep_conditions(table)
        for name, condition in NEW.items():
            table.create_check_constraint(op.f(f"ck_dispensing_balance_{name}"), sa.text(condition))
    op.create_table(
        "storeroom_adjustment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("status", sa.Unicode(length=32), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("made_at", types.UtcDateTime(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("approved_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("in_force_at", types.UtcDateTime(), nullable=True),
        sa.Column("gain_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("loss_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_adjustment")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_storeroom_adjustment_tenant_id_number")),
    )
    op.create_index(
        "ix_storeroom_adjustment_status", "storeroom_adjustment", ["tenant_id", "status", "id"], unique=False
    )
    op.create_table(
        "storeroom_supplier",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Unicode(length=30), nullable=False),
        sa.Column("name", sa.Unicode(length=100), nullable=False),
        sa.Column("licence_no", sa.Unicode(length=60), nullable=False),
        sa.Column("licence_until", sa.Date(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_supplier")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_storeroom_supplier_tenant_id_code")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_storeroom_supplier_tenant_id_name")),
    )
    op.create_table(
        "storeroom_adjustment_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("adjustment_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_code", sa.Unicode(length=30), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("pack_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("pack_factor", sa.Integer(), nullable=False),
        sa.Column("old_price", types.ExactDecimal(16, 6), nullable=False),
        sa.Column("new_price", types.ExactDecimal(16, 6), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("new_price >= 0", name=op.f("ck_storeroom_adjustment_line_new_price")),
        sa.ForeignKeyConstraint(
            ["adjustment_id"],
            ["storeroom_adjustment.id"],
            name=op.f("fk_storeroom_adjustment_line_adjustment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_adjustment_line")),
        sa.UniqueConstraint(
            "tenant_id",
            "adjustment_id",
            "drug_id",
            name=op.f("uq_storeroom_adjustment_line_tenant_id_adjustment_id_drug_id"),
        ),
    )
    op.create_table(
        "storeroom_drug_rule",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("min_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("minimum", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("maximum", types.ExactDecimal(16, 4), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "maximum IS NULL OR maximum >= minimum", name=op.f("ck_storeroom_drug_rule_maximum")
        ),
        sa.CheckConstraint("minimum >= 0", name=op.f("ck_storeroom_drug_rule_minimum")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["storeroom_supplier.id"], name=op.f("fk_storeroom_drug_rule_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_drug_rule")),
        sa.UniqueConstraint("tenant_id", "drug_id", name=op.f("uq_storeroom_drug_rule_tenant_id_drug_id")),
    )
    op.create_table(
        "storeroom_recall",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("batch_no", sa.Unicode(length=40), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("begun_at", types.UtcDateTime(), nullable=False),
        sa.Column("begun_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("ended_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("ended_reason", sa.Unicode(length=200), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["dispensing_batch.id"], name=op.f("fk_storeroom_recall_batch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_recall")),
    )
    op.create_index(
        "ux_storeroom_recall_open",
        "storeroom_recall",
        ["tenant_id", "batch_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
        mssql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "storeroom_plan",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("status", sa.Unicode(length=32), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("made_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("submitted_by_id", sa.BigInteger(), nullable=True),
        sa.Column("submitted_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("approved_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("remark", sa.Unicode(length=200), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["dispensing_location.id"], name=op.f("fk_storeroom_plan_location_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_plan")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_storeroom_plan_tenant_id_number")),
    )
    op.create_index("ix_storeroom_plan_status", "storeroom_plan", ["tenant_id", "status", "id"], unique=False)
    op.create_table(
        "storeroom_order",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("status", sa.Unicode(length=32), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_name", sa.Unicode(length=100), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("closed_reason", sa.Unicode(length=200), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["dispensing_location.id"], name=op.f("fk_storeroom_order_location_id")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["storeroom_plan.id"], name=op.f("fk_storeroom_order_plan_id")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["storeroom_supplier.id"], name=op.f("fk_storeroom_order_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_order")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_storeroom_order_tenant_id_number")),
    )
    op.create_index(
        "ix_storeroom_order_status", "storeroom_order", ["tenant_id", "status", "id"], unique=False
    )
    op.create_table(
        "storeroom_plan_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_code", sa.Unicode(length=30), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("min_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("pack_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("pack_factor", sa.Integer(), nullable=False),
        sa.Column("used_a_day", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("in_stock", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("in_transit", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("proposed_packs", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("packs", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("pack_cost", types.ExactDecimal(16, 6), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("packs >= 0", name=op.f("ck_storeroom_plan_line_packs")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["storeroom_plan.id"], name=op.f("fk_storeroom_plan_line_plan_id")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["storeroom_supplier.id"], name=op.f("fk_storeroom_plan_line_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_plan_line")),
        sa.UniqueConstraint(
            "tenant_id", "plan_id", "drug_id", name=op.f("uq_storeroom_plan_line_tenant_id_plan_id_drug_id")
        ),
    )
    op.create_table(
        "storeroom_removal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("kind", sa.Unicode(length=32), nullable=False),
        sa.Column("status", sa.Unicode(length=32), nullable=False),
        sa.Column("balance_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("applied_at", types.UtcDateTime(), nullable=False),
        sa.Column("applied_by_id", sa.BigInteger(), nullable=True),
        sa.Column("applied_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("decided_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("decision_reason", sa.Unicode(length=200), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status <> 'posted' OR document_id IS NOT NULL", name=op.f("ck_storeroom_removal_posted")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_storeroom_removal_quantity")),
        sa.ForeignKeyConstraint(
            ["balance_id"], ["dispensing_balance.id"], name=op.f("fk_storeroom_removal_balance_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["dispensing_document.id"], name=op.f("fk_storeroom_removal_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["storeroom_supplier.id"], name=op.f("fk_storeroom_removal_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_removal")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_storeroom_removal_tenant_id_number")),
    )
    op.create_index(
        "ix_storeroom_removal_status", "storeroom_removal", ["tenant_id", "status", "id"], unique=False
    )
    op.create_table(
        "storeroom_requisition",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("status", sa.Unicode(length=32), nullable=False),
        sa.Column("from_location_id", sa.BigInteger(), nullable=False),
        sa.Column("to_location_id", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", types.UtcDateTime(), nullable=False),
        sa.Column("applied_by_id", sa.BigInteger(), nullable=True),
        sa.Column("applied_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("approved_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("shipped_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("received_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=True),
        sa.Column("arrival_id", sa.BigInteger(), nullable=True),
        sa.Column("difference_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Unicode(length=32), nullable=True),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "from_location_id <> to_location_id", name=op.f("ck_storeroom_requisition_two_places")
        ),
        sa.ForeignKeyConstraint(
            ["arrival_id"], ["dispensing_document.id"], name=op.f("fk_storeroom_requisition_arrival_id")
        ),
        sa.ForeignKeyConstraint(
            ["difference_id"], ["dispensing_document.id"], name=op.f("fk_storeroom_requisition_difference_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_location_id"],
            ["dispensing_location.id"],
            name=op.f("fk_storeroom_requisition_from_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["dispensing_document.id"], name=op.f("fk_storeroom_requisition_shipment_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_location_id"],
            ["dispensing_location.id"],
            name=op.f("fk_storeroom_requisition_to_location_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_requisition")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_storeroom_requisition_tenant_id_number")),
    )
    op.create_index(
        "ix_storeroom_requisition_status",
        "storeroom_requisition",
        ["tenant_id", "status", "id"],
        unique=False,
    )
    op.create_table(
        "storeroom_revaluation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("adjustment_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("balance_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["adjustment_id"],
            ["storeroom_adjustment.id"],
            name=op.f("fk_storeroom_revaluation_adjustment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["balance_id"], ["dispensing_balance.id"], name=op.f("fk_storeroom_revaluation_balance_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["storeroom_adjustment_line.id"], name=op.f("fk_storeroom_revaluation_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_revaluation")),
        sa.UniqueConstraint(
            "tenant_id",
            "line_id",
            "balance_id",
            name=op.f("uq_storeroom_revaluation_tenant_id_line_id_balance_id"),
        ),
    )
    op.create_index(
        "ix_storeroom_revaluation_adjustment",
        "storeroom_revaluation",
        ["tenant_id", "adjustment_id", "id"],
        unique=False,
    )
    op.create_table(
        "storeroom_stocktake",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("status", sa.Unicode(length=32), nullable=False),
        sa.Column("mode", sa.Unicode(length=32), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", types.UtcDateTime(), nullable=False),
        sa.Column("begun_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("approved_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("posted_at", types.UtcDateTime(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["dispensing_document.id"], name=op.f("fk_storeroom_stocktake_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["dispensing_location.id"], name=op.f("fk_storeroom_stocktake_location_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_stocktake")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_storeroom_stocktake_tenant_id_number")),
    )
    op.create_index(
        "ux_storeroom_stocktake_open",
        "storeroom_stocktake",
        ["tenant_id", "location_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('counting', 'checking', 'to_approve')"),
        postgresql_where=sa.text("status IN ('counting', 'checking', 'to_approve')"),
        mssql_where=sa.text("status IN ('counting', 'checking', 'to_approve')"),
    )
    op.create_table(
        "storeroom_count_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stocktake_id", sa.BigInteger(), nullable=False),
        sa.Column("balance_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_code", sa.Unicode(length=30), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("batch_no", sa.Unicode(length=40), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("min_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("snapshot", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("counted", types.ExactDecimal(16, 4), nullable=True),
        sa.Column("counted_at", types.UtcDateTime(), nullable=True),
        sa.Column("book_at_count", types.ExactDecimal(16, 4), nullable=True),
        sa.Column("counted_by_id", sa.BigInteger(), nullable=True),
        sa.Column("counted_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("is_second", sa.Boolean(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "counted IS NULL OR book_at_count IS NOT NULL", name=op.f("ck_storeroom_count_line_book")
        ),
        sa.CheckConstraint("counted IS NULL OR counted >= 0", name=op.f("ck_storeroom_count_line_counted")),
        sa.ForeignKeyConstraint(
            ["balance_id"], ["dispensing_balance.id"], name=op.f("fk_storeroom_count_line_balance_id")
        ),
        sa.ForeignKeyConstraint(
            ["stocktake_id"], ["storeroom_stocktake.id"], name=op.f("fk_storeroom_count_line_stocktake_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_count_line")),
        sa.UniqueConstraint(
            "tenant_id",
            "stocktake_id",
            "balance_id",
            name=op.f("uq_storeroom_count_line_tenant_id_stocktake_id_balance_id"),
        ),
    )
    op.create_table(
        "storeroom_invoice",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=40), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("status", sa.Unicode(length=32), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("entered_by_id", sa.BigInteger(), nullable=True),
        sa.Column("entered_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("accepted_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["storeroom_order.id"], name=op.f("fk_storeroom_invoice_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["storeroom_supplier.id"], name=op.f("fk_storeroom_invoice_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_invoice")),
        sa.UniqueConstraint(
            "tenant_id",
            "supplier_id",
            "number",
            name=op.f("uq_storeroom_invoice_tenant_id_supplier_id_number"),
        ),
    )
    op.create_index(
        "ix_storeroom_invoice_order", "storeroom_invoice", ["tenant_id", "order_id", "id"], unique=False
    )
    op.create_table(
        "storeroom_order_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_code", sa.Unicode(length=30), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("pack_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("pack_factor", sa.Integer(), nullable=False),
        sa.Column("packs", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("received", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("pack_cost", types.ExactDecimal(16, 6), nullable=False),
        sa.Column("special_control", sa.Unicode(length=30), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("packs > 0", name=op.f("ck_storeroom_order_line_packs")),
        sa.CheckConstraint(
            "received >= 0 AND received <= packs", name=op.f("ck_storeroom_order_line_received")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["storeroom_order.id"], name=op.f("fk_storeroom_order_line_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_order_line")),
        sa.UniqueConstraint(
            "tenant_id",
            "order_id",
            "drug_id",
            name=op.f("uq_storeroom_order_line_tenant_id_order_id_drug_id"),
        ),
    )
    op.create_table(
        "storeroom_quarantine",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("balance_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("begun_at", types.UtcDateTime(), nullable=False),
        sa.Column("begun_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("ended_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("removal_id", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_storeroom_quarantine_quantity")),
        sa.ForeignKeyConstraint(
            ["balance_id"], ["dispensing_balance.id"], name=op.f("fk_storeroom_quarantine_balance_id")
        ),
        sa.ForeignKeyConstraint(
            ["removal_id"], ["storeroom_removal.id"], name=op.f("fk_storeroom_quarantine_removal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_quarantine")),
    )
    op.create_index(
        "ix_storeroom_quarantine_open", "storeroom_quarantine", ["tenant_id", "ended_at", "id"], unique=False
    )
    op.create_table(
        "storeroom_receipt",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("status", sa.Unicode(length=32), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("temperature", types.ExactDecimal(16, 4), nullable=True),
        sa.Column("inspected_by_id", sa.BigInteger(), nullable=True),
        sa.Column("inspected_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("second_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status <> 'posted' OR document_id IS NOT NULL", name=op.f("ck_storeroom_receipt_posted")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["dispensing_document.id"], name=op.f("fk_storeroom_receipt_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["storeroom_order.id"], name=op.f("fk_storeroom_receipt_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_receipt")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_storeroom_receipt_tenant_id_number")),
    )
    op.create_index(
        "ix_storeroom_receipt_order", "storeroom_receipt", ["tenant_id", "order_id", "id"], unique=False
    )
    op.create_table(
        "storeroom_requisition_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("requisition_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_code", sa.Unicode(length=30), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("min_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("pack_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("pack_factor", sa.Integer(), nullable=False),
        sa.Column("wanted", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("approved", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("approved >= 0", name=op.f("ck_storeroom_requisition_line_approved")),
        sa.CheckConstraint("wanted > 0", name=op.f("ck_storeroom_requisition_line_wanted")),
        sa.ForeignKeyConstraint(
            ["requisition_id"],
            ["storeroom_requisition.id"],
            name=op.f("fk_storeroom_requisition_line_requisition_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_requisition_line")),
        sa.UniqueConstraint(
            "tenant_id", "requisition_id", "drug_id", name="uq_storeroom_requisition_line_drug"
        ),
    )
    op.create_table(
        "storeroom_invoice_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("packs", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_storeroom_invoice_line_amount")),
        sa.CheckConstraint("packs > 0", name=op.f("ck_storeroom_invoice_line_packs")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["storeroom_invoice.id"], name=op.f("fk_storeroom_invoice_line_invoice_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["storeroom_order_line.id"],
            name=op.f("fk_storeroom_invoice_line_order_line_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_invoice_line")),
        sa.UniqueConstraint(
            "tenant_id",
            "invoice_id",
            "order_line_id",
            name=op.f("uq_storeroom_invoice_line_tenant_id_invoice_id_order_line_id"),
        ),
    )
    op.create_table(
        "storeroom_receipt_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("batch_no", sa.Unicode(length=40), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("approval_no", sa.Unicode(length=40), nullable=False),
        sa.Column("report_no", sa.Unicode(length=60), nullable=False),
        sa.Column("pack_cost", types.ExactDecimal(16, 6), nullable=False),
        sa.Column("accepted", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("refused", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("refused = 0 OR reason <> ''", name=op.f("ck_storeroom_receipt_line_reason")),
        sa.CheckConstraint(
            "accepted >= 0 AND refused >= 0 AND accepted + refused > 0",
            name=op.f("ck_storeroom_receipt_line_parts"),
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["storeroom_order_line.id"],
            name=op.f("fk_storeroom_receipt_line_order_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["storeroom_receipt.id"], name=op.f("fk_storeroom_receipt_line_receipt_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_receipt_line")),
    )
    op.create_index(
        "ix_storeroom_receipt_line_receipt",
        "storeroom_receipt_line",
        ["tenant_id", "receipt_id", "id"],
        unique=False,
    )
    op.create_table(
        "storeroom_shipped_part",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("requisition_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("shipped", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("received", types.ExactDecimal(16, 4), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "received IS NULL OR (received >= 0 AND received <= shipped)",
            name=op.f("ck_storeroom_shipped_part_received"),
        ),
        sa.CheckConstraint("shipped > 0", name=op.f("ck_storeroom_shipped_part_shipped")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["dispensing_batch.id"], name=op.f("fk_storeroom_shipped_part_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["storeroom_requisition_line.id"], name=op.f("fk_storeroom_shipped_part_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["requisition_id"],
            ["storeroom_requisition.id"],
            name=op.f("fk_storeroom_shipped_part_requisition_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storeroom_shipped_part")),
    )
    op.create_index(
        "ix_storeroom_shipped_part_requisition",
        "storeroom_shipped_part",
        ["tenant_id", "requisition_id", "id"],
        unique=False,
    )
    isolation.add_policies(op, *TABLES)


def downgrade() -> None:
    isolation.drop_policies(op, *TABLES)
    for name in reversed(TABLES):
        op.drop_table(name)
    with op.batch_alter_table("dispensing_balance") as table:
        for name in NEW:
            table.drop_constraint(op.f(f"ck_dispensing_balance_{name}"), type_="check")
        table.drop_column("frozen", mssql_drop_default=True)
    op.drop_column("dispensing_batch", "recalled_at", mssql_drop_default=True)
    op.drop_column("dispensing_batch", "drug_kind", mssql_drop_default=True)
    op.drop_column("dispensing_location", "counting_since", mssql_drop_default=True)
