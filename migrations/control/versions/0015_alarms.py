"""Alarms of the watch, what it has counted, and whose account it is."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "control_tally",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Unicode(length=20), nullable=False),
        sa.Column("key", sa.Unicode(length=80), nullable=False),
        sa.Column("address", sa.Unicode(length=64), nullable=False),
        sa.Column("since", types.UtcDateTime(), nullable=False),
        sa.Column("last_at", types.UtcDateTime(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("first_no", sa.BigInteger(), nullable=False),
        sa.Column("last_no", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_tally")),
    )
    unique = ["tenant_id", "kind", "key", "address", "since"]
    op.create_index("ux_control_tally", "control_tally", unique, unique=True)
    op.create_index("ix_control_tally_key", "control_tally", ["kind", "key", "since"])
    op.create_index("ix_control_tally_tenant", "control_tally", ["tenant_id", "kind", "since"])
    op.create_table(
        "control_watch_mark",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_no", sa.BigInteger(), nullable=False),
        sa.Column("seen_hash", sa.Unicode(length=64), nullable=False),
        sa.Column("proved_no", sa.BigInteger(), nullable=False),
        sa.Column("proved_hash", sa.Unicode(length=64), nullable=False),
        sa.Column("sign_in_id", sa.BigInteger(), nullable=False),
        sa.Column("passes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_watch_mark")),
    )
    op.create_table(
        "control_alarm",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Unicode(length=32), nullable=False),
        sa.Column("subject", sa.Unicode(length=100), nullable=False),
        sa.Column("since", types.UtcDateTime(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("opened_at", types.UtcDateTime(), nullable=False),
        sa.Column("partition", sa.Unicode(length=40), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_name", sa.Unicode(length=100), nullable=False),
        sa.Column("address", sa.Unicode(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=False),
        sa.Column("first_no", sa.BigInteger(), nullable=False),
        sa.Column("last_no", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", types.UtcDateTime(), nullable=True),
        sa.Column("noted_by", sa.BigInteger(), nullable=True),
        sa.Column("noted_name", sa.Unicode(length=100), nullable=False),
        sa.Column("noted_reason", sa.Unicode(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_alarm")),
        sa.UniqueConstraint(
            "tenant_id", "rule", "subject", "since", name=op.f("uq_control_alarm_tenant_id_rule_subject_since")
        ),
    )
    op.create_index("ix_control_alarm_tenant", "control_alarm", ["tenant_id", "id"])
    op.create_index("ix_control_alarm_open", "control_alarm", ["noted_at", "tenant_id", "id"])
    op.create_table(
        "accounts_person",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("document_number", types.Sensitive(321), nullable=False),
        sa.Column("noted_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts_account.id"], name=op.f("fk_accounts_person_account_id_accounts_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_person")),
        sa.UniqueConstraint("account_id", name=op.f("uq_accounts_person_account_id")),
    )


def downgrade() -> None:
    op.drop_table("accounts_person")
    op.drop_table("control_alarm")
    op.drop_table("control_watch_mark")
    op.drop_table("control_tally")
