"""The trail says of which resident a row speaks, so that it answers who saw whom."""

import sqlalchemy as sa
from alembic import op

from app.db.indexes import only_where

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("control_audit", sa.Column("patient_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_control_audit_patient",
        "control_audit",
        ["tenant_id", "patient_id", "id"],
        **only_where("patient_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_control_audit_patient", table_name="control_audit")
    op.drop_column("control_audit", "patient_id", mssql_drop_default=True)
