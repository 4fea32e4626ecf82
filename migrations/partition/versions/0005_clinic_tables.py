"""The tables of clinic."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0005"
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('clinic_phrase',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=False),
    sa.Column('part', sa.Unicode(length=40), nullable=False),
    sa.Column('text', sa.Unicode(length=500), nullable=False),
    sa.Column('initials', sa.Unicode(length=60), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clinic_phrase'))
    )
    op.create_index('ix_clinic_phrase_owner', 'clinic_phrase', ['tenant_id', 'practitioner_id', 'part'], unique=False)
    op.create_table('clinic_record_template',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('scope', sa.Unicode(length=32), nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=True),
    sa.Column('name', sa.Unicode(length=50), nullable=False),
    sa.Column('initials', sa.Unicode(length=50), nullable=False),
    sa.Column('record', sa.JSON(), nullable=False),
    sa.Column('diagnoses', sa.JSON(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clinic_record_template'))
    )
    op.create_index('ix_clinic_record_template_owner', 'clinic_record_template', ['tenant_id', 'scope', 'practitioner_id'], unique=False)
    op.create_table('clinic_measurement',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('measured_at', types.UtcDateTime(), nullable=False),
    sa.Column('measured_by', sa.Unicode(length=100), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('temperature', types.ExactDecimal(16, 4), nullable=True),
    sa.Column('pulse', sa.Integer(), nullable=True),
    sa.Column('respiration', sa.Integer(), nullable=True),
    sa.Column('systolic', sa.Integer(), nullable=True),
    sa.Column('diastolic', sa.Integer(), nullable=True),
    sa.Column('height', types.ExactDecimal(16, 4), nullable=True),
    sa.Column('weight', types.ExactDecimal(16, 4), nullable=True),
    sa.Column('waist', types.ExactDecimal(16, 4), nullable=True),
    sa.Column('spo2', sa.Integer(), nullable=True),
    sa.Column('glucose', types.ExactDecimal(16, 4), nullable=True),
    sa.Column('glucose_moment', sa.Unicode(length=20), nullable=True),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['patient_id'], ['patients_patient.id'], name=op.f('fk_clinic_measurement_patient_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clinic_measurement'))
    )
    op.create_index('ix_clinic_measurement_patient', 'clinic_measurement', ['tenant_id', 'patient_id', 'measured_at'], unique=False)
    op.create_index('ix_clinic_measurement_visit', 'clinic_measurement', ['tenant_id', 'visit_id', 'id'], unique=False)
    op.create_table('clinic_encounter',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=False),
    sa.Column('visit_number', sa.Unicode(length=30), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_name', sa.Unicode(length=50), nullable=False),
    sa.Column('department_id', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('status', sa.Unicode(length=32), nullable=False),
    sa.Column('begun_at', types.UtcDateTime(), nullable=False),
    sa.Column('finished_at', types.UtcDateTime(), nullable=True),
    sa.Column('record', sa.JSON(), nullable=False),
    sa.Column('diagnoses', sa.JSON(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('signed_number', sa.Integer(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['department_id'], ['tenants_department.id'], name=op.f('fk_clinic_encounter_department_id')),
    sa.ForeignKeyConstraint(['patient_id'], ['patients_patient.id'], name=op.f('fk_clinic_encounter_patient_id')),
    sa.ForeignKeyConstraint(['practitioner_id'], ['tenants_practitioner.id'], name=op.f('fk_clinic_encounter_practitioner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clinic_encounter')),
    sa.UniqueConstraint('tenant_id', 'visit_id', name=op.f('uq_clinic_encounter_tenant_id_visit_id'))
    )
    op.create_index('ix_clinic_encounter_patient', 'clinic_encounter', ['tenant_id', 'patient_id', 'id'], unique=False)
    op.create_index('ix_clinic_encounter_practitioner', 'clinic_encounter', ['tenant_id', 'practitioner_id', 'on'], unique=False)
    op.create_table('clinic_signed_record',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('encounter_id', sa.BigInteger(), nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('digest', sa.Unicode(length=64), nullable=False),
    sa.Column('reason', sa.Unicode(length=200), nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_name', sa.Unicode(length=50), nullable=False),
    sa.Column('signed_at', types.UtcDateTime(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("number = 1 OR reason <> ''", name=op.f('ck_clinic_signed_record_reason')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_clinic_signed_record_number')),
    sa.ForeignKeyConstraint(['encounter_id'], ['clinic_encounter.id'], name=op.f('fk_clinic_signed_record_encounter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clinic_signed_record')),
    sa.UniqueConstraint('tenant_id', 'visit_id', 'number', name=op.f('uq_clinic_signed_record_tenant_id_visit_id_number'))
    )
    op.create_index('ix_clinic_signed_record_patient', 'clinic_signed_record', ['tenant_id', 'patient_id', 'id'], unique=False)
    op.create_table('clinic_diagnosis',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('signed_record_id', sa.BigInteger(), nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('code', sa.Unicode(length=40), nullable=False),
    sa.Column('name', sa.Unicode(length=300), nullable=False),
    sa.Column('edition', sa.Unicode(length=40), nullable=False),
    sa.Column('is_suspected', sa.Boolean(), nullable=False),
    sa.Column('onset_on', sa.Date(), nullable=True),
    sa.Column('is_chronic', sa.Boolean(), nullable=False),
    sa.Column('notifiable_class', sa.Unicode(length=20), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['signed_record_id'], ['clinic_signed_record.id'], name=op.f('fk_clinic_diagnosis_signed_record_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clinic_diagnosis')),
    sa.UniqueConstraint('tenant_id', 'signed_record_id', 'position', name=op.f('uq_clinic_diagnosis_tenant_id_signed_record_id_position'))
    )
    op.create_index('ix_clinic_diagnosis_code', 'clinic_diagnosis', ['tenant_id', 'code', 'on'], unique=False)
    op.create_index('ix_clinic_diagnosis_patient', 'clinic_diagnosis', ['tenant_id', 'patient_id', 'code'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_clinic_diagnosis_patient', table_name='clinic_diagnosis')
    op.drop_index('ix_clinic_diagnosis_code', table_name='clinic_diagnosis')
    op.drop_table('clinic_diagnosis')
    op.drop_index('ix_clinic_signed_record_patient', table_name='clinic_signed_record')
    op.drop_table('clinic_signed_record')
    op.drop_index('ix_clinic_encounter_practitioner', table_name='clinic_encounter')
    op.drop_index('ix_clinic_encounter_patient', table_name='clinic_encounter')
    op.drop_table('clinic_encounter')
    op.drop_index('ix_clinic_measurement_visit', table_name='clinic_measurement')
    op.drop_index('ix_clinic_measurement_patient', table_name='clinic_measurement')
    op.drop_table('clinic_measurement')
    op.drop_index('ix_clinic_record_template_owner', table_name='clinic_record_template')
    op.drop_table('clinic_record_template')
    op.drop_index('ix_clinic_phrase_owner', table_name='clinic_phrase')
    op.drop_table('clinic_phrase')
