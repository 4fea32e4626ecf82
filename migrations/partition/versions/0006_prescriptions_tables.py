"""The tables of prescriptions."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0006"
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('prescriptions_prescription',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Unicode(length=30), nullable=False),
    sa.Column('kind', sa.Unicode(length=32), nullable=False),
    sa.Column('sheet', sa.Unicode(length=32), nullable=False),
    sa.Column('status', sa.Unicode(length=32), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=False),
    sa.Column('visit_number', sa.Unicode(length=30), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_name', sa.Unicode(length=50), nullable=False),
    sa.Column('department_id', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('signed_at', types.UtcDateTime(), nullable=True),
    sa.Column('valid_until', types.UtcDateTime(), nullable=True),
    sa.Column('is_emergency', sa.Boolean(), nullable=False),
    sa.Column('long_reason', sa.Unicode(length=200), nullable=False),
    sa.Column('heading', sa.JSON(), nullable=False),
    sa.Column('findings', sa.JSON(), nullable=False),
    sa.Column('digest', sa.Unicode(length=64), nullable=False),
    sa.Column('draft', sa.JSON(), nullable=False),
    sa.Column('doses', sa.Integer(), nullable=False),
    sa.Column('decoction', sa.Unicode(length=32), nullable=True),
    sa.Column('times_a_day', sa.Integer(), nullable=True),
    sa.Column('volume_ml', sa.Integer(), nullable=True),
    sa.Column('timing', sa.Unicode(length=32), nullable=True),
    sa.Column('paid_at', types.UtcDateTime(), nullable=True),
    sa.Column('reviewed_at', types.UtcDateTime(), nullable=True),
    sa.Column('reviewer_name', sa.Unicode(length=50), nullable=False),
    sa.Column('prepared_at', types.UtcDateTime(), nullable=True),
    sa.Column('preparer_name', sa.Unicode(length=50), nullable=False),
    sa.Column('dispensed_at', types.UtcDateTime(), nullable=True),
    sa.Column('dispenser_name', sa.Unicode(length=50), nullable=False),
    sa.Column('ended_reason', sa.Unicode(length=200), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("kind <> 'herbal' OR doses >= 1", name=op.f('ck_prescriptions_prescription_doses')),
    sa.CheckConstraint("status = 'draft' OR status = 'voided' OR revision >= 1", name=op.f('ck_prescriptions_prescription_signed')),
    sa.CheckConstraint("status NOT IN ('prepared', 'dispensed') OR reviewed_at IS NOT NULL", name=op.f('ck_prescriptions_prescription_reviewed')),
    sa.ForeignKeyConstraint(['department_id'], ['tenants_department.id'], name=op.f('fk_prescriptions_prescription_department_id')),
    sa.ForeignKeyConstraint(['patient_id'], ['patients_patient.id'], name=op.f('fk_prescriptions_prescription_patient_id')),
    sa.ForeignKeyConstraint(['practitioner_id'], ['tenants_practitioner.id'], name=op.f('fk_prescriptions_prescription_practitioner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_prescriptions_prescription')),
    sa.UniqueConstraint('tenant_id', 'number', name=op.f('uq_prescriptions_prescription_tenant_id_number'))
    )
    op.create_index('ix_prescriptions_prescription_patient', 'prescriptions_prescription', ['tenant_id', 'patient_id', 'id'], unique=False)
    op.create_index('ix_prescriptions_prescription_status', 'prescriptions_prescription', ['tenant_id', 'status', 'id'], unique=False)
    op.create_index('ix_prescriptions_prescription_validity', 'prescriptions_prescription', ['tenant_id', 'valid_until'], unique=False, sqlite_where=sa.text("status IN ('submitted', 'returned', 'review_passed', 'paid')"), postgresql_where=sa.text("status IN ('submitted', 'returned', 'review_passed', 'paid')"), mssql_where=sa.text("status IN ('submitted', 'returned', 'review_passed', 'paid')"))
    op.create_index('ix_prescriptions_prescription_visit', 'prescriptions_prescription', ['tenant_id', 'visit_id', 'id'], unique=False)
    op.create_table('prescriptions_item',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('prescription_id', sa.BigInteger(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('line_no', sa.Integer(), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=False),
    sa.Column('group_no', sa.Integer(), nullable=True),
    sa.Column('drug_id', sa.BigInteger(), nullable=False),
    sa.Column('drug_code', sa.Unicode(length=30), nullable=False),
    sa.Column('drug_name', sa.Unicode(length=100), nullable=False),
    sa.Column('form', sa.Unicode(length=30), nullable=False),
    sa.Column('strength', sa.Unicode(length=60), nullable=False),
    sa.Column('dose', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('dose_unit', sa.Unicode(length=10), nullable=False),
    sa.Column('route', sa.Unicode(length=20), nullable=False),
    sa.Column('route_name', sa.Unicode(length=50), nullable=False),
    sa.Column('frequency', sa.Unicode(length=20), nullable=False),
    sa.Column('frequency_name', sa.Unicode(length=50), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('quantity', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('min_unit', sa.Unicode(length=10), nullable=False),
    sa.Column('packs', sa.Integer(), nullable=True),
    sa.Column('pack_unit', sa.Unicode(length=10), nullable=False),
    sa.Column('pack_factor', sa.Integer(), nullable=False),
    sa.Column('skin_test', sa.Unicode(length=32), nullable=False),
    sa.Column('footnote', sa.Unicode(length=10), nullable=False),
    sa.Column('remark', sa.Unicode(length=100), nullable=False),
    sa.Column('supplied_until', sa.Date(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('days >= 1', name=op.f('ck_prescriptions_item_days')),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_prescriptions_item_quantity')),
    sa.ForeignKeyConstraint(['prescription_id'], ['prescriptions_prescription.id'], name=op.f('fk_prescriptions_item_prescription_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_prescriptions_item')),
    sa.UniqueConstraint('tenant_id', 'prescription_id', 'revision', 'line_no', name='uq_prescriptions_item_line')
    )
    op.create_index('ix_prescriptions_item_patient', 'prescriptions_item', ['tenant_id', 'patient_id', 'supplied_until'], unique=False)
    op.create_index('ix_prescriptions_item_practitioner', 'prescriptions_item', ['tenant_id', 'practitioner_id', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_prescriptions_item_practitioner', table_name='prescriptions_item')
    op.drop_index('ix_prescriptions_item_patient', table_name='prescriptions_item')
    op.drop_table('prescriptions_item')
    op.drop_index('ix_prescriptions_prescription_visit', table_name='prescriptions_prescription')
    op.drop_index('ix_prescriptions_prescription_validity', table_name='prescriptions_prescription', sqlite_where=sa.text("status IN ('submitted', 'returned', 'review_passed', 'paid')"), postgresql_where=sa.text("status IN ('submitted', 'returned', 'review_passed', 'paid')"), mssql_where=sa.text("status IN ('submitted', 'returned', 'review_passed', 'paid')"))
    op.drop_index('ix_prescriptions_prescription_status', table_name='prescriptions_prescription')
    op.drop_index('ix_prescriptions_prescription_patient', table_name='prescriptions_prescription')
    op.drop_table('prescriptions_prescription')
