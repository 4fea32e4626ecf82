"""Deliveries of the district, records of stock for the insurer, re-packed lots."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispensing_repacking",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("bags", sa.Integer(), nullable=False),
        sa.Column("bag_size", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("checked_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("bags > 0 AND bag_size > 0", name=op.f("ck_dispensing_repacking_bags")),
        sa.CheckConstraint("batch_id <> lot_id", name=op.f("ck_dispensing_repacking_two_lots")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["dispensing_batch.id"], name=op.f("fk_dispensing_repacking_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["dispensing_document.id"], name=op.f("fk_dispensing_repacking_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["dispensing_location.id"], name=op.f("fk_dispensing_repacking_location_id")
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["dispensing_batch.id"], name=op.f("fk_dispensing_repacking_lot_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispensing_repacking")),
        sa.UniqueConstraint(
            "tenant_id", "document_id", name=op.f("uq_dispensing_repacking_tenant_id_document_id")
        ),
    )
    op.create_index(
        "ix_dispensing_repacking_batch", "dispensing_repacking", ["tenant_id", "batch_id", "id"], unique=False
    )
    op.create_table(
        "dispensing_stock_report",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("trade", sa.Unicode(length=32), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("upload", sa.Unicode(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", types.UtcDateTime(), nullable=True),
        sa.Column("sent_at", types.UtcDateTime(), nullable=True),
        sa.Column("answer", sa.Unicode(length=400), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["dispensing_batch.id"], name=op.f("fk_dispensing_stock_report_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["dispensing_document.id"], name=op.f("fk_dispensing_stock_report_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispensing_stock_report")),
        sa.UniqueConstraint(
            "tenant_id",
            "document_id",
            "line_no",
            name=op.f("uq_dispensing_stock_report_tenant_id_document_id_line_no"),
        ),
    )
    op.create_index(
        "ix_dispensing_stock_report_upload",
        "dispensing_stock_report",
        ["tenant_id", "upload", "id"],
        unique=False,
    )
    op.create_table(
        "distribution_delivery",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Unicode(length=30), nullable=False),
        sa.Column("sender_name", sa.Unicode(length=100), nullable=False),
        sa.Column("status", sa.Unicode(length=32), nullable=False),
        sa.Column("shipped_at", types.UtcDateTime(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("temperature", types.ExactDecimal(16, 4), nullable=True),
        sa.Column("inspected_at", types.UtcDateTime(), nullable=True),
        sa.Column("inspected_by_id", sa.BigInteger(), nullable=True),
        sa.Column("inspected_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("second_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["dispensing_document.id"], name=op.f("fk_distribution_delivery_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["dispensing_location.id"], name=op.f("fk_distribution_delivery_location_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_delivery")),
        sa.UniqueConstraint(
            "tenant_id", "shipment_id", name=op.f("uq_distribution_delivery_tenant_id_shipment_id")
        ),
    )
    op.create_index(
        "ix_distribution_delivery_status",
        "distribution_delivery",
        ["tenant_id", "status", "id"],
        unique=False,
    )
    op.create_table(
        "distribution_delivery_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("shipment_line_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("pack_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("batch_no", sa.Unicode(length=40), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("approval_no", sa.Unicode(length=40), nullable=False),
        sa.Column("pack_cost", types.ExactDecimal(16, 6), nullable=False),
        sa.Column("packs", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("accepted", types.ExactDecimal(16, 4), nullable=True),
        sa.Column("short", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("damaged", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("wrong_batch", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "short + damaged + wrong_batch = 0 OR reason <> ''",
            name=op.f("ck_distribution_delivery_line_reason"),
        ),
        sa.CheckConstraint(
            "accepted IS NULL OR (accepted >= 0 AND accepted + short + damaged + wrong_batch = packs)",
            name=op.f("ck_distribution_delivery_line_adds_up"),
        ),
        sa.CheckConstraint("packs > 0", name=op.f("ck_distribution_delivery_line_packs")),
        sa.CheckConstraint(
            "short >= 0 AND damaged >= 0 AND wrong_batch >= 0",
            name=op.f("ck_distribution_delivery_line_parts"),
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["distribution_delivery.id"],
            name=op.f("fk_distribution_delivery_line_delivery_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_delivery_line")),
        sa.UniqueConstraint(
            "tenant_id",
            "shipment_line_id",
            name=op.f("uq_distribution_delivery_line_tenant_id_shipment_line_id"),
        ),
    )
    op.create_index(
        "ix_distribution_delivery_line_delivery",
        "distribution_delivery_line",
        ["tenant_id", "delivery_id", "id"],
        unique=False,
    )
    op.add_column("dispensing_batch", sa.Column("origin_id", sa.BigInteger(), nullable=True))
    op.add_column("dispensing_batch", sa.Column("origin_no", sa.Unicode(length=40), nullable=False, server_default=""))
    op.create_index(
        "ix_dispensing_batch_origin", "dispensing_batch", ["tenant_id", "origin_id"], unique=False
    )
    isolation.add_policies(op, "dispensing_repacking")
    isolation.add_policies(op, "dispensing_stock_report")
    isolation.add_policies(op, "distribution_delivery")
    isolation.add_policies(op, "distribution_delivery_line")


def downgrade() -> None:
    isolation.drop_policies(op, "distribution_delivery_line")
    isolation.drop_policies(op, "distribution_delivery")
    isolation.drop_policies(op, "dispensing_stock_report")
    isolation.drop_policies(op, "dispensing_repacking")
    op.drop_index("ix_dispensing_batch_origin", table_name="dispensing_batch")
    op.drop_column("dispensing_batch", "origin_no", mssql_drop_default=True)
    op.drop_column("dispensing_batch", "origin_id", mssql_drop_default=True)
    op.drop_index("ix_distribution_delivery_line_delivery", table_name="distribution_delivery_line")
    op.drop_table("distribution_delivery_line")
    op.drop_index("ix_distribution_delivery_status", table_name="distribution_delivery")
    op.drop_table("distribution_delivery")
    op.drop_index("ix_dispensing_stock_report_upload", table_name="dispensing_stock_report")
    op.drop_table("dispensing_stock_report")
    op.drop_index("ix_dispensing_repacking_batch", table_name="dispensing_repacking")
    op.drop_table("dispensing_repacking")
