"""The kernel's own tables: commands, trail, events, deliveries."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('kernel_audit',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('actor_name', sa.Unicode(length=100), nullable=False),
    sa.Column('origin', sa.Unicode(length=20), nullable=False),
    sa.Column('address', sa.Unicode(length=64), nullable=False),
    sa.Column('use_case', sa.Unicode(length=100), nullable=False),
    sa.Column('action', sa.Unicode(length=100), nullable=False),
    sa.Column('outcome', sa.Unicode(length=20), nullable=False),
    sa.Column('subject_kind', sa.Unicode(length=60), nullable=False),
    sa.Column('subject_id', sa.BigInteger(), nullable=True),
    sa.Column('command_id', sa.Unicode(length=64), nullable=False),
    sa.Column('trace', sa.Unicode(length=40), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('sealed_no', sa.BigInteger(), nullable=True),
    sa.Column('previous_hash', sa.Unicode(length=64), nullable=False),
    sa.Column('row_hash', sa.Unicode(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kernel_audit'))
    )
    op.create_index('ix_kernel_audit_subject', 'kernel_audit', ['tenant_id', 'subject_kind', 'subject_id', 'id'], unique=False)
    op.create_index('ix_kernel_audit_tenant', 'kernel_audit', ['tenant_id', 'id'], unique=False)
    op.create_index('ux_kernel_audit_sealed', 'kernel_audit', ['sealed_no'], unique=True, sqlite_where=sa.text('sealed_no IS NOT NULL'), postgresql_where=sa.text('sealed_no IS NOT NULL'), mssql_where=sa.text('sealed_no IS NOT NULL'))
    op.create_table('kernel_command',
    sa.Column('tenant_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('command_id', sa.Unicode(length=64), nullable=False),
    sa.Column('use_case', sa.Unicode(length=100), nullable=False),
    sa.Column('digest', sa.Unicode(length=64), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('result_kind', sa.Unicode(length=60), nullable=False),
    sa.Column('result_id', sa.BigInteger(), nullable=True),
    sa.Column('done_at', types.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'command_id', name=op.f('pk_kernel_command'))
    )
    op.create_table('kernel_delivery',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('event_name', sa.Unicode(length=80), nullable=False),
    sa.Column('subscriber', sa.Unicode(length=120), nullable=False),
    sa.Column('status', sa.Unicode(length=20), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('due_at', types.UtcDateTime(), nullable=False),
    sa.Column('claimed_by', sa.Unicode(length=60), nullable=False),
    sa.Column('done_at', types.UtcDateTime(), nullable=True),
    sa.Column('last_error', sa.Unicode(length=1000), nullable=False),
    sa.CheckConstraint("status IN ('waiting','claimed','done','dead')", name=op.f('ck_kernel_delivery_status')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kernel_delivery'))
    )
    op.create_index('ix_kernel_delivery_due', 'kernel_delivery', ['status', 'due_at', 'id'], unique=False)
    op.create_index('ix_kernel_delivery_tenant', 'kernel_delivery', ['tenant_id', 'id'], unique=False)
    op.create_table('kernel_event',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Unicode(length=80), nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kernel_event'))
    )
    op.create_index('ix_kernel_event_name', 'kernel_event', ['tenant_id', 'name', 'id'], unique=False)
    op.create_table('kernel_job',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.Unicode(length=80), nullable=False),
    sa.Column('arguments', sa.JSON(), nullable=False),
    sa.Column('status', sa.Unicode(length=32), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('message', sa.Unicode(length=300), nullable=False),
    sa.Column('language', sa.Unicode(length=20), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('actor_name', sa.Unicode(length=100), nullable=False),
    sa.Column('is_cancel_asked', sa.Boolean(), nullable=False),
    sa.Column('result_name', sa.Unicode(length=200), nullable=False),
    sa.Column('asked_at', types.UtcDateTime(), nullable=False),
    sa.Column('seen_at', types.UtcDateTime(), nullable=False),
    sa.Column('ended_at', types.UtcDateTime(), nullable=True),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('done >= 0 AND total >= 0', name=op.f('ck_kernel_job_progress')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kernel_job'))
    )
    op.create_index('ix_kernel_job_account', 'kernel_job', ['tenant_id', 'account_id', 'id'], unique=False)
    op.create_index('ix_kernel_job_status', 'kernel_job', ['status', 'id'], unique=False)
    op.create_table('kernel_number',
    sa.Column('tenant_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.Unicode(length=40), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'name', 'on', name=op.f('pk_kernel_number'))
    )
    op.create_table('kernel_job_result',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('job_id', sa.BigInteger(), nullable=False),
    sa.Column('media_type', sa.Unicode(length=100), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['kernel_job.id'], name=op.f('fk_kernel_job_result_job_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kernel_job_result')),
    sa.UniqueConstraint('tenant_id', 'job_id', name=op.f('uq_kernel_job_result_tenant_id_job_id'))
    )


def downgrade() -> None:
    op.drop_table('kernel_job_result')
    op.drop_table('kernel_number')
    op.drop_index('ix_kernel_job_status', table_name='kernel_job')
    op.drop_index('ix_kernel_job_account', table_name='kernel_job')
    op.drop_table('kernel_job')
    op.drop_index('ix_kernel_event_name', table_name='kernel_event')
    op.drop_table('kernel_event')
    op.drop_index('ix_kernel_delivery_tenant', table_name='kernel_delivery')
    op.drop_index('ix_kernel_delivery_due', table_name='kernel_delivery')
    op.drop_table('kernel_delivery')
    op.drop_table('kernel_command')
    op.drop_index('ux_kernel_audit_sealed', table_name='kernel_audit', sqlite_where=sa.text('sealed_no IS NOT NULL'), postgresql_where=sa.text('sealed_no IS NOT NULL'), mssql_where=sa.text('sealed_no IS NOT NULL'))
    op.drop_index('ix_kernel_audit_tenant', table_name='kernel_audit')
    op.drop_index('ix_kernel_audit_subject', table_name='kernel_audit')
    op.drop_table('kernel_audit')
