"""The tables of dispensing."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0008"
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('dispensing_batch',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('drug_id', sa.BigInteger(), nullable=False),
    sa.Column('drug_code', sa.Unicode(length=30), nullable=False),
    sa.Column('drug_name', sa.Unicode(length=160), nullable=False),
    sa.Column('initials', sa.Unicode(length=60), nullable=False),
    sa.Column('min_unit', sa.Unicode(length=10), nullable=False),
    sa.Column('pack_unit', sa.Unicode(length=10), nullable=False),
    sa.Column('pack_factor', sa.Integer(), nullable=False),
    sa.Column('batch_no', sa.Unicode(length=40), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('unit_cost', types.ExactDecimal(16, 6), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('pack_factor >= 1', name=op.f('ck_dispensing_batch_factor')),
    sa.CheckConstraint('unit_cost >= 0', name=op.f('ck_dispensing_batch_cost')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispensing_batch')),
    sa.UniqueConstraint('tenant_id', 'drug_id', 'batch_no', 'expires_on', 'unit_cost', name=op.f('uq_dispensing_batch_tenant_id_drug_id_batch_no_expires_on_unit_cost'))
    )
    op.create_index('ix_dispensing_batch_expiry', 'dispensing_batch', ['tenant_id', 'expires_on'], unique=False)
    op.create_table('dispensing_location',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('department_id', sa.BigInteger(), nullable=False),
    sa.Column('station_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Unicode(length=32), nullable=False),
    sa.Column('name', sa.Unicode(length=50), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['department_id'], ['tenants_department.id'], name=op.f('fk_dispensing_location_department_id')),
    sa.ForeignKeyConstraint(['station_id'], ['tenants_station.id'], name=op.f('fk_dispensing_location_station_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispensing_location')),
    sa.UniqueConstraint('tenant_id', 'department_id', name=op.f('uq_dispensing_location_tenant_id_department_id'))
    )
    op.create_index('ux_dispensing_location_pharmacy', 'dispensing_location', ['tenant_id', 'station_id'], unique=True, sqlite_where=sa.text("kind = 'pharmacy'"), postgresql_where=sa.text("kind = 'pharmacy'"), mssql_where=sa.text("kind = 'pharmacy'"))
    op.create_table('dispensing_balance',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('location_id', sa.BigInteger(), nullable=False),
    sa.Column('batch_id', sa.BigInteger(), nullable=False),
    sa.Column('drug_id', sa.BigInteger(), nullable=False),
    sa.Column('on_hand', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('held', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('held <= on_hand', name=op.f('ck_dispensing_balance_free')),
    sa.CheckConstraint('held >= 0', name=op.f('ck_dispensing_balance_held')),
    sa.CheckConstraint('on_hand >= 0', name=op.f('ck_dispensing_balance_on_hand')),
    sa.ForeignKeyConstraint(['batch_id'], ['dispensing_batch.id'], name=op.f('fk_dispensing_balance_batch_id')),
    sa.ForeignKeyConstraint(['location_id'], ['dispensing_location.id'], name=op.f('fk_dispensing_balance_location_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispensing_balance')),
    sa.UniqueConstraint('tenant_id', 'location_id', 'batch_id', name=op.f('uq_dispensing_balance_tenant_id_location_id_batch_id'))
    )
    op.create_index('ix_dispensing_balance_drug', 'dispensing_balance', ['tenant_id', 'drug_id', 'location_id'], unique=False)
    op.create_index('ix_dispensing_balance_location', 'dispensing_balance', ['tenant_id', 'location_id', 'id'], unique=False)
    op.create_table('dispensing_document',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Unicode(length=30), nullable=False),
    sa.Column('kind', sa.Unicode(length=32), nullable=False),
    sa.Column('location_id', sa.BigInteger(), nullable=False),
    sa.Column('to_location_id', sa.BigInteger(), nullable=True),
    sa.Column('prescription_id', sa.BigInteger(), nullable=True),
    sa.Column('supplier', sa.Unicode(length=100), nullable=False),
    sa.Column('reason', sa.Unicode(length=200), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.Column('by_name', sa.Unicode(length=100), nullable=False),
    sa.Column('cost_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['location_id'], ['dispensing_location.id'], name=op.f('fk_dispensing_document_location_id')),
    sa.ForeignKeyConstraint(['to_location_id'], ['dispensing_location.id'], name=op.f('fk_dispensing_document_to_location_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispensing_document')),
    sa.UniqueConstraint('tenant_id', 'number', name=op.f('uq_dispensing_document_tenant_id_number'))
    )
    op.create_index('ix_dispensing_document_location', 'dispensing_document', ['tenant_id', 'location_id', 'id'], unique=False)
    op.create_index('ix_dispensing_document_prescription', 'dispensing_document', ['tenant_id', 'prescription_id'], unique=False)
    op.create_table('dispensing_task',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('prescription_id', sa.BigInteger(), nullable=False),
    sa.Column('prescription_number', sa.Unicode(length=30), nullable=False),
    sa.Column('kind', sa.Unicode(length=20), nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('location_id', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Unicode(length=32), nullable=False),
    sa.Column('signed_at', types.UtcDateTime(), nullable=False),
    sa.Column('valid_until', types.UtcDateTime(), nullable=False),
    sa.Column('paid_at', types.UtcDateTime(), nullable=True),
    sa.Column('reviewed_at', types.UtcDateTime(), nullable=True),
    sa.Column('reviewed_by_id', sa.BigInteger(), nullable=True),
    sa.Column('reviewed_by_name', sa.Unicode(length=100), nullable=False),
    sa.Column('checks', sa.JSON(), nullable=False),
    sa.Column('prepared_at', types.UtcDateTime(), nullable=True),
    sa.Column('prepared_by_id', sa.BigInteger(), nullable=True),
    sa.Column('prepared_by_name', sa.Unicode(length=100), nullable=False),
    sa.Column('dispensed_at', types.UtcDateTime(), nullable=True),
    sa.Column('dispensed_by_id', sa.BigInteger(), nullable=True),
    sa.Column('dispensed_by_name', sa.Unicode(length=100), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("status <> 'dispensed' OR paid_at IS NOT NULL", name=op.f('ck_dispensing_task_paid')),
    sa.CheckConstraint("status NOT IN ('prepared', 'dispensed') OR reviewed_at IS NOT NULL", name=op.f('ck_dispensing_task_reviewed')),
    sa.ForeignKeyConstraint(['location_id'], ['dispensing_location.id'], name=op.f('fk_dispensing_task_location_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispensing_task'))
    )
    op.create_index('ix_dispensing_task_number', 'dispensing_task', ['tenant_id', 'prescription_number'], unique=False)
    op.create_index('ix_dispensing_task_status', 'dispensing_task', ['tenant_id', 'location_id', 'status', 'id'], unique=False)
    op.create_index('ux_dispensing_task_prescription', 'dispensing_task', ['tenant_id', 'prescription_id'], unique=True, sqlite_where=sa.text("status <> 'cancelled'"), postgresql_where=sa.text("status <> 'cancelled'"), mssql_where=sa.text("status <> 'cancelled'"))
    op.create_table('dispensing_hold',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('prescription_id', sa.BigInteger(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('line_no', sa.Integer(), nullable=False),
    sa.Column('drug_id', sa.BigInteger(), nullable=False),
    sa.Column('drug_name', sa.Unicode(length=160), nullable=False),
    sa.Column('balance_id', sa.BigInteger(), nullable=False),
    sa.Column('batch_id', sa.BigInteger(), nullable=False),
    sa.Column('quantity', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('released', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('dispensed', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('returned', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_dispensing_hold_quantity')),
    sa.CheckConstraint('released + dispensed <= quantity', name=op.f('ck_dispensing_hold_whole')),
    sa.CheckConstraint('released >= 0 AND dispensed >= 0 AND returned >= 0', name=op.f('ck_dispensing_hold_parts')),
    sa.CheckConstraint('returned <= dispensed', name=op.f('ck_dispensing_hold_back')),
    sa.ForeignKeyConstraint(['balance_id'], ['dispensing_balance.id'], name=op.f('fk_dispensing_hold_balance_id')),
    sa.ForeignKeyConstraint(['batch_id'], ['dispensing_batch.id'], name=op.f('fk_dispensing_hold_batch_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispensing_hold'))
    )
    op.create_index('ix_dispensing_hold_balance', 'dispensing_hold', ['tenant_id', 'balance_id'], unique=False)
    op.create_index('ix_dispensing_hold_item', 'dispensing_hold', ['tenant_id', 'item_id'], unique=False)
    op.create_index('ix_dispensing_hold_prescription', 'dispensing_hold', ['tenant_id', 'prescription_id', 'id'], unique=False)
    op.create_table('dispensing_stock_move',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('document_id', sa.BigInteger(), nullable=False),
    sa.Column('line_no', sa.Integer(), nullable=False),
    sa.Column('batch_id', sa.BigInteger(), nullable=False),
    sa.Column('drug_id', sa.BigInteger(), nullable=False),
    sa.Column('from_account', sa.Unicode(length=32), nullable=False),
    sa.Column('from_location_id', sa.BigInteger(), nullable=True),
    sa.Column('from_after', types.ExactDecimal(16, 4), nullable=True),
    sa.Column('to_account', sa.Unicode(length=32), nullable=False),
    sa.Column('to_location_id', sa.BigInteger(), nullable=True),
    sa.Column('to_after', types.ExactDecimal(16, 4), nullable=True),
    sa.Column('quantity', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('unit_cost', types.ExactDecimal(16, 6), nullable=False),
    sa.Column('cost_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=True),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(from_account = 'location' AND from_location_id IS NOT NULL) OR (from_account <> 'location' AND from_location_id IS NULL)", name=op.f('ck_dispensing_stock_move_from_side')),
    sa.CheckConstraint("(to_account = 'location' AND to_location_id IS NOT NULL) OR (to_account <> 'location' AND to_location_id IS NULL)", name=op.f('ck_dispensing_stock_move_to_side')),
    sa.CheckConstraint('from_account <> to_account OR from_location_id <> to_location_id', name=op.f('ck_dispensing_stock_move_two_sides')),
    sa.CheckConstraint('from_after IS NULL OR from_after >= 0', name=op.f('ck_dispensing_stock_move_from_after')),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_dispensing_stock_move_quantity')),
    sa.ForeignKeyConstraint(['batch_id'], ['dispensing_batch.id'], name=op.f('fk_dispensing_stock_move_batch_id')),
    sa.ForeignKeyConstraint(['document_id'], ['dispensing_document.id'], name=op.f('fk_dispensing_stock_move_document_id')),
    sa.ForeignKeyConstraint(['from_location_id'], ['dispensing_location.id'], name=op.f('fk_dispensing_stock_move_from_location_id')),
    sa.ForeignKeyConstraint(['to_location_id'], ['dispensing_location.id'], name=op.f('fk_dispensing_stock_move_to_location_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispensing_stock_move')),
    sa.UniqueConstraint('tenant_id', 'document_id', 'line_no', name=op.f('uq_dispensing_stock_move_tenant_id_document_id_line_no'))
    )
    op.create_index('ix_dispensing_stock_move_drug', 'dispensing_stock_move', ['tenant_id', 'drug_id', 'id'], unique=False)
    op.create_index('ix_dispensing_stock_move_from', 'dispensing_stock_move', ['tenant_id', 'from_location_id', 'batch_id', 'id'], unique=False)
    op.create_index('ix_dispensing_stock_move_to', 'dispensing_stock_move', ['tenant_id', 'to_location_id', 'batch_id', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_dispensing_stock_move_to', table_name='dispensing_stock_move')
    op.drop_index('ix_dispensing_stock_move_from', table_name='dispensing_stock_move')
    op.drop_index('ix_dispensing_stock_move_drug', table_name='dispensing_stock_move')
    op.drop_table('dispensing_stock_move')
    op.drop_index('ix_dispensing_hold_prescription', table_name='dispensing_hold')
    op.drop_index('ix_dispensing_hold_item', table_name='dispensing_hold')
    op.drop_index('ix_dispensing_hold_balance', table_name='dispensing_hold')
    op.drop_table('dispensing_hold')
    op.drop_index('ux_dispensing_task_prescription', table_name='dispensing_task', sqlite_where=sa.text("status <> 'cancelled'"), postgresql_where=sa.text("status <> 'cancelled'"), mssql_where=sa.text("status <> 'cancelled'"))
    op.drop_index('ix_dispensing_task_status', table_name='dispensing_task')
    op.drop_index('ix_dispensing_task_number', table_name='dispensing_task')
    op.drop_table('dispensing_task')
    op.drop_index('ix_dispensing_document_prescription', table_name='dispensing_document')
    op.drop_index('ix_dispensing_document_location', table_name='dispensing_document')
    op.drop_table('dispensing_document')
    op.drop_index('ix_dispensing_balance_location', table_name='dispensing_balance')
    op.drop_index('ix_dispensing_balance_drug', table_name='dispensing_balance')
    op.drop_table('dispensing_balance')
    op.drop_index('ux_dispensing_location_pharmacy', table_name='dispensing_location', sqlite_where=sa.text("kind = 'pharmacy'"), postgresql_where=sa.text("kind = 'pharmacy'"), mssql_where=sa.text("kind = 'pharmacy'"))
    op.drop_table('dispensing_location')
    op.drop_index('ix_dispensing_batch_expiry', table_name='dispensing_batch')
    op.drop_table('dispensing_batch')
