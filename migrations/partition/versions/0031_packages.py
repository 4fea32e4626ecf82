"""Packages of charge items, limits of items, and which package a line came from."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "charging_item_limit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_kind", sa.Unicode(length=32), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("item_code", sa.Unicode(length=30), nullable=False),
        sa.Column("sex", sa.Unicode(length=32), nullable=True),
        sa.Column("age_from", sa.Integer(), nullable=True),
        sa.Column("age_to", sa.Integer(), nullable=True),
        sa.Column("age_unit", sa.Unicode(length=32), nullable=False),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("valid_from", types.UtcDateTime(), nullable=False),
        sa.Column("valid_to", types.UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("set_by", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "age_from IS NULL OR age_to IS NULL OR age_from <= age_to",
            name=op.f("ck_charging_item_limit_ages"),
        ),
        sa.CheckConstraint("days >= 1", name=op.f("ck_charging_item_limit_days")),
        sa.CheckConstraint("most IS NULL OR most >= 1", name=op.f("ck_charging_item_limit_most")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_item_limit")),
    )
    op.create_index(
        "ix_charging_item_limit_item",
        "charging_item_limit",
        ["tenant_id", "item_kind", "item_id", "valid_from"],
        unique=False,
    )
    op.create_index(
        "ux_charging_item_limit_open",
        "charging_item_limit",
        ["tenant_id", "item_kind", "item_id"],
        unique=True,
        sqlite_where=sa.text("valid_to IS NULL"),
        postgresql_where=sa.text("valid_to IS NULL"),
        mssql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "charging_package",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Unicode(length=30), nullable=False),
        sa.Column("name", sa.Unicode(length=100), nullable=False),
        sa.Column("initials", types.search_key_type(60), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_package")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_charging_package_tenant_id_code")),
    )
    op.create_table(
        "charging_package_version",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("package_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Unicode(length=100), nullable=False),
        sa.Column("valid_from", types.UtcDateTime(), nullable=False),
        sa.Column("valid_to", types.UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Unicode(length=200), nullable=False),
        sa.Column("set_by", sa.Unicode(length=100), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_charging_package_version_period")
        ),
        sa.ForeignKeyConstraint(
            ["package_id"], ["charging_package.id"], name=op.f("fk_charging_package_version_package_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_package_version")),
        sa.UniqueConstraint(
            "tenant_id",
            "package_id",
            "valid_from",
            name=op.f("uq_charging_package_version_tenant_id_package_id_valid_from"),
        ),
    )
    op.create_index(
        "ux_charging_package_version_open",
        "charging_package_version",
        ["tenant_id", "package_id"],
        unique=True,
        sqlite_where=sa.text("valid_to IS NULL"),
        postgresql_where=sa.text("valid_to IS NULL"),
        mssql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "charging_package_member",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("item_code", sa.Unicode(length=30), nullable=False),
        sa.Column("item_name", sa.Unicode(length=160), nullable=False),
        sa.Column("quantity", types.ExactDecimal(16, 4), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_charging_package_member_quantity")),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["charging_package_version.id"],
            name=op.f("fk_charging_package_member_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_package_member")),
        sa.UniqueConstraint(
            "tenant_id",
            "version_id",
            "item_id",
            name=op.f("uq_charging_package_member_tenant_id_version_id_item_id"),
        ),
    )
    op.add_column("charging_charge", sa.Column("package_version_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "charging_charge",
        sa.Column("package_name", sa.Unicode(length=100), nullable=False, server_default=""),
    )
    isolation.add_policies(op, "charging_item_limit")
    isolation.add_policies(op, "charging_package")
    isolation.add_policies(op, "charging_package_version")
    isolation.add_policies(op, "charging_package_member")


def downgrade() -> None:
    isolation.drop_policies(op, "charging_package_member")
    isolation.drop_policies(op, "charging_package_version")
    isolation.drop_policies(op, "charging_package")
    isolation.drop_policies(op, "charging_item_limit")
    op.drop_column("charging_charge", "package_name", mssql_drop_default=True)
    op.drop_column("charging_charge", "package_version_id", mssql_drop_default=True)
    op.drop_table("charging_package_member")
    op.drop_index(
        "ux_charging_package_version_open",
        table_name="charging_package_version",
        sqlite_where=sa.text("valid_to IS NULL"),
        postgresql_where=sa.text("valid_to IS NULL"),
        mssql_where=sa.text("valid_to IS NULL"),
    )
    op.drop_table("charging_package_version")
    op.drop_table("charging_package")
    op.drop_index(
        "ux_charging_item_limit_open",
        table_name="charging_item_limit",
        sqlite_where=sa.text("valid_to IS NULL"),
        postgresql_where=sa.text("valid_to IS NULL"),
        mssql_where=sa.text("valid_to IS NULL"),
    )
    op.drop_index("ix_charging_item_limit_item", table_name="charging_item_limit")
    op.drop_table("charging_item_limit")
