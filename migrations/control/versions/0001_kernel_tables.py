"""The kernel's own tables: commands, trail, events, deliveries."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('control_audit',
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
    sa.PrimaryKeyConstraint('id', name=op.f('pk_control_audit'))
    )
    op.create_index('ix_control_audit_subject', 'control_audit', ['tenant_id', 'subject_kind', 'subject_id', 'id'], unique=False)
    op.create_index('ix_control_audit_tenant', 'control_audit', ['tenant_id', 'id'], unique=False)
    op.create_index('ux_control_audit_sealed', 'control_audit', ['sealed_no'], unique=True, sqlite_where=sa.text('sealed_no IS NOT NULL'), postgresql_where=sa.text('sealed_no IS NOT NULL'), mssql_where=sa.text('sealed_no IS NOT NULL'))
    op.create_table('control_command',
    sa.Column('tenant_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('command_id', sa.Unicode(length=64), nullable=False),
    sa.Column('use_case', sa.Unicode(length=100), nullable=False),
    sa.Column('digest', sa.Unicode(length=64), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('result_kind', sa.Unicode(length=60), nullable=False),
    sa.Column('result_id', sa.BigInteger(), nullable=True),
    sa.Column('done_at', types.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'command_id', name=op.f('pk_control_command'))
    )
    op.create_table('control_delivery',
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
    sa.CheckConstraint("status IN ('waiting','claimed','done','dead')", name=op.f('ck_control_delivery_status')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_control_delivery'))
    )
    op.create_index('ix_control_delivery_due', 'control_delivery', ['status', 'due_at', 'id'], unique=False)
    op.create_index('ix_control_delivery_tenant', 'control_delivery', ['tenant_id', 'id'], unique=False)
    op.create_table('control_dictionary_entry',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('dictionary', sa.Unicode(length=40), nullable=False),
    sa.Column('edition', sa.Unicode(length=40), nullable=False),
    sa.Column('code', types.search_key_type(40), nullable=False),
    sa.Column('name', sa.Unicode(length=300), nullable=False),
    sa.Column('initials', types.search_key_type(100), nullable=False),
    sa.Column('rank', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_control_dictionary_entry')),
    sa.UniqueConstraint('dictionary', 'edition', 'code', name=op.f('uq_control_dictionary_entry_dictionary_edition_code'))
    )
    op.create_index('ix_control_dictionary_entry_code', 'control_dictionary_entry', ['dictionary', 'code'], unique=False)
    op.create_index('ix_control_dictionary_entry_initials', 'control_dictionary_entry', ['dictionary', 'initials'], unique=False)
    op.create_table('control_event',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Unicode(length=80), nullable=False),
    sa.Column('at', types.UtcDateTime(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_control_event'))
    )
    op.create_index('ix_control_event_name', 'control_event', ['tenant_id', 'name', 'id'], unique=False)
    op.create_table('control_node_lease',
    sa.Column('node', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('holder', sa.Unicode(length=100), nullable=False),
    sa.Column('until', types.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('node', name=op.f('pk_control_node_lease'))
    )


def downgrade() -> None:
    op.drop_table('control_node_lease')
    op.drop_index('ix_control_event_name', table_name='control_event')
    op.drop_table('control_event')
    op.drop_index('ix_control_dictionary_entry_initials', table_name='control_dictionary_entry')
    op.drop_index('ix_control_dictionary_entry_code', table_name='control_dictionary_entry')
    op.drop_table('control_dictionary_entry')
    op.drop_index('ix_control_delivery_tenant', table_name='control_delivery')
    op.drop_index('ix_control_delivery_due', table_name='control_delivery')
    op.drop_table('control_delivery')
    op.drop_table('control_command')
    op.drop_index('ux_control_audit_sealed', table_name='control_audit', sqlite_where=sa.text('sealed_no IS NOT NULL'), postgresql_where=sa.text('sealed_no IS NOT NULL'), mssql_where=sa.text('sealed_no IS NOT NULL'))
    op.drop_index('ix_control_audit_tenant', table_name='control_audit')
    op.drop_index('ix_control_audit_subject', table_name='control_audit')
    op.drop_table('control_audit')
