"""Accounts of programs, offers of a place in another centre, second factors."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "accounts_account", sa.Column("is_program", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "accounts_join_offer",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("sign_in_name", sa.Unicode(length=50), nullable=False),
        sa.Column("practitioner_id", sa.BigInteger(), nullable=True),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("offered_by", sa.BigInteger(), nullable=False),
        sa.Column("offered_at", types.UtcDateTime(), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("is_accepted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_join_offer")),
    )
    op.create_index("ix_accounts_join_offer_name", "accounts_join_offer", ["sign_in_name", "id"])
    op.create_index("ix_accounts_join_offer_tenant", "accounts_join_offer", ["tenant_id", "id"])
    op.add_column("accounts_sign_in", sa.Column("factor_at", types.UtcDateTime(), nullable=True))
    op.create_table(
        "accounts_second_factor",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("secret", types.Sensitive(321), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", types.UtcDateTime(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts_account.id"],
            name=op.f("fk_accounts_second_factor_account_id_accounts_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_second_factor")),
        sa.UniqueConstraint("account_id", name=op.f("uq_accounts_second_factor_account_id")),
    )
    op.create_table(
        "accounts_recovery_code",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.Unicode(length=64), nullable=False),
        sa.Column("used_at", types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts_account.id"],
            name=op.f("fk_accounts_recovery_code_account_id_accounts_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_recovery_code")),
    )
    op.create_index("ix_accounts_recovery_code_account", "accounts_recovery_code", ["account_id", "id"])
    op.add_column("accounts_account", sa.Column("password_set_at", types.UtcDateTime(), nullable=True))
    op.create_table(
        "accounts_remembered_password",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.Unicode(length=200), nullable=False),
        sa.Column("set_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts_account.id"],
            name=op.f("fk_accounts_remembered_password_account_id_accounts_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_remembered_password")),
    )
    op.create_index(
        "ix_accounts_remembered_password_account", "accounts_remembered_password", ["account_id", "id"]
    )
    op.create_table(
        "accounts_policy",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Unicode(length=40), nullable=False),
        sa.Column("value", sa.Unicode(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_policy")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_policy_name")),
    )
    op.create_table(
        "accounts_invitation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.Unicode(length=64), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.Column("used_at", types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts_account.id"],
            name=op.f("fk_accounts_invitation_account_id_accounts_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_invitation")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_accounts_invitation_code_hash")),
    )
    op.create_index("ix_accounts_invitation_account", "accounts_invitation", ["account_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_accounts_invitation_account", table_name="accounts_invitation")
    op.drop_table("accounts_invitation")
    op.drop_table("accounts_policy")
    op.drop_index("ix_accounts_remembered_password_account", table_name="accounts_remembered_password")
    op.drop_table("accounts_remembered_password")
    op.drop_column("accounts_account", "password_set_at", mssql_drop_default=True)
    op.drop_index("ix_accounts_recovery_code_account", table_name="accounts_recovery_code")
    op.drop_table("accounts_recovery_code")
    op.drop_table("accounts_second_factor")
    op.drop_column("accounts_sign_in", "factor_at", mssql_drop_default=True)
    op.drop_index("ix_accounts_join_offer_tenant", table_name="accounts_join_offer")
    op.drop_index("ix_accounts_join_offer_name", table_name="accounts_join_offer")
    op.drop_table("accounts_join_offer")
    op.drop_column("accounts_account", "is_program", mssql_drop_default=True)
