"""The tables of charging."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0007"
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('charging_bill',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=False),
    sa.Column('visit_number', sa.Unicode(length=30), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_charging_bill')),
    sa.UniqueConstraint('tenant_id', 'visit_id', name=op.f('uq_charging_bill_tenant_id_visit_id'))
    )
    op.create_index('ix_charging_bill_on', 'charging_bill', ['tenant_id', 'on', 'id'], unique=False)
    op.create_index('ix_charging_bill_patient', 'charging_bill', ['tenant_id', 'patient_id', 'id'], unique=False)
    op.create_index('ix_charging_bill_visit_number', 'charging_bill', ['tenant_id', 'visit_number'], unique=False)
    op.create_table('charging_price',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('item_kind', sa.Unicode(length=32), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('item_code', sa.Unicode(length=30), nullable=False),
    sa.Column('item_name', sa.Unicode(length=160), nullable=False),
    sa.Column('initials', sa.Unicode(length=60), nullable=False),
    sa.Column('fee_class', sa.Unicode(length=32), nullable=False),
    sa.Column('unit', sa.Unicode(length=10), nullable=False),
    sa.Column('price_unit', sa.Unicode(length=10), nullable=False),
    sa.Column('per', sa.Integer(), nullable=False),
    sa.Column('amount', types.ExactDecimal(16, 6), nullable=False),
    sa.Column('valid_from', types.UtcDateTime(), nullable=False),
    sa.Column('valid_to', types.UtcDateTime(), nullable=True),
    sa.Column('reason', sa.Unicode(length=200), nullable=False),
    sa.Column('set_by', sa.Unicode(length=100), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_charging_price_amount')),
    sa.CheckConstraint('per >= 1', name=op.f('ck_charging_price_per')),
    sa.CheckConstraint('valid_to IS NULL OR valid_to > valid_from', name=op.f('ck_charging_price_period')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_charging_price')),
    sa.UniqueConstraint('tenant_id', 'item_kind', 'item_id', 'valid_from', name=op.f('uq_charging_price_tenant_id_item_kind_item_id_valid_from'))
    )
    op.create_index('ix_charging_price_code', 'charging_price', ['tenant_id', 'item_kind', 'item_code'], unique=False)
    op.create_index('ux_charging_price_open', 'charging_price', ['tenant_id', 'item_kind', 'item_id'], unique=True, sqlite_where=sa.text('valid_to IS NULL'), postgresql_where=sa.text('valid_to IS NULL'), mssql_where=sa.text('valid_to IS NULL'))
    op.create_table('charging_shift',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Unicode(length=30), nullable=False),
    sa.Column('cashier_account_id', sa.BigInteger(), nullable=False),
    sa.Column('cashier_name', sa.Unicode(length=100), nullable=False),
    sa.Column('status', sa.Unicode(length=32), nullable=False),
    sa.Column('opened_at', types.UtcDateTime(), nullable=False),
    sa.Column('float_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('closed_at', types.UtcDateTime(), nullable=True),
    sa.Column('charges_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('refunds_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('net_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('settlement_count', sa.Integer(), nullable=False),
    sa.Column('first_number', sa.Unicode(length=30), nullable=False),
    sa.Column('last_number', sa.Unicode(length=30), nullable=False),
    sa.Column('expected_cash', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('counted_cash', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('difference', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('difference_reason', sa.Unicode(length=200), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("status = 'open' OR charges_amount - refunds_amount = net_amount", name=op.f('ck_charging_shift_net')),
    sa.CheckConstraint("status = 'open' OR counted_cash - expected_cash = difference", name=op.f('ck_charging_shift_difference')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_charging_shift')),
    sa.UniqueConstraint('tenant_id', 'number', name=op.f('uq_charging_shift_tenant_id_number'))
    )
    op.create_index('ux_charging_shift_open', 'charging_shift', ['tenant_id', 'cashier_account_id'], unique=True, sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"), mssql_where=sa.text("status = 'open'"))
    op.create_table('charging_charge',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('bill_id', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Unicode(length=32), nullable=False),
    sa.Column('source_kind', sa.Unicode(length=32), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('prescription_id', sa.BigInteger(), nullable=True),
    sa.Column('item_kind', sa.Unicode(length=32), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('item_code', sa.Unicode(length=30), nullable=False),
    sa.Column('item_name', sa.Unicode(length=160), nullable=False),
    sa.Column('fee_class', sa.Unicode(length=32), nullable=False),
    sa.Column('unit', sa.Unicode(length=10), nullable=False),
    sa.Column('quantity', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('price_amount', types.ExactDecimal(16, 6), nullable=False),
    sa.Column('per', sa.Integer(), nullable=False),
    sa.Column('price_unit', sa.Unicode(length=10), nullable=False),
    sa.Column('price_id', sa.BigInteger(), nullable=False),
    sa.Column('amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('executed_quantity', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('refunded_quantity', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('added_at', types.UtcDateTime(), nullable=False),
    sa.Column('void_reason', sa.Unicode(length=200), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_charging_charge_amount')),
    sa.CheckConstraint('executed_quantity + refunded_quantity <= quantity', name=op.f('ck_charging_charge_whole')),
    sa.CheckConstraint('executed_quantity >= 0 AND refunded_quantity >= 0', name=op.f('ck_charging_charge_parts')),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_charging_charge_quantity')),
    sa.ForeignKeyConstraint(['bill_id'], ['charging_bill.id'], name=op.f('fk_charging_charge_bill_id')),
    sa.ForeignKeyConstraint(['price_id'], ['charging_price.id'], name=op.f('fk_charging_charge_price_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_charging_charge'))
    )
    op.create_index('ix_charging_charge_bill', 'charging_charge', ['tenant_id', 'bill_id'], unique=False)
    op.create_index('ix_charging_charge_prescription', 'charging_charge', ['tenant_id', 'prescription_id'], unique=False)
    op.create_index('ix_charging_charge_unpaid', 'charging_charge', ['tenant_id', 'status', 'bill_id'], unique=False)
    op.create_index('ux_charging_charge_source', 'charging_charge', ['tenant_id', 'source_kind', 'source_id', 'item_id'], unique=True, sqlite_where=sa.text("status <> 'voided'"), postgresql_where=sa.text("status <> 'voided'"), mssql_where=sa.text("status <> 'voided'"))
    op.create_table('charging_settlement',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Unicode(length=30), nullable=False),
    sa.Column('kind', sa.Unicode(length=32), nullable=False),
    sa.Column('bill_id', sa.BigInteger(), nullable=False),
    sa.Column('shift_id', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.Column('amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('change_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('cashier_account_id', sa.BigInteger(), nullable=False),
    sa.Column('cashier_name', sa.Unicode(length=100), nullable=False),
    sa.Column('mirrors_id', sa.BigInteger(), nullable=True),
    sa.Column('resettles_id', sa.BigInteger(), nullable=True),
    sa.Column('reason', sa.Unicode(length=200), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(kind = 'mirror' AND amount <= 0) OR (kind <> 'mirror' AND amount >= 0)", name=op.f('ck_charging_settlement_sign')),
    sa.CheckConstraint("kind <> 'mirror' OR mirrors_id IS NOT NULL", name=op.f('ck_charging_settlement_mirror')),
    sa.ForeignKeyConstraint(['bill_id'], ['charging_bill.id'], name=op.f('fk_charging_settlement_bill_id')),
    sa.ForeignKeyConstraint(['mirrors_id'], ['charging_settlement.id'], name=op.f('fk_charging_settlement_mirrors_id')),
    sa.ForeignKeyConstraint(['resettles_id'], ['charging_settlement.id'], name=op.f('fk_charging_settlement_resettles_id')),
    sa.ForeignKeyConstraint(['shift_id'], ['charging_shift.id'], name=op.f('fk_charging_settlement_shift_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_charging_settlement')),
    sa.UniqueConstraint('tenant_id', 'number', name=op.f('uq_charging_settlement_tenant_id_number'))
    )
    op.create_index('ix_charging_settlement_bill', 'charging_settlement', ['tenant_id', 'bill_id'], unique=False)
    op.create_index('ix_charging_settlement_on', 'charging_settlement', ['tenant_id', 'on', 'id'], unique=False)
    op.create_index('ix_charging_settlement_shift', 'charging_settlement', ['tenant_id', 'shift_id'], unique=False)
    op.create_index('ux_charging_settlement_mirrors', 'charging_settlement', ['tenant_id', 'mirrors_id'], unique=True, sqlite_where=sa.text('mirrors_id IS NOT NULL'), postgresql_where=sa.text('mirrors_id IS NOT NULL'), mssql_where=sa.text('mirrors_id IS NOT NULL'))
    op.create_index('ux_charging_settlement_resettles', 'charging_settlement', ['tenant_id', 'resettles_id'], unique=True, sqlite_where=sa.text('resettles_id IS NOT NULL'), postgresql_where=sa.text('resettles_id IS NOT NULL'), mssql_where=sa.text('resettles_id IS NOT NULL'))
    op.create_table('charging_shift_sum',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('shift_id', sa.BigInteger(), nullable=False),
    sa.Column('by', sa.Unicode(length=12), nullable=False),
    sa.Column('code', sa.Unicode(length=20), nullable=False),
    sa.Column('receipts_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('refunds_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['shift_id'], ['charging_shift.id'], name=op.f('fk_charging_shift_sum_shift_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_charging_shift_sum')),
    sa.UniqueConstraint('tenant_id', 'shift_id', 'by', 'code', name=op.f('uq_charging_shift_sum_tenant_id_shift_id_by_code'))
    )
    op.create_table('charging_receipt_print',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('settlement_id', sa.BigInteger(), nullable=False),
    sa.Column('copy_no', sa.Integer(), nullable=False),
    sa.Column('printed_at', types.UtcDateTime(), nullable=False),
    sa.Column('printed_by', sa.Unicode(length=100), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['settlement_id'], ['charging_settlement.id'], name=op.f('fk_charging_receipt_print_settlement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_charging_receipt_print')),
    sa.UniqueConstraint('tenant_id', 'settlement_id', 'copy_no', name=op.f('uq_charging_receipt_print_tenant_id_settlement_id_copy_no'))
    )
    op.create_table('charging_settlement_line',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('settlement_id', sa.BigInteger(), nullable=False),
    sa.Column('charge_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Unicode(length=32), nullable=False),
    sa.Column('fee_class', sa.Unicode(length=32), nullable=False),
    sa.Column('quantity', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['charge_id'], ['charging_charge.id'], name=op.f('fk_charging_settlement_line_charge_id')),
    sa.ForeignKeyConstraint(['settlement_id'], ['charging_settlement.id'], name=op.f('fk_charging_settlement_line_settlement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_charging_settlement_line')),
    sa.UniqueConstraint('tenant_id', 'settlement_id', 'charge_id', name=op.f('uq_charging_settlement_line_tenant_id_settlement_id_charge_id'))
    )
    op.create_index('ux_charging_settlement_line_once', 'charging_settlement_line', ['tenant_id', 'charge_id'], unique=True, sqlite_where=sa.text("kind = 'charge'"), postgresql_where=sa.text("kind = 'charge'"), mssql_where=sa.text("kind = 'charge'"))
    op.create_table('charging_tender',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('settlement_id', sa.BigInteger(), nullable=False),
    sa.Column('method', sa.Unicode(length=32), nullable=False),
    sa.Column('amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('reference', sa.Unicode(length=60), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['settlement_id'], ['charging_settlement.id'], name=op.f('fk_charging_tender_settlement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_charging_tender')),
    sa.UniqueConstraint('tenant_id', 'settlement_id', 'method', name=op.f('uq_charging_tender_tenant_id_settlement_id_method'))
    )


def downgrade() -> None:
    op.drop_table('charging_tender')
    op.drop_index('ux_charging_settlement_line_once', table_name='charging_settlement_line', sqlite_where=sa.text("kind = 'charge'"), postgresql_where=sa.text("kind = 'charge'"), mssql_where=sa.text("kind = 'charge'"))
    op.drop_table('charging_settlement_line')
    op.drop_table('charging_receipt_print')
    op.drop_table('charging_shift_sum')
    op.drop_index('ux_charging_settlement_resettles', table_name='charging_settlement', sqlite_where=sa.text('resettles_id IS NOT NULL'), postgresql_where=sa.text('resettles_id IS NOT NULL'), mssql_where=sa.text('resettles_id IS NOT NULL'))
    op.drop_index('ux_charging_settlement_mirrors', table_name='charging_settlement', sqlite_where=sa.text('mirrors_id IS NOT NULL'), postgresql_where=sa.text('mirrors_id IS NOT NULL'), mssql_where=sa.text('mirrors_id IS NOT NULL'))
    op.drop_index('ix_charging_settlement_shift', table_name='charging_settlement')
    op.drop_index('ix_charging_settlement_on', table_name='charging_settlement')
    op.drop_index('ix_charging_settlement_bill', table_name='charging_settlement')
    op.drop_table('charging_settlement')
    op.drop_index('ux_charging_charge_source', table_name='charging_charge', sqlite_where=sa.text("status <> 'voided'"), postgresql_where=sa.text("status <> 'voided'"), mssql_where=sa.text("status <> 'voided'"))
    op.drop_index('ix_charging_charge_unpaid', table_name='charging_charge')
    op.drop_index('ix_charging_charge_prescription', table_name='charging_charge')
    op.drop_index('ix_charging_charge_bill', table_name='charging_charge')
    op.drop_table('charging_charge')
    op.drop_index('ux_charging_shift_open', table_name='charging_shift', sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"), mssql_where=sa.text("status = 'open'"))
    op.drop_table('charging_shift')
    op.drop_index('ux_charging_price_open', table_name='charging_price', sqlite_where=sa.text('valid_to IS NULL'), postgresql_where=sa.text('valid_to IS NULL'), mssql_where=sa.text('valid_to IS NULL'))
    op.drop_index('ix_charging_price_code', table_name='charging_price')
    op.drop_table('charging_price')
    op.drop_index('ix_charging_bill_visit_number', table_name='charging_bill')
    op.drop_index('ix_charging_bill_patient', table_name='charging_bill')
    op.drop_index('ix_charging_bill_on', table_name='charging_bill')
    op.drop_table('charging_bill')
