"""Sums of places, cost of balances, where packs lie, inspections taken back, what the district sends."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

FORMER_ALARMS = "kind IN ('second_sale', 'over_split', 'wrong_drug', 'wrong_batch')"
ALARMS = "kind IN ('second_sale', 'over_split', 'wrong_drug', 'wrong_batch', 'wrong_place')"


def _alarms(name: str, kinds: str) -> None:
    op.create_index(
        name,
        "dispensing_code_event",
        ["tenant_id", "id"],
        unique=False,
        sqlite_where=sa.text(kinds),
        postgresql_where=sa.text(kinds),
        mssql_where=sa.text(kinds),
    )


def _add_all_days_up_anew() -> None:
    day = sa.table(
        "reports_day",
        sa.column("stale_since", types.UtcDateTime()),
        sa.column("built_at", types.UtcDateTime()),
    )
    known = sa.and_(day.c.stale_since.is_(None), day.c.built_at.is_not(None))
    op.execute(sa.update(day).where(known).values(stale_since=day.c.built_at))


def _cost_of_balances() -> None:
    """What the ledger says: what came to the place less what left it."""
    balance = sa.table(
        "dispensing_balance",
        *(sa.column(name) for name in ("tenant_id", "location_id", "batch_id", "on_hand", "costed_quantity")),
        sa.column("cost_amount", types.ExactDecimal(14, 2)),
    )
    move = sa.table(
        "dispensing_stock_move",
        *(sa.column(name) for name in ("tenant_id", "batch_id", "from_location_id", "to_location_id")),
        sa.column("cost_amount", types.ExactDecimal(14, 2)),
    )
    came, left = (
        sa.func.coalesce(
            sa.select(sa.func.sum(move.c.cost_amount))
            .where(
                move.c.tenant_id == balance.c.tenant_id,
                place == balance.c.location_id,
                move.c.batch_id == balance.c.batch_id,
            )
            .scalar_subquery(),
            sa.literal_column("0"),
        )
        for place in (move.c.to_location_id, move.c.from_location_id)
    )
    op.execute(sa.update(balance).values(cost_amount=came - left, costed_quantity=balance.c.on_hand))


def upgrade() -> None:
    op.create_table(
        "reports_place",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("is_month", sa.Boolean(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Unicode(length=20), nullable=False),
        sa.Column("comes_in", sa.Boolean(), nullable=False),
        sa.Column("cost_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("retail_amount", types.ExactDecimal(14, 2), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_place")),
        sa.UniqueConstraint(
            "tenant_id", "is_month", "on", "location_id", "kind", "comes_in", name="uq_reports_place_key"
        ),
    )
    op.add_column(
        "dispensing_balance",
        sa.Column("cost_amount", types.ExactDecimal(14, 2), nullable=False, server_default=sa.text("0")),
    )
    op.add_column(
        "dispensing_balance",
        sa.Column("costed_quantity", types.ExactDecimal(16, 4), nullable=False, server_default=sa.text("0")),
    )
    op.add_column("dispensing_code", sa.Column("location_id", sa.BigInteger(), nullable=True))
    op.add_column("dispensing_code", sa.Column("away_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_dispensing_code_away", "dispensing_code", ["tenant_id", "away_id"], unique=False)
    _alarms("ix_dispensing_code_event_alarms", ALARMS)
    op.drop_index("ix_dispensing_code_event_alarm", table_name="dispensing_code_event")
    op.create_index(
        "ix_dispensing_code_event_document",
        "dispensing_code_event",
        ["tenant_id", "document_id"],
        unique=False,
    )
    op.add_column(
        "distribution_delivery",
        sa.Column("withdrawn_by_name", sa.Unicode(length=100), nullable=False, server_default=""),
    )
    op.add_column(
        "distribution_delivery",
        sa.Column("withdrawn_reason", sa.Unicode(length=200), nullable=False, server_default=""),
    )
    op.add_column(
        "storeroom_plan_line",
        sa.Column("from_district", types.ExactDecimal(16, 4), nullable=False, server_default=sa.text("0")),
    )
    op.add_column(
        "storeroom_receipt",
        sa.Column("withdrawn_by_name", sa.Unicode(length=100), nullable=False, server_default=""),
    )
    op.add_column(
        "storeroom_receipt",
        sa.Column("withdrawn_reason", sa.Unicode(length=200), nullable=False, server_default=""),
    )
    isolation.add_policies(op, "reports_place")
    _add_all_days_up_anew()
    _cost_of_balances()


def downgrade() -> None:
    isolation.drop_policies(op, "reports_place")
    op.drop_column("storeroom_receipt", "withdrawn_reason", mssql_drop_default=True)
    op.drop_column("storeroom_receipt", "withdrawn_by_name", mssql_drop_default=True)
    op.drop_column("storeroom_plan_line", "from_district", mssql_drop_default=True)
    op.drop_column("distribution_delivery", "withdrawn_reason", mssql_drop_default=True)
    op.drop_column("distribution_delivery", "withdrawn_by_name", mssql_drop_default=True)
    op.drop_index("ix_dispensing_code_event_document", table_name="dispensing_code_event")
    _alarms("ix_dispensing_code_event_alarm", FORMER_ALARMS)
    op.drop_index("ix_dispensing_code_event_alarms", table_name="dispensing_code_event")
    op.drop_index("ix_dispensing_code_away", table_name="dispensing_code")
    op.drop_column("dispensing_code", "away_id", mssql_drop_default=True)
    op.drop_column("dispensing_code", "location_id", mssql_drop_default=True)
    op.drop_column("dispensing_balance", "costed_quantity", mssql_drop_default=True)
    op.drop_column("dispensing_balance", "cost_amount", mssql_drop_default=True)
    op.drop_table("reports_place")
