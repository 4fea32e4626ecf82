"""Deliveries are claimed centre by centre."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_control_delivery_turn", "control_delivery", ["status", "tenant_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_control_delivery_turn", table_name="control_delivery")
