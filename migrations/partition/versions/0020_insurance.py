"""Insurance: connection, insured people and visits, settlements, exchanges, catalogue, mappings, rules."""

import sqlalchemy as sa
from alembic import op

from app.db import isolation, types

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLES = (
    "insurance_connection",
    "insurance_sign_in",
    "insurance_person",
    "insurance_visit",
    "insurance_settlement",
    "insurance_settlement_line",
    "insurance_exchange",
    "insurance_catalogue_item",
    "insurance_mapping",
    "insurance_rule",
)


def upgrade() -> None:
    op.create_table('insurance_connection',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('institution_code', sa.Unicode(length=12), nullable=False),
    sa.Column('institution_name', sa.Unicode(length=100), nullable=False),
    sa.Column('region', sa.Unicode(length=6), nullable=False),
    sa.Column('base_url', sa.Unicode(length=200), nullable=False),
    sa.Column('sign_type', sa.Unicode(length=32), nullable=False),
    sa.Column('key', types.Sensitive(865), nullable=False),
    sa.Column('fund_includes_account', sa.Boolean(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_connection')),
    sa.UniqueConstraint('tenant_id', name=op.f('uq_insurance_connection_tenant_id'))
    )
    op.create_table('insurance_sign_in',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('sign_no', sa.Unicode(length=40), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_sign_in')),
    sa.UniqueConstraint('tenant_id', 'account_id', 'on', name=op.f('uq_insurance_sign_in_tenant_id_account_id_on'))
    )
    op.create_table('insurance_person',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('asked_at', types.UtcDateTime(), nullable=False),
    sa.Column('person_no', types.Sensitive(225), nullable=False),
    sa.Column('document_no', types.Sensitive(305), nullable=False),
    sa.Column('name', sa.Unicode(length=50), nullable=False),
    sa.Column('insutype', sa.Unicode(length=6), nullable=False),
    sa.Column('region', sa.Unicode(length=6), nullable=False),
    sa.Column('account_balance', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('benefits', sa.JSON(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['patient_id'], ['patients_patient.id'], name=op.f('fk_insurance_person_patient_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_person'))
    )
    op.create_index('ix_insurance_person_patient', 'insurance_person', ['tenant_id', 'patient_id', 'id'], unique=False)
    op.create_table('insurance_visit',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('mdtrt_id', sa.Unicode(length=40), nullable=False),
    sa.Column('state', sa.Unicode(length=32), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['patient_id'], ['patients_patient.id'], name=op.f('fk_insurance_visit_patient_id')),
    sa.ForeignKeyConstraint(['person_id'], ['insurance_person.id'], name=op.f('fk_insurance_visit_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_visit'))
    )
    op.create_index('ux_insurance_visit_open', 'insurance_visit', ['tenant_id', 'visit_id'], unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"), mssql_where=sa.text("state = 'open'"))
    op.create_table('insurance_settlement',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('subject_kind', sa.Unicode(length=40), nullable=False),
    sa.Column('subject_id', sa.BigInteger(), nullable=False),
    sa.Column('visit_row_id', sa.BigInteger(), nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=False),
    sa.Column('insutype', sa.Unicode(length=6), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('med_type', sa.Unicode(length=6), nullable=False),
    sa.Column('state', sa.Unicode(length=32), nullable=False),
    sa.Column('reason', sa.Unicode(length=500), nullable=False),
    sa.Column('batch_no', sa.Unicode(length=30), nullable=False),
    sa.Column('drops_batch', sa.Unicode(length=30), nullable=False),
    sa.Column('uses_account', sa.Boolean(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('asked_at', types.UtcDateTime(), nullable=False),
    sa.Column('asked_by', sa.BigInteger(), nullable=False),
    sa.Column('asked_name', sa.Unicode(length=100), nullable=False),
    sa.Column('settled_at', types.UtcDateTime(), nullable=True),
    sa.Column('cancelled_at', types.UtcDateTime(), nullable=True),
    sa.Column('msgid', sa.Unicode(length=30), nullable=True),
    sa.Column('setl_id', sa.Unicode(length=40), nullable=False),
    sa.Column('cancel_id', sa.Unicode(length=40), nullable=False),
    sa.Column('is_adopted', sa.Boolean(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('ask_at', types.UtcDateTime(), nullable=True),
    sa.Column('asked_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('shown_cash_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('total_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('full_own_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('over_limit_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('first_pay_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('in_scope_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('deductible_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('pool_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('civil_servant_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('large_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('serious_illness_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('enterprise_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('medical_aid_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('other_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('fund_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('hospital_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('personal_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('account_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('mutual_aid_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('cash_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("state <> 'settled' OR setl_id <> ''", name=op.f('ck_insurance_settlement_setl_id')),
    sa.CheckConstraint('fund_amount = pool_amount + civil_servant_amount + large_amount + serious_illness_amount + enterprise_amount + medical_aid_amount + other_amount', name=op.f('ck_insurance_settlement_layers')),
    sa.CheckConstraint('personal_amount = account_amount + mutual_aid_amount + cash_amount', name=op.f('ck_insurance_settlement_personal')),
    sa.CheckConstraint('total_amount = full_own_amount + over_limit_amount + first_pay_amount + in_scope_amount', name=op.f('ck_insurance_settlement_parts')),
    sa.CheckConstraint('total_amount = fund_amount + hospital_amount + account_amount + mutual_aid_amount + cash_amount', name=op.f('ck_insurance_settlement_payers')),
    sa.ForeignKeyConstraint(['person_id'], ['insurance_person.id'], name=op.f('fk_insurance_settlement_person_id')),
    sa.ForeignKeyConstraint(['visit_row_id'], ['insurance_visit.id'], name=op.f('fk_insurance_settlement_visit_row_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_settlement'))
    )
    op.create_index('ix_insurance_settlement_on', 'insurance_settlement', ['tenant_id', 'on', 'id'], unique=False)
    op.create_index('ix_insurance_settlement_pending', 'insurance_settlement', ['tenant_id', 'ask_at'], unique=False, sqlite_where=sa.text("state IN ('settling', 'unknown', 'cancelling')"), postgresql_where=sa.text("state IN ('settling', 'unknown', 'cancelling')"), mssql_where=sa.text("state IN ('settling', 'unknown', 'cancelling')"))
    op.create_index('ix_insurance_settlement_visit', 'insurance_settlement', ['tenant_id', 'visit_row_id'], unique=False)
    op.create_index('ux_insurance_settlement_live', 'insurance_settlement', ['tenant_id', 'subject_kind', 'subject_id'], unique=True, sqlite_where=sa.text("state IN ('asked', 'presettled', 'settling', 'unknown', 'settled', 'cancelling', 'deferred')"), postgresql_where=sa.text("state IN ('asked', 'presettled', 'settling', 'unknown', 'settled', 'cancelling', 'deferred')"), mssql_where=sa.text("state IN ('asked', 'presettled', 'settling', 'unknown', 'settled', 'cancelling', 'deferred')"))
    op.create_index('ux_insurance_settlement_msgid', 'insurance_settlement', ['tenant_id', 'msgid'], unique=True, sqlite_where=sa.text('msgid IS NOT NULL'), postgresql_where=sa.text('msgid IS NOT NULL'), mssql_where=sa.text('msgid IS NOT NULL'))
    op.create_table('insurance_settlement_line',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('settlement_id', sa.BigInteger(), nullable=False),
    sa.Column('line_id', sa.BigInteger(), nullable=False),
    sa.Column('item_kind', sa.Unicode(length=20), nullable=False),
    sa.Column('item_code', sa.Unicode(length=30), nullable=False),
    sa.Column('national_code', sa.Unicode(length=30), nullable=False),
    sa.Column('name', sa.Unicode(length=160), nullable=False),
    sa.Column('fee_class', sa.Unicode(length=4), nullable=False),
    sa.Column('quantity', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('price', types.ExactDecimal(16, 6), nullable=False),
    sa.Column('amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('level', sa.Unicode(length=4), nullable=False),
    sa.Column('full_own_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('over_limit_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('first_pay_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('in_scope_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("level = '' OR amount = full_own_amount + over_limit_amount + first_pay_amount + in_scope_amount", name=op.f('ck_insurance_settlement_line_parts')),
    sa.ForeignKeyConstraint(['settlement_id'], ['insurance_settlement.id'], name=op.f('fk_insurance_settlement_line_settlement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_settlement_line')),
    sa.UniqueConstraint('tenant_id', 'settlement_id', 'line_id', name=op.f('uq_insurance_settlement_line_tenant_id_settlement_id_line_id'))
    )
    op.create_table('insurance_exchange',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('settlement_id', sa.BigInteger(), nullable=True),
    sa.Column('infno', sa.Unicode(length=6), nullable=False),
    sa.Column('msgid', sa.Unicode(length=30), nullable=False),
    sa.Column('outcome', sa.Unicode(length=32), nullable=False),
    sa.Column('said_at', types.UtcDateTime(), nullable=False),
    sa.Column('took_ms', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('request', types.Sensitive(None), nullable=False),
    sa.Column('answer', types.Sensitive(None), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['settlement_id'], ['insurance_settlement.id'], name=op.f('fk_insurance_exchange_settlement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_exchange'))
    )
    op.create_index('ix_insurance_exchange_settlement', 'insurance_exchange', ['tenant_id', 'settlement_id', 'id'], unique=False)
    op.create_table('insurance_catalogue_item',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.Unicode(length=30), nullable=False),
    sa.Column('trade', sa.Unicode(length=6), nullable=False),
    sa.Column('name', sa.Unicode(length=160), nullable=False),
    sa.Column('spec', sa.Unicode(length=100), nullable=False),
    sa.Column('unit', sa.Unicode(length=20), nullable=False),
    sa.Column('initials', types.search_key_type(60), nullable=False),
    sa.Column('level', sa.Unicode(length=4), nullable=False),
    sa.Column('fee_class', sa.Unicode(length=4), nullable=False),
    sa.Column('self_pay_ratio', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('ceiling', types.ExactDecimal(16, 6), nullable=True),
    sa.Column('downloaded_on', sa.Date(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_catalogue_item')),
    sa.UniqueConstraint('tenant_id', 'code', name=op.f('uq_insurance_catalogue_item_tenant_id_code'))
    )
    op.create_index('ix_insurance_catalogue_item_initials', 'insurance_catalogue_item', ['tenant_id', 'initials'], unique=False)
    op.create_table('insurance_mapping',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('item_kind', sa.Unicode(length=32), nullable=False),
    sa.Column('item_code', sa.Unicode(length=30), nullable=False),
    sa.Column('national_code', sa.Unicode(length=30), nullable=False),
    sa.Column('national_name', sa.Unicode(length=160), nullable=False),
    sa.Column('level', sa.Unicode(length=4), nullable=False),
    sa.Column('self_pay_ratio', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('ceiling', types.ExactDecimal(16, 6), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('is_uploaded', sa.Boolean(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_insurance_mapping_period')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_mapping'))
    )
    op.create_index('ux_insurance_mapping_open', 'insurance_mapping', ['tenant_id', 'item_kind', 'item_code'], unique=True, sqlite_where=sa.text('valid_to IS NULL'), postgresql_where=sa.text('valid_to IS NULL'), mssql_where=sa.text('valid_to IS NULL'))
    op.create_table('insurance_rule',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('insutype', sa.Unicode(length=6), nullable=False),
    sa.Column('med_type', sa.Unicode(length=6), nullable=False),
    sa.Column('deductible_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('ratio', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('cap_amount', types.ExactDecimal(14, 2), nullable=False),
    sa.Column('aid_ratio', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('set_by', sa.Unicode(length=100), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('aid_ratio >= 0', name=op.f('ck_insurance_rule_aid_ratio')),
    sa.CheckConstraint('ratio >= 0', name=op.f('ck_insurance_rule_ratio')),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_insurance_rule_period')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_insurance_rule')),
    sa.UniqueConstraint('tenant_id', 'insutype', 'med_type', 'valid_from', name=op.f('uq_insurance_rule_tenant_id_insutype_med_type_valid_from'))
    )
    for table in TABLES:
        isolation.add_policies(op, table)


def downgrade() -> None:
    for table in reversed(TABLES):
        isolation.drop_policies(op, table)
        op.drop_table(table)
