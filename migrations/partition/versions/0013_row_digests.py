"""Bills, prescriptions and stock moves carry a keyed digest of what they say."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = (
    "charging_bill",
    "charging_charge",
    "charging_settlement",
    "charging_settlement_line",
    "charging_tender",
    "dispensing_stock_move",
    "prescriptions_item",
    "prescriptions_prescription",
)


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("row_digest", sa.Unicode(length=100), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "row_digest", mssql_drop_default=True)
