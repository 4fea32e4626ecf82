"""The tables of registration."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0004"
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('registration_template',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('weekday', sa.BigInteger(), nullable=False),
    sa.Column('shift', sa.Unicode(length=32), nullable=False),
    sa.Column('starts_at', sa.Time(), nullable=False),
    sa.Column('ends_at', sa.Time(), nullable=False),
    sa.Column('department_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=True),
    sa.Column('room', sa.Unicode(length=40), nullable=False),
    sa.Column('number_type', sa.Unicode(length=32), nullable=False),
    sa.Column('capacity', sa.BigInteger(), nullable=False),
    sa.Column('window_minutes', sa.BigInteger(), nullable=False),
    sa.Column('quotas', sa.JSON(), nullable=False),
    sa.Column('addon_limit', sa.BigInteger(), nullable=False),
    sa.Column('fee_scheme', sa.Unicode(length=32), nullable=True),
    sa.Column('retired_at', types.UtcDateTime(), nullable=True),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('capacity > 0', name=op.f('ck_registration_template_capacity')),
    sa.CheckConstraint('weekday BETWEEN 0 AND 6', name=op.f('ck_registration_template_weekday')),
    sa.ForeignKeyConstraint(['department_id'], ['tenants_department.id'], name=op.f('fk_registration_template_department_id')),
    sa.ForeignKeyConstraint(['practitioner_id'], ['tenants_practitioner.id'], name=op.f('fk_registration_template_practitioner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration_template'))
    )
    op.create_index('ix_registration_template_weekday', 'registration_template', ['tenant_id', 'weekday', 'id'], unique=False)
    op.create_index('ux_registration_template_doctor', 'registration_template', ['tenant_id', 'practitioner_id', 'weekday', 'shift'], unique=True, sqlite_where=sa.text('practitioner_id IS NOT NULL AND retired_at IS NULL'), postgresql_where=sa.text('practitioner_id IS NOT NULL AND retired_at IS NULL'), mssql_where=sa.text('practitioner_id IS NOT NULL AND retired_at IS NULL'))
    op.create_table('registration_session',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('template_id', sa.BigInteger(), nullable=True),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('day_no', sa.BigInteger(), nullable=False),
    sa.Column('shift', sa.Unicode(length=32), nullable=False),
    sa.Column('starts_at', types.UtcDateTime(), nullable=False),
    sa.Column('ends_at', types.UtcDateTime(), nullable=False),
    sa.Column('department_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=True),
    sa.Column('regular_practitioner_id', sa.BigInteger(), nullable=True),
    sa.Column('room', sa.Unicode(length=40), nullable=False),
    sa.Column('number_type', sa.Unicode(length=32), nullable=False),
    sa.Column('fee_scheme', sa.Unicode(length=32), nullable=True),
    sa.Column('status', sa.Unicode(length=32), nullable=False),
    sa.Column('capacity', sa.BigInteger(), nullable=False),
    sa.Column('addon_limit', sa.BigInteger(), nullable=False),
    sa.Column('addons_taken', sa.BigInteger(), nullable=False),
    sa.Column('last_queue_no', sa.BigInteger(), nullable=False),
    sa.Column('calls_made', sa.BigInteger(), nullable=False),
    sa.Column('others_since_return', sa.BigInteger(), nullable=False),
    sa.Column('stop_reason', sa.Unicode(length=200), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('addons_taken >= 0', name=op.f('ck_registration_session_addons_taken')),
    sa.ForeignKeyConstraint(['department_id'], ['tenants_department.id'], name=op.f('fk_registration_session_department_id')),
    sa.ForeignKeyConstraint(['practitioner_id'], ['tenants_practitioner.id'], name=op.f('fk_registration_session_practitioner_id')),
    sa.ForeignKeyConstraint(['template_id'], ['registration_template.id'], name=op.f('fk_registration_session_template_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration_session')),
    sa.UniqueConstraint('tenant_id', 'on', 'day_no', name=op.f('uq_registration_session_tenant_id_on_day_no'))
    )
    op.create_index('ix_registration_session_department', 'registration_session', ['tenant_id', 'department_id', 'on'], unique=False)
    op.create_index('ux_registration_session_practitioner', 'registration_session', ['tenant_id', 'practitioner_id', 'on', 'shift'], unique=True, sqlite_where=sa.text("practitioner_id IS NOT NULL AND status IN ('draft', 'published', 'ended')"), postgresql_where=sa.text("practitioner_id IS NOT NULL AND status IN ('draft', 'published', 'ended')"), mssql_where=sa.text("practitioner_id IS NOT NULL AND status IN ('draft', 'published', 'ended')"))
    op.create_index('ux_registration_session_template', 'registration_session', ['tenant_id', 'template_id', 'on'], unique=True, sqlite_where=sa.text('template_id IS NOT NULL'), postgresql_where=sa.text('template_id IS NOT NULL'), mssql_where=sa.text('template_id IS NOT NULL'))
    op.create_table('registration_slot',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('session_id', sa.BigInteger(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('channel', sa.Unicode(length=32), nullable=False),
    sa.Column('starts_at', types.UtcDateTime(), nullable=False),
    sa.Column('ends_at', types.UtcDateTime(), nullable=False),
    sa.Column('capacity', sa.BigInteger(), nullable=False),
    sa.Column('taken', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('taken >= 0 AND taken <= capacity', name=op.f('ck_registration_slot_taken')),
    sa.ForeignKeyConstraint(['session_id'], ['registration_session.id'], name=op.f('fk_registration_slot_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration_slot')),
    sa.UniqueConstraint('tenant_id', 'session_id', 'sequence', 'channel', name=op.f('uq_registration_slot_tenant_id_session_id_sequence_channel'))
    )
    op.create_index('ix_registration_slot_window', 'registration_slot', ['tenant_id', 'session_id', 'starts_at'], unique=False)
    op.create_table('registration_appointment',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Unicode(length=20), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('session_id', sa.BigInteger(), nullable=False),
    sa.Column('slot_id', sa.BigInteger(), nullable=False),
    sa.Column('department_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=True),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('shift', sa.Unicode(length=32), nullable=False),
    sa.Column('window_starts_at', types.UtcDateTime(), nullable=False),
    sa.Column('channel', sa.Unicode(length=32), nullable=False),
    sa.Column('status', sa.Unicode(length=32), nullable=False),
    sa.Column('booked_at', types.UtcDateTime(), nullable=False),
    sa.Column('cancelled_at', types.UtcDateTime(), nullable=True),
    sa.Column('cancel_reason', sa.Unicode(length=200), nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=True),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['patient_id'], ['patients_patient.id'], name=op.f('fk_registration_appointment_patient_id')),
    sa.ForeignKeyConstraint(['session_id'], ['registration_session.id'], name=op.f('fk_registration_appointment_session_id')),
    sa.ForeignKeyConstraint(['slot_id'], ['registration_slot.id'], name=op.f('fk_registration_appointment_slot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration_appointment')),
    sa.UniqueConstraint('tenant_id', 'number', name=op.f('uq_registration_appointment_tenant_id_number'))
    )
    op.create_index('ix_registration_appointment_day', 'registration_appointment', ['tenant_id', 'on', 'id'], unique=False)
    op.create_index('ix_registration_appointment_patient', 'registration_appointment', ['tenant_id', 'patient_id', 'on'], unique=False)
    op.create_index('ix_registration_appointment_session', 'registration_appointment', ['tenant_id', 'session_id', 'status'], unique=False)
    op.create_index('ux_registration_appointment_active', 'registration_appointment', ['tenant_id', 'patient_id', 'department_id', 'on', 'shift'], unique=True, sqlite_where=sa.text("status IN ('booked', 'stopped')"), postgresql_where=sa.text("status IN ('booked', 'stopped')"), mssql_where=sa.text("status IN ('booked', 'stopped')"))
    op.create_table('registration_visit',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Unicode(length=20), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('session_id', sa.BigInteger(), nullable=False),
    sa.Column('slot_id', sa.BigInteger(), nullable=True),
    sa.Column('appointment_id', sa.BigInteger(), nullable=True),
    sa.Column('department_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=True),
    sa.Column('room', sa.Unicode(length=40), nullable=False),
    sa.Column('number_type', sa.Unicode(length=32), nullable=False),
    sa.Column('channel', sa.Unicode(length=32), nullable=False),
    sa.Column('status', sa.Unicode(length=32), nullable=False),
    sa.Column('queue_no', sa.BigInteger(), nullable=False),
    sa.Column('window_starts_at', types.UtcDateTime(), nullable=True),
    sa.Column('window_ends_at', types.UtcDateTime(), nullable=True),
    sa.Column('priority', sa.BigInteger(), nullable=False),
    sa.Column('priority_reasons', sa.JSON(), nullable=False),
    sa.Column('is_emergency', sa.Boolean(), nullable=False),
    sa.Column('is_addon', sa.Boolean(), nullable=False),
    sa.Column('is_returning', sa.Boolean(), nullable=False),
    sa.Column('fee_codes', sa.JSON(), nullable=False),
    sa.Column('registered_at', types.UtcDateTime(), nullable=False),
    sa.Column('registered_by', sa.Unicode(length=50), nullable=False),
    sa.Column('checked_in_at', types.UtcDateTime(), nullable=True),
    sa.Column('called_at', types.UtcDateTime(), nullable=True),
    sa.Column('called_by_id', sa.BigInteger(), nullable=True),
    sa.Column('call_count', sa.BigInteger(), nullable=False),
    sa.Column('passed_at_call', sa.BigInteger(), nullable=True),
    sa.Column('began_at', types.UtcDateTime(), nullable=True),
    sa.Column('finished_at', types.UtcDateTime(), nullable=True),
    sa.Column('cancelled_at', types.UtcDateTime(), nullable=True),
    sa.Column('cancel_reason', sa.Unicode(length=200), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['appointment_id'], ['registration_appointment.id'], name=op.f('fk_registration_visit_appointment_id')),
    sa.ForeignKeyConstraint(['patient_id'], ['patients_patient.id'], name=op.f('fk_registration_visit_patient_id')),
    sa.ForeignKeyConstraint(['session_id'], ['registration_session.id'], name=op.f('fk_registration_visit_session_id')),
    sa.ForeignKeyConstraint(['slot_id'], ['registration_slot.id'], name=op.f('fk_registration_visit_slot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration_visit')),
    sa.UniqueConstraint('tenant_id', 'number', name=op.f('uq_registration_visit_tenant_id_number')),
    sa.UniqueConstraint('tenant_id', 'session_id', 'queue_no', name=op.f('uq_registration_visit_tenant_id_session_id_queue_no'))
    )
    op.create_index('ix_registration_visit_day', 'registration_visit', ['tenant_id', 'on', 'id'], unique=False)
    op.create_index('ix_registration_visit_patient', 'registration_visit', ['tenant_id', 'patient_id', 'id'], unique=False)
    op.create_index('ix_registration_visit_practitioner', 'registration_visit', ['tenant_id', 'practitioner_id', 'on'], unique=False)
    op.create_index('ux_registration_visit_open', 'registration_visit', ['tenant_id', 'session_id', 'patient_id'], unique=True, sqlite_where=sa.text("status IN ('registered', 'waiting', 'called', 'passed_over', 'away', 'in_consultation')"), postgresql_where=sa.text("status IN ('registered', 'waiting', 'called', 'passed_over', 'away', 'in_consultation')"), mssql_where=sa.text("status IN ('registered', 'waiting', 'called', 'passed_over', 'away', 'in_consultation')"))


def downgrade() -> None:
    op.drop_index('ux_registration_visit_open', table_name='registration_visit', sqlite_where=sa.text("status IN ('registered', 'waiting', 'called', 'passed_over', 'away', 'in_consultation')"), postgresql_where=sa.text("status IN ('registered', 'waiting', 'called', 'passed_over', 'away', 'in_consultation')"), mssql_where=sa.text("status IN ('registered', 'waiting', 'called', 'passed_over', 'away', 'in_consultation')"))
    op.drop_index('ix_registration_visit_practitioner', table_name='registration_visit')
    op.drop_index('ix_registration_visit_patient', table_name='registration_visit')
    op.drop_index('ix_registration_visit_day', table_name='registration_visit')
    op.drop_table('registration_visit')
    op.drop_index('ux_registration_appointment_active', table_name='registration_appointment', sqlite_where=sa.text("status IN ('booked', 'stopped')"), postgresql_where=sa.text("status IN ('booked', 'stopped')"), mssql_where=sa.text("status IN ('booked', 'stopped')"))
    op.drop_index('ix_registration_appointment_session', table_name='registration_appointment')
    op.drop_index('ix_registration_appointment_patient', table_name='registration_appointment')
    op.drop_index('ix_registration_appointment_day', table_name='registration_appointment')
    op.drop_table('registration_appointment')
    op.drop_index('ix_registration_slot_window', table_name='registration_slot')
    op.drop_table('registration_slot')
    op.drop_index('ux_registration_session_template', table_name='registration_session', sqlite_where=sa.text('template_id IS NOT NULL'), postgresql_where=sa.text('template_id IS NOT NULL'), mssql_where=sa.text('template_id IS NOT NULL'))
    op.drop_index('ux_registration_session_practitioner', table_name='registration_session', sqlite_where=sa.text("practitioner_id IS NOT NULL AND status IN ('draft', 'published', 'ended')"), postgresql_where=sa.text("practitioner_id IS NOT NULL AND status IN ('draft', 'published', 'ended')"), mssql_where=sa.text("practitioner_id IS NOT NULL AND status IN ('draft', 'published', 'ended')"))
    op.drop_index('ix_registration_session_department', table_name='registration_session')
    op.drop_table('registration_session')
    op.drop_index('ux_registration_template_doctor', table_name='registration_template', sqlite_where=sa.text('practitioner_id IS NOT NULL AND retired_at IS NULL'), postgresql_where=sa.text('practitioner_id IS NOT NULL AND retired_at IS NULL'), mssql_where=sa.text('practitioner_id IS NOT NULL AND retired_at IS NULL'))
    op.drop_index('ix_registration_template_weekday', table_name='registration_template')
    op.drop_table('registration_template')
