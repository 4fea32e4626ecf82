"""Centres, stations, departments and staff."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('tenants_station',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.Unicode(length=20), nullable=False),
    sa.Column('name', sa.Unicode(length=100), nullable=False),
    sa.Column('kind', sa.Unicode(length=32), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tenants_station')),
    sa.UniqueConstraint('tenant_id', 'code', name=op.f('uq_tenants_station_tenant_id_code'))
    )
    op.create_table('tenants_department',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('station_id', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.Unicode(length=20), nullable=False),
    sa.Column('name', sa.Unicode(length=50), nullable=False),
    sa.Column('initials', sa.Unicode(length=50), nullable=False),
    sa.Column('kind', sa.Unicode(length=32), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['station_id'], ['tenants_station.id'], name=op.f('fk_tenants_department_station_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tenants_department')),
    sa.UniqueConstraint('tenant_id', 'code', name=op.f('uq_tenants_department_tenant_id_code'))
    )
    op.create_table('tenants_practitioner',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('staff_no', sa.Unicode(length=20), nullable=False),
    sa.Column('name', sa.Unicode(length=50), nullable=False),
    sa.Column('initials', sa.Unicode(length=50), nullable=False),
    sa.Column('department_id', sa.BigInteger(), nullable=False),
    sa.Column('licence', sa.Unicode(length=32), nullable=False),
    sa.Column('licence_no', sa.Unicode(length=40), nullable=False),
    sa.Column('licence_expires_on', sa.Date(), nullable=True),
    sa.Column('title', sa.Unicode(length=32), nullable=False),
    sa.Column('may_prescribe', sa.Boolean(), nullable=False),
    sa.Column('may_prescribe_controlled', sa.Boolean(), nullable=False),
    sa.Column('may_review', sa.Boolean(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['department_id'], ['tenants_department.id'], name=op.f('fk_tenants_practitioner_department_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tenants_practitioner')),
    sa.UniqueConstraint('tenant_id', 'staff_no', name=op.f('uq_tenants_practitioner_tenant_id_staff_no'))
    )
    op.create_index('ix_tenants_practitioner_department', 'tenants_practitioner', ['tenant_id', 'department_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_tenants_practitioner_department', table_name='tenants_practitioner')
    op.drop_table('tenants_practitioner')
    op.drop_table('tenants_department')
    op.drop_table('tenants_station')
