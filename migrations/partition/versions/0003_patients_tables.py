"""The tables of patients."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0003"
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('patients_import',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.Unicode(length=100), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('brought_at', types.UtcDateTime(), nullable=False),
    sa.Column('brought_by', sa.Unicode(length=100), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_patients_import'))
    )
    op.create_index('ix_patients_import_day', 'patients_import', ['tenant_id', 'id'], unique=False)
    op.create_table('patients_patient',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('record_no', types.search_key_type(20), nullable=False),
    sa.Column('name', types.search_key_type(50), nullable=False),
    sa.Column('initials', types.search_key_type(50), nullable=False),
    sa.Column('pinyin', types.search_key_type(200), nullable=False),
    sa.Column('sex', sa.Unicode(length=32), nullable=False),
    sa.Column('born_on', sa.Date(), nullable=False),
    sa.Column('document_kind', sa.Unicode(length=32), nullable=True),
    sa.Column('document_number', types.Sensitive(64), nullable=True),
    sa.Column('document_index', sa.Unicode(length=40), nullable=True),
    sa.Column('is_proxy_document', sa.Boolean(), nullable=False),
    sa.Column('phone', types.Sensitive(32), nullable=True),
    sa.Column('phone_index', sa.Unicode(length=40), nullable=True),
    sa.Column('phone_tail_index', sa.Unicode(length=40), nullable=True),
    sa.Column('street_code', sa.Unicode(length=20), nullable=False),
    sa.Column('address', sa.Unicode(length=200), nullable=False),
    sa.Column('ethnicity', sa.Unicode(length=10), nullable=False),
    sa.Column('occupation', sa.Unicode(length=50), nullable=False),
    sa.Column('guardian_name', sa.Unicode(length=50), nullable=False),
    sa.Column('guardian_phone', types.Sensitive(32), nullable=True),
    sa.Column('cost_type', sa.Unicode(length=32), nullable=False),
    sa.Column('allergy_status', sa.Unicode(length=32), nullable=False),
    sa.Column('last_visit_on', sa.Date(), nullable=True),
    sa.Column('merged_into_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_patients_patient')),
    sa.UniqueConstraint('tenant_id', 'record_no', name=op.f('uq_patients_patient_tenant_id_record_no'))
    )
    op.create_index('ix_patients_patient_any_document', 'patients_patient', ['tenant_id', 'document_index'], unique=False)
    op.create_index('ix_patients_patient_born', 'patients_patient', ['tenant_id', 'born_on', 'name'], unique=False)
    op.create_index('ix_patients_patient_initials', 'patients_patient', ['tenant_id', 'initials', 'id'], unique=False)
    op.create_index('ix_patients_patient_name', 'patients_patient', ['tenant_id', 'name', 'id'], unique=False)
    op.create_index('ix_patients_patient_phone', 'patients_patient', ['tenant_id', 'phone_index'], unique=False)
    op.create_index('ix_patients_patient_phone_tail', 'patients_patient', ['tenant_id', 'phone_tail_index', 'id'], unique=False)
    op.create_index('ix_patients_patient_pinyin', 'patients_patient', ['tenant_id', 'pinyin', 'id'], unique=False)
    op.create_index('ux_patients_patient_document', 'patients_patient', ['tenant_id', 'document_kind', 'document_index'], unique=True, sqlite_where=sa.text('document_index IS NOT NULL AND merged_into_id IS NULL'), postgresql_where=sa.text('document_index IS NOT NULL AND merged_into_id IS NULL'), mssql_where=sa.text('document_index IS NOT NULL AND merged_into_id IS NULL'))
    op.create_table('patients_allergy',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Unicode(length=32), nullable=False),
    sa.Column('substance', sa.Unicode(length=100), nullable=False),
    sa.Column('keys', sa.JSON(), nullable=False),
    sa.Column('certainty', sa.Unicode(length=32), nullable=False),
    sa.Column('reaction', sa.Unicode(length=200), nullable=False),
    sa.Column('recorded_at', types.UtcDateTime(), nullable=False),
    sa.Column('recorded_by', sa.Unicode(length=50), nullable=False),
    sa.Column('withdrawn_at', types.UtcDateTime(), nullable=True),
    sa.Column('withdrawn_reason', sa.Unicode(length=200), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['patient_id'], ['patients_patient.id'], name=op.f('fk_patients_allergy_patient_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_patients_allergy'))
    )
    op.create_index('ix_patients_allergy_patient', 'patients_allergy', ['tenant_id', 'patient_id'], unique=False)
    op.create_table('patients_card',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Unicode(length=32), nullable=False),
    sa.Column('number', types.Sensitive(64), nullable=False),
    sa.Column('number_index', sa.Unicode(length=40), nullable=False),
    sa.Column('status', sa.Unicode(length=32), nullable=False),
    sa.Column('issued_at', types.UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['patient_id'], ['patients_patient.id'], name=op.f('fk_patients_card_patient_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_patients_card'))
    )
    op.create_index('ix_patients_card_find', 'patients_card', ['tenant_id', 'number_index'], unique=False)
    op.create_index('ix_patients_card_patient', 'patients_card', ['tenant_id', 'patient_id'], unique=False)
    op.create_index('ux_patients_card_number', 'patients_card', ['tenant_id', 'kind', 'number_index'], unique=True)
    op.create_table('patients_import_row',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('import_id', sa.BigInteger(), nullable=False),
    sa.Column('row_no', sa.BigInteger(), nullable=False),
    sa.Column('text', types.Sensitive(2000), nullable=False),
    sa.Column('status', sa.Unicode(length=32), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=True),
    sa.Column('complaint', sa.Unicode(length=500), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['patients_import.id'], name=op.f('fk_patients_import_row_import_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_patients_import_row')),
    sa.UniqueConstraint('tenant_id', 'import_id', 'row_no', name=op.f('uq_patients_import_row_tenant_id_import_id_row_no'))
    )
    op.create_table('patients_merge',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('survivor_id', sa.BigInteger(), nullable=False),
    sa.Column('merged_id', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Unicode(length=32), nullable=False),
    sa.Column('reason', sa.Unicode(length=200), nullable=False),
    sa.Column('proposed_by', sa.BigInteger(), nullable=False),
    sa.Column('proposed_at', types.UtcDateTime(), nullable=False),
    sa.Column('decided_by', sa.BigInteger(), nullable=True),
    sa.Column('decided_at', types.UtcDateTime(), nullable=True),
    sa.Column('decision_reason', sa.Unicode(length=200), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['merged_id'], ['patients_patient.id'], name=op.f('fk_patients_merge_merged_id')),
    sa.ForeignKeyConstraint(['survivor_id'], ['patients_patient.id'], name=op.f('fk_patients_merge_survivor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_patients_merge'))
    )
    op.create_index('ix_patients_merge_status', 'patients_merge', ['tenant_id', 'status', 'id'], unique=False)
    op.create_index('ux_patients_merge_open', 'patients_merge', ['tenant_id', 'merged_id'], unique=True, sqlite_where=sa.text("status IN ('proposed', 'done')"), postgresql_where=sa.text("status IN ('proposed', 'done')"), mssql_where=sa.text("status IN ('proposed', 'done')"))


def downgrade() -> None:
    op.drop_index('ux_patients_merge_open', table_name='patients_merge', sqlite_where=sa.text("status IN ('proposed', 'done')"), postgresql_where=sa.text("status IN ('proposed', 'done')"), mssql_where=sa.text("status IN ('proposed', 'done')"))
    op.drop_index('ix_patients_merge_status', table_name='patients_merge')
    op.drop_table('patients_merge')
    op.drop_table('patients_import_row')
    op.drop_index('ux_patients_card_number', table_name='patients_card')
    op.drop_index('ix_patients_card_patient', table_name='patients_card')
    op.drop_index('ix_patients_card_find', table_name='patients_card')
    op.drop_table('patients_card')
    op.drop_index('ix_patients_allergy_patient', table_name='patients_allergy')
    op.drop_table('patients_allergy')
    op.drop_index('ux_patients_patient_document', table_name='patients_patient', sqlite_where=sa.text('document_index IS NOT NULL AND merged_into_id IS NULL'), postgresql_where=sa.text('document_index IS NOT NULL AND merged_into_id IS NULL'), mssql_where=sa.text('document_index IS NOT NULL AND merged_into_id IS NULL'))
    op.drop_index('ix_patients_patient_pinyin', table_name='patients_patient')
    op.drop_index('ix_patients_patient_phone_tail', table_name='patients_patient')
    op.drop_index('ix_patients_patient_phone', table_name='patients_patient')
    op.drop_index('ix_patients_patient_name', table_name='patients_patient')
    op.drop_index('ix_patients_patient_initials', table_name='patients_patient')
    op.drop_index('ix_patients_patient_born', table_name='patients_patient')
    op.drop_index('ix_patients_patient_any_document', table_name='patients_patient')
    op.drop_table('patients_patient')
    op.drop_index('ix_patients_import_day', table_name='patients_import')
    op.drop_table('patients_import')
