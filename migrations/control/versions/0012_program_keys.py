"""Keys with which programs sign their requests, and the numbers they have used."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts_program_key",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("membership_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Unicode(80), nullable=False),
        sa.Column("public_key", sa.Unicode(1000), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("seen_at", types.UtcDateTime(), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["membership_id"], ["accounts_membership.id"], name=op.f("fk_accounts_program_key_membership_id_accounts_membership")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_program_key")),
    )
    op.create_index("ix_accounts_program_key_membership", "accounts_program_key", ["membership_id", "id"])
    op.create_table(
        "accounts_spent_nonce",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.Unicode(64), nullable=False),
        sa.Column("spent_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["accounts_program_key.id"], name=op.f("fk_accounts_spent_nonce_key_id_accounts_program_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_spent_nonce")),
        sa.UniqueConstraint("key_id", "nonce", name=op.f("uq_accounts_spent_nonce_key_id_nonce")),
    )
    op.create_index("ix_accounts_spent_nonce_spent", "accounts_spent_nonce", ["spent_at"])


def downgrade() -> None:
    op.drop_table("accounts_spent_nonce")
    op.drop_table("accounts_program_key")
