"""Unified procurement and distribution: the district's plans, purchases, warehouse, shipments and differences."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "distribution_counter",
        sa.Column("name", sa.Unicode(length=40), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "on", name=op.f("pk_distribution_counter")),
    )
    op.create_table(
        "distribution_purchase",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("status", sa.Unicode(length=32), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("submitted_by_id", sa.BigInteger(), nullable=True),
        sa.Column("approved_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("remark", sa.Unicode(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_purchase")),
        sa.UniqueConstraint("number", name=op.f("uq_distribution_purchase_number")),
    )
    op.create_table(
        "distribution_stock",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_code", sa.Unicode(length=30), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("pack_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("pack_factor", sa.Integer(), nullable=False),
        sa.Column("batch_no", sa.Unicode(length=40), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("approval_no", sa.Unicode(length=40), nullable=False),
        sa.Column("pack_cost", types.ExactDecimal(16, 6), nullable=False),
        sa.Column("on_hand", types.ExactDecimal(16, 4), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_distribution_stock_on_hand")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_stock")),
        sa.UniqueConstraint(
            "drug_id", "batch_no", "expires_on", "pack_cost", name="uq_distribution_stock_identity"
        ),
    )
    op.create_table(
        "distribution_supplier",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Unicode(length=30), nullable=False),
        sa.Column("name", sa.Unicode(length=100), nullable=False),
        sa.Column("licence_no", sa.Unicode(length=60), nullable=False),
        sa.Column("licence_until", sa.Date(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_supplier")),
        sa.UniqueConstraint("code", name=op.f("uq_distribution_supplier_code")),
        sa.UniqueConstraint("name", name=op.f("uq_distribution_supplier_name")),
    )
    op.create_table(
        "distribution_order",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("purchase_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_name", sa.Unicode(length=100), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["distribution_purchase.id"], name=op.f("fk_distribution_order_purchase_id")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["distribution_supplier.id"], name=op.f("fk_distribution_order_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_order")),
        sa.UniqueConstraint("number", name=op.f("uq_distribution_order_number")),
        sa.UniqueConstraint(
            "purchase_id", "supplier_id", name=op.f("uq_distribution_order_purchase_id_supplier_id")
        ),
    )
    op.create_table(
        "distribution_request",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("centre_id", sa.BigInteger(), nullable=False),
        sa.Column("centre_name", sa.Unicode(length=100), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("purchase_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_reason", sa.Unicode(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["tenants_centre.id"], name=op.f("fk_distribution_request_centre_id")
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["distribution_purchase.id"], name=op.f("fk_distribution_request_purchase_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_request")),
        sa.UniqueConstraint("centre_id", "plan_id", name=op.f("uq_distribution_request_centre_id_plan_id")),
    )
    op.create_index(
        "ix_distribution_request_purchase", "distribution_request", ["purchase_id", "id"], unique=False
    )
    op.create_table(
        "distribution_purchase_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("purchase_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_code", sa.Unicode(length=30), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("pack_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("pack_factor", sa.Integer(), nullable=False),
        sa.Column("pack_cost", types.ExactDecimal(16, 6), nullable=False),
        sa.Column("wanted", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("approved", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("sent", types.ExactDecimal(16, 4), nullable=False),
        sa.CheckConstraint(
            "approved >= 0 AND approved <= wanted", name=op.f("ck_distribution_purchase_line_approved")
        ),
        sa.CheckConstraint("pack_cost >= 0", name=op.f("ck_distribution_purchase_line_pack_cost")),
        sa.CheckConstraint("sent >= 0 AND sent <= approved", name=op.f("ck_distribution_purchase_line_sent")),
        sa.CheckConstraint("wanted > 0", name=op.f("ck_distribution_purchase_line_wanted")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["distribution_order.id"], name=op.f("fk_distribution_purchase_line_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["distribution_purchase.id"],
            name=op.f("fk_distribution_purchase_line_purchase_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"],
            ["distribution_supplier.id"],
            name=op.f("fk_distribution_purchase_line_supplier_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_purchase_line")),
        sa.UniqueConstraint(
            "purchase_id", "drug_id", name=op.f("uq_distribution_purchase_line_purchase_id_drug_id")
        ),
    )
    op.create_index(
        "ix_distribution_purchase_line_drug", "distribution_purchase_line", ["drug_id", "id"], unique=False
    )
    op.create_index(
        "ix_distribution_purchase_line_order", "distribution_purchase_line", ["order_id", "id"], unique=False
    )
    op.create_table(
        "distribution_shipment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("status", sa.Unicode(length=32), nullable=False),
        sa.Column("centre_id", sa.BigInteger(), nullable=False),
        sa.Column("centre_name", sa.Unicode(length=100), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("sender_name", sa.Unicode(length=100), nullable=False),
        sa.Column("shipped_at", types.UtcDateTime(), nullable=False),
        sa.Column("shipped_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("received_at", types.UtcDateTime(), nullable=True),
        sa.Column("received_by_name", sa.Unicode(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["tenants_centre.id"], name=op.f("fk_distribution_shipment_centre_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["distribution_order.id"], name=op.f("fk_distribution_shipment_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_shipment")),
        sa.UniqueConstraint("number", name=op.f("uq_distribution_shipment_number")),
    )
    op.create_index(
        "ix_distribution_shipment_centre", "distribution_shipment", ["centre_id", "id"], unique=False
    )
    op.create_index(
        "ix_distribution_shipment_status", "distribution_shipment", ["status", "id"], unique=False
    )
    op.create_table(
        "distribution_request_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("centre_id", sa.BigInteger(), nullable=False),
        sa.Column("purchase_line_id", sa.BigInteger(), nullable=True),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_code", sa.Unicode(length=30), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("pack_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("pack_factor", sa.Integer(), nullable=False),
        sa.Column("pack_cost", types.ExactDecimal(16, 6), nullable=False),
        sa.Column("wanted", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("approved", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("shipped", types.ExactDecimal(16, 4), nullable=False),
        sa.CheckConstraint(
            "approved >= 0 AND approved <= wanted", name=op.f("ck_distribution_request_line_approved")
        ),
        sa.CheckConstraint(
            "shipped >= 0 AND shipped <= approved", name=op.f("ck_distribution_request_line_shipped")
        ),
        sa.CheckConstraint("wanted > 0", name=op.f("ck_distribution_request_line_wanted")),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["tenants_centre.id"], name=op.f("fk_distribution_request_line_centre_id")
        ),
        sa.ForeignKeyConstraint(
            ["purchase_line_id"],
            ["distribution_purchase_line.id"],
            name=op.f("fk_distribution_request_line_purchase_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["distribution_request.id"], name=op.f("fk_distribution_request_line_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_request_line")),
        sa.UniqueConstraint(
            "request_id", "drug_id", name=op.f("uq_distribution_request_line_request_id_drug_id")
        ),
    )
    op.create_index(
        "ix_distribution_request_line_centre",
        "distribution_request_line",
        ["centre_id", "drug_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_distribution_request_line_purchase",
        "distribution_request_line",
        ["purchase_line_id", "id"],
        unique=False,
    )
    op.create_table(
        "distribution_shipment_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.Column("purchase_line_id", sa.BigInteger(), nullable=True),
        sa.Column("stock_id", sa.BigInteger(), nullable=True),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("pack_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("batch_no", sa.Unicode(length=40), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("approval_no", sa.Unicode(length=40), nullable=False),
        sa.Column("pack_cost", types.ExactDecimal(16, 6), nullable=False),
        sa.Column("packs", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("received", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("differing", types.ExactDecimal(16, 4), nullable=False),
        sa.CheckConstraint(
            "(purchase_line_id IS NULL AND stock_id IS NOT NULL) OR (purchase_line_id IS NOT NULL AND stock_id IS NULL)",
            name=op.f("ck_distribution_shipment_line_one_source"),
        ),
        sa.CheckConstraint("packs > 0", name=op.f("ck_distribution_shipment_line_packs")),
        sa.CheckConstraint(
            "received >= 0 AND differing >= 0 AND received + differing <= packs",
            name=op.f("ck_distribution_shipment_line_parts"),
        ),
        sa.ForeignKeyConstraint(
            ["purchase_line_id"],
            ["distribution_purchase_line.id"],
            name=op.f("fk_distribution_shipment_line_purchase_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"],
            ["distribution_shipment.id"],
            name=op.f("fk_distribution_shipment_line_shipment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["distribution_stock.id"], name=op.f("fk_distribution_shipment_line_stock_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_shipment_line")),
    )
    op.create_index(
        "ix_distribution_shipment_line_shipment",
        "distribution_shipment_line",
        ["shipment_id", "id"],
        unique=False,
    )
    op.create_table(
        "distribution_difference",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("centre_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Unicode(length=32), nullable=False),
        sa.Column("packs", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("ended", sa.Unicode(length=32), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("ended_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("ended_reason", sa.Unicode(length=200), nullable=False),
        sa.Column("is_sent_again", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "ended IS NULL OR ended_at IS NOT NULL", name=op.f("ck_distribution_difference_ended")
        ),
        sa.CheckConstraint("packs > 0", name=op.f("ck_distribution_difference_packs")),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["tenants_centre.id"], name=op.f("fk_distribution_difference_centre_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["distribution_shipment_line.id"], name=op.f("fk_distribution_difference_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["distribution_shipment.id"], name=op.f("fk_distribution_difference_shipment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_difference")),
        sa.UniqueConstraint("line_id", "kind", name=op.f("uq_distribution_difference_line_id_kind")),
    )
    op.create_index(
        "ix_distribution_difference_centre", "distribution_difference", ["centre_id", "id"], unique=False
    )
    op.create_table(
        "distribution_movement",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_no", sa.Unicode(length=40), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("from_holder", sa.Unicode(length=32), nullable=False),
        sa.Column("to_holder", sa.Unicode(length=32), nullable=False),
        sa.Column("packs", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("centre_id", sa.BigInteger(), nullable=True),
        sa.Column("stock_id", sa.BigInteger(), nullable=True),
        sa.Column("shipment_line_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("from_holder <> to_holder", name=op.f("ck_distribution_movement_two_sides")),
        sa.CheckConstraint("packs > 0", name=op.f("ck_distribution_movement_packs")),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["tenants_centre.id"], name=op.f("fk_distribution_movement_centre_id")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_line_id"],
            ["distribution_shipment_line.id"],
            name=op.f("fk_distribution_movement_shipment_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["distribution_stock.id"], name=op.f("fk_distribution_movement_stock_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_movement")),
    )
    op.create_index(
        "ix_distribution_movement_batch", "distribution_movement", ["drug_id", "batch_no", "id"], unique=False
    )
    op.create_index(
        "ix_distribution_movement_centre", "distribution_movement", ["centre_id", "id"], unique=False
    )
    op.create_index(
        "ix_distribution_movement_line", "distribution_movement", ["shipment_line_id", "id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_distribution_movement_line", table_name="distribution_movement")
    op.drop_index("ix_distribution_movement_centre", table_name="distribution_movement")
    op.drop_index("ix_distribution_movement_batch", table_name="distribution_movement")
    op.drop_table("distribution_movement")
    op.drop_index("ix_distribution_difference_centre", table_name="distribution_difference")
    op.drop_table("distribution_difference")
    op.drop_index("ix_distribution_shipment_line_shipment", table_name="distribution_shipment_line")
    op.drop_table("distribution_shipment_line")
    op.drop_index("ix_distribution_request_line_purchase", table_name="distribution_request_line")
    op.drop_index("ix_distribution_request_line_centre", table_name="distribution_request_line")
    op.drop_table("distribution_request_line")
    op.drop_index("ix_distribution_shipment_status", table_name="distribution_shipment")
    op.drop_index("ix_distribution_shipment_centre", table_name="distribution_shipment")
    op.drop_table("distribution_shipment")
    op.drop_index("ix_distribution_purchase_line_order", table_name="distribution_purchase_line")
    op.drop_index("ix_distribution_purchase_line_drug", table_name="distribution_purchase_line")
    op.drop_table("distribution_purchase_line")
    op.drop_index("ix_distribution_request_purchase", table_name="distribution_request")
    op.drop_table("distribution_request")
    op.drop_table("distribution_order")
    op.drop_table("distribution_supplier")
    op.drop_table("distribution_stock")
    op.drop_table("distribution_purchase")
    op.drop_table("distribution_counter")
