"""Accounts, memberships and sign-ins."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0003"
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('accounts_account',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('sign_in_name', sa.Unicode(length=50), nullable=False),
    sa.Column('display_name', sa.Unicode(length=50), nullable=False),
    sa.Column('password_hash', sa.Unicode(length=200), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), nullable=False),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('failed_count', sa.Integer(), nullable=False),
    sa.Column('locked_until', types.UtcDateTime(), nullable=True),
    sa.Column('created_at', types.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts_account')),
    sa.UniqueConstraint('sign_in_name', name=op.f('uq_accounts_account_sign_in_name'))
    )
    op.create_table('accounts_membership',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=True),
    sa.Column('station_id', sa.BigInteger(), nullable=True),
    sa.Column('department_id', sa.BigInteger(), nullable=True),
    sa.Column('roles', sa.JSON(), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts_account.id'], name=op.f('fk_accounts_membership_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts_membership')),
    sa.UniqueConstraint('account_id', 'tenant_id', name=op.f('uq_accounts_membership_account_id_tenant_id'))
    )
    op.create_index('ix_accounts_membership_tenant', 'accounts_membership', ['tenant_id', 'id'], unique=False)
    op.create_table('accounts_sign_in',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('token_hash', sa.Unicode(length=64), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('membership_id', sa.BigInteger(), nullable=False),
    sa.Column('started_at', types.UtcDateTime(), nullable=False),
    sa.Column('seen_at', types.UtcDateTime(), nullable=False),
    sa.Column('ended_at', types.UtcDateTime(), nullable=True),
    sa.Column('address', sa.Unicode(length=64), nullable=False),
    sa.Column('is_program', sa.Boolean(), nullable=False),
    sa.Column('label', sa.Unicode(length=80), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts_account.id'], name=op.f('fk_accounts_sign_in_account_id')),
    sa.ForeignKeyConstraint(['membership_id'], ['accounts_membership.id'], name=op.f('fk_accounts_sign_in_membership_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts_sign_in')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_accounts_sign_in_token_hash'))
    )
    op.create_index('ix_accounts_sign_in_account', 'accounts_sign_in', ['account_id', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_accounts_sign_in_account', table_name='accounts_sign_in')
    op.drop_table('accounts_sign_in')
    op.drop_index('ix_accounts_membership_tenant', table_name='accounts_membership')
    op.drop_table('accounts_membership')
    op.drop_table('accounts_account')
