"""Centres, stations, departments and staff."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('tenants_centre',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.Unicode(length=20), nullable=False),
    sa.Column('name', sa.Unicode(length=100), nullable=False),
    sa.Column('district', sa.Unicode(length=100), nullable=False),
    sa.Column('partition', sa.Unicode(length=20), nullable=False),
    sa.Column('zone', sa.Unicode(length=40), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tenants_centre')),
    sa.UniqueConstraint('code', name=op.f('uq_tenants_centre_code'))
    )
    op.create_table('tenants_module_subscription',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('module', sa.Unicode(length=40), nullable=False),
    sa.Column('is_on', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants_centre.id'], name=op.f('fk_tenants_module_subscription_tenant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tenants_module_subscription')),
    sa.UniqueConstraint('tenant_id', 'module', name=op.f('uq_tenants_module_subscription_tenant_id_module'))
    )
    op.create_table('tenants_role_grant',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('role', sa.Unicode(length=32), nullable=False),
    sa.Column('permission', sa.Unicode(length=80), nullable=False),
    sa.Column('is_granted', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenants_centre.id'], name=op.f('fk_tenants_role_grant_tenant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tenants_role_grant')),
    sa.UniqueConstraint('tenant_id', 'role', 'permission', name=op.f('uq_tenants_role_grant_tenant_id_role_permission'))
    )


def downgrade() -> None:
    op.drop_table('tenants_role_grant')
    op.drop_table('tenants_module_subscription')
    op.drop_table('tenants_centre')
