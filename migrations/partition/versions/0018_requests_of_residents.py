"""Residents ask for a copy of their file, or for a correction."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patients_request",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Unicode(length=32), nullable=False),
        sa.Column("status", sa.Unicode(length=32), nullable=False),
        sa.Column("requested_by", sa.Unicode(length=32), nullable=False),
        sa.Column("requester_name", sa.Unicode(length=50), nullable=False),
        sa.Column("requester_document", types.Sensitive(321), nullable=False),
        sa.Column("purpose", sa.Unicode(length=200), nullable=False),
        sa.Column("field", sa.Unicode(length=32), nullable=True),
        sa.Column("wish", types.Sensitive(865), nullable=False),
        sa.Column("evidence", sa.Unicode(length=200), nullable=False),
        sa.Column("asked_at", types.UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_name", sa.Unicode(length=100), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answered_at", types.UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.Column("answered_name", sa.Unicode(length=100), nullable=False),
        sa.Column("answer", sa.Unicode(length=200), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients_patient.id"], name=op.f("fk_patients_request_patient_id_patients_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients_request")),
    )
    op.create_index("ix_patients_request_status", "patients_request", ["tenant_id", "status", "id"])
    op.create_index("ix_patients_request_patient", "patients_request", ["tenant_id", "patient_id", "id"])
    isolation.add_policies(op, "patients_request")


def downgrade() -> None:
    isolation.drop_policies(op, "patients_request")
    op.drop_table("patients_request")
