"""Traceability codes, special drugs, what stays owed, re-packed stock."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispensing_code_prefix",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("prefix", sa.Unicode(length=14), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("pack_factor", sa.Integer(), nullable=False),
        sa.Column("noted_at", types.UtcDateTime(), nullable=False),
        sa.Column("noted_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("pack_factor >= 1", name=op.f("ck_dispensing_code_prefix_factor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispensing_code_prefix")),
        sa.UniqueConstraint("tenant_id", "prefix", name=op.f("uq_dispensing_code_prefix_tenant_id_prefix")),
    )
    op.create_table(
        "dispensing_handover",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("given_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("taken_by_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("differing", sa.Boolean(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["dispensing_location.id"], name=op.f("fk_dispensing_handover_location_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispensing_handover")),
    )
    op.create_index(
        "ix_dispensing_handover_location",
        "dispensing_handover",
        ["tenant_id", "location_id", "id"],
        unique=False,
    )
    op.create_table(
        "dispensing_code",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Unicode(length=40), nullable=False),
        sa.Column("parent_code", sa.Unicode(length=40), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("pack_factor", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("used", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("pack_factor > 0", name=op.f("ck_dispensing_code_factor")),
        sa.CheckConstraint("used <= pack_factor", name=op.f("ck_dispensing_code_sold_once")),
        sa.CheckConstraint("used >= 0", name=op.f("ck_dispensing_code_used")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["dispensing_batch.id"], name=op.f("fk_dispensing_code_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["dispensing_document.id"], name=op.f("fk_dispensing_code_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispensing_code")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_dispensing_code_tenant_id_code")),
    )
    op.create_index(
        "ix_dispensing_code_document",
        "dispensing_code",
        ["tenant_id", "document_id", "batch_id"],
        unique=False,
    )
    op.create_index(
        "ix_dispensing_code_parent", "dispensing_code", ["tenant_id", "parent_code"], unique=False
    )
    op.create_table(
        "dispensing_code_event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Unicode(length=40), nullable=False),
        sa.Column("kind", sa.Unicode(length=32), nullable=False),
        sa.Column("quantity", types.ExactDecimal(16, 4), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("prescription_id", sa.BigInteger(), nullable=True),
        sa.Column("prescription_number", sa.Unicode(length=30), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("upload", sa.Unicode(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", types.UtcDateTime(), nullable=True),
        sa.Column("sent_at", types.UtcDateTime(), nullable=True),
        sa.Column("answer", sa.Unicode(length=400), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["dispensing_document.id"], name=op.f("fk_dispensing_code_event_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispensing_code_event")),
    )
    op.create_index(
        "ix_dispensing_code_event_alarm",
        "dispensing_code_event",
        ["tenant_id", "id"],
        unique=False,
        sqlite_where=sa.text("kind IN ('second_sale', 'over_split', 'wrong_drug', 'wrong_batch')"),
        postgresql_where=sa.text("kind IN ('second_sale', 'over_split', 'wrong_drug', 'wrong_batch')"),
        mssql_where=sa.text("kind IN ('second_sale', 'over_split', 'wrong_drug', 'wrong_batch')"),
    )
    op.create_index(
        "ix_dispensing_code_event_code", "dispensing_code_event", ["tenant_id", "code", "id"], unique=False
    )
    op.create_index(
        "ix_dispensing_code_event_upload",
        "dispensing_code_event",
        ["tenant_id", "upload", "id"],
        unique=False,
    )
    op.create_table(
        "dispensing_handover_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("handover_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("booked", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("counted", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "counted = booked OR reason <> ''", name=op.f("ck_dispensing_handover_line_explained")
        ),
        sa.CheckConstraint("counted >= 0", name=op.f("ck_dispensing_handover_line_counted")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["dispensing_batch.id"], name=op.f("fk_dispensing_handover_line_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["handover_id"], ["dispensing_handover.id"], name=op.f("fk_dispensing_handover_line_handover_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispensing_handover_line")),
        sa.UniqueConstraint("tenant_id", "handover_id", "batch_id", name="uq_dispensing_handover_line_batch"),
    )
    op.create_table(
        "dispensing_register_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("prescription_id", sa.BigInteger(), nullable=False),
        sa.Column("prescription_number", sa.Unicode(length=30), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_id", sa.BigInteger(), nullable=False),
        sa.Column("drug_name", sa.Unicode(length=160), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_no", sa.Unicode(length=40), nullable=False),
        sa.Column("quantity", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("min_unit", sa.Unicode(length=10), nullable=False),
        sa.Column("left_over", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("prescriber_name", sa.Unicode(length=50), nullable=False),
        sa.Column("handed_out_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("second_by_id", sa.BigInteger(), nullable=False),
        sa.Column("second_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("row_digest", sa.Unicode(length=100), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_dispensing_register_entry_quantity")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["dispensing_batch.id"], name=op.f("fk_dispensing_register_entry_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["dispensing_document.id"], name=op.f("fk_dispensing_register_entry_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispensing_register_entry")),
        sa.UniqueConstraint(
            "tenant_id", "document_id", "item_id", "batch_id", name="uq_dispensing_register_entry"
        ),
    )
    op.create_index(
        "ix_dispensing_register_entry_drug",
        "dispensing_register_entry",
        ["tenant_id", "drug_id", "id"],
        unique=False,
    )
    op.create_table(
        "dispensing_ampoule_return",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("brought_by", sa.Unicode(length=50), nullable=False),
        sa.Column("note", sa.Unicode(length=200), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("received_by_name", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_dispensing_ampoule_return_quantity")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["dispensing_register_entry.id"], name=op.f("fk_dispensing_ampoule_return_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispensing_ampoule_return")),
    )
    op.create_index(
        "ix_dispensing_ampoule_return_entry",
        "dispensing_ampoule_return",
        ["tenant_id", "entry_id"],
        unique=False,
    )
    op.create_table(
        "dispensing_code_use",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("prescription_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("code_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Unicode(length=32), nullable=True),
        sa.Column("quantity", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("returned", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("is_split", sa.Boolean(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(code_id IS NULL AND reason IS NOT NULL) OR (code_id IS NOT NULL AND reason IS NULL)",
            name=op.f("ck_dispensing_code_use_code_or_reason"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_dispensing_code_use_quantity")),
        sa.CheckConstraint(
            "returned >= 0 AND returned <= quantity", name=op.f("ck_dispensing_code_use_returned")
        ),
        sa.ForeignKeyConstraint(
            ["code_id"], ["dispensing_code.id"], name=op.f("fk_dispensing_code_use_code_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["dispensing_document.id"], name=op.f("fk_dispensing_code_use_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispensing_code_use")),
    )
    op.create_index(
        "ix_dispensing_code_use_code", "dispensing_code_use", ["tenant_id", "code_id"], unique=False
    )
    op.create_index(
        "ix_dispensing_code_use_prescription",
        "dispensing_code_use",
        ["tenant_id", "prescription_id", "id"],
        unique=False,
    )
    op.add_column(
        "charging_charge",
        sa.Column(
            "returned_quantity", types.ExactDecimal(16, 4), nullable=False, server_default=sa.text("0")
        ),
    )
    op.create_index(
        "ix_charging_charge_returned",
        "charging_charge",
        ["tenant_id", "bill_id"],
        unique=False,
        sqlite_where=sa.text("returned_quantity > 0"),
        postgresql_where=sa.text("returned_quantity > 0"),
        mssql_where=sa.text("returned_quantity > 0"),
    )
    op.add_column(
        "dispensing_task", sa.Column("is_insured", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "dispensing_task", sa.Column("is_scanned", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "dispensing_task",
        sa.Column("second_by_name", sa.Unicode(length=100), nullable=False, server_default=""),
    )
    isolation.add_policies(op, "dispensing_code_prefix")
    isolation.add_policies(op, "dispensing_handover")
    isolation.add_policies(op, "dispensing_code")
    isolation.add_policies(op, "dispensing_code_event")
    isolation.add_policies(op, "dispensing_handover_line")
    isolation.add_policies(op, "dispensing_register_entry")
    isolation.add_policies(op, "dispensing_ampoule_return")
    isolation.add_policies(op, "dispensing_code_use")


def downgrade() -> None:
    isolation.drop_policies(op, "dispensing_code_use")
    isolation.drop_policies(op, "dispensing_ampoule_return")
    isolation.drop_policies(op, "dispensing_register_entry")
    isolation.drop_policies(op, "dispensing_handover_line")
    isolation.drop_policies(op, "dispensing_code_event")
    isolation.drop_policies(op, "dispensing_code")
    isolation.drop_policies(op, "dispensing_handover")
    isolation.drop_policies(op, "dispensing_code_prefix")
    op.drop_column("dispensing_task", "second_by_name", mssql_drop_default=True)
    op.drop_column("dispensing_task", "is_scanned", mssql_drop_default=True)
    op.drop_column("dispensing_task", "is_insured", mssql_drop_default=True)
    op.drop_index(
        "ix_charging_charge_returned",
        table_name="charging_charge",
        sqlite_where=sa.text("returned_quantity > 0"),
        postgresql_where=sa.text("returned_quantity > 0"),
        mssql_where=sa.text("returned_quantity > 0"),
    )
    op.drop_column("charging_charge", "returned_quantity", mssql_drop_default=True)
    op.drop_index("ix_dispensing_code_use_prescription", table_name="dispensing_code_use")
    op.drop_index("ix_dispensing_code_use_code", table_name="dispensing_code_use")
    op.drop_table("dispensing_code_use")
    op.drop_index("ix_dispensing_ampoule_return_entry", table_name="dispensing_ampoule_return")
    op.drop_table("dispensing_ampoule_return")
    op.drop_index("ix_dispensing_register_entry_drug", table_name="dispensing_register_entry")
    op.drop_table("dispensing_register_entry")
    op.drop_table("dispensing_handover_line")
    op.drop_index("ix_dispensing_code_event_upload", table_name="dispensing_code_event")
    op.drop_index("ix_dispensing_code_event_code", table_name="dispensing_code_event")
    op.drop_index(
        "ix_dispensing_code_event_alarm",
        table_name="dispensing_code_event",
        sqlite_where=sa.text("kind IN ('second_sale', 'over_split', 'wrong_drug', 'wrong_batch')"),
        postgresql_where=sa.text("kind IN ('second_sale', 'over_split', 'wrong_drug', 'wrong_batch')"),
        mssql_where=sa.text("kind IN ('second_sale', 'over_split', 'wrong_drug', 'wrong_batch')"),
    )
    op.drop_table("dispensing_code_event")
    op.drop_index("ix_dispensing_code_parent", table_name="dispensing_code")
    op.drop_index("ix_dispensing_code_document", table_name="dispensing_code")
    op.drop_table("dispensing_code")
    op.drop_index("ix_dispensing_handover_location", table_name="dispensing_handover")
    op.drop_table("dispensing_handover")
    op.drop_table("dispensing_code_prefix")
