"""The tables of catalogue."""

import sqlalchemy as sa
from alembic import op

from app.db import types

revision = "0004"
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('catalogue_drug',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.Unicode(length=30), nullable=False),
    sa.Column('name', sa.Unicode(length=100), nullable=False),
    sa.Column('inn', sa.Unicode(length=150), nullable=False),
    sa.Column('initials', types.search_key_type(60), nullable=False),
    sa.Column('pinyin', types.search_key_type(200), nullable=False),
    sa.Column('kind', sa.Unicode(length=32), nullable=False),
    sa.Column('form', sa.Unicode(length=30), nullable=False),
    sa.Column('strength', sa.Unicode(length=60), nullable=False),
    sa.Column('min_unit', sa.Unicode(length=10), nullable=False),
    sa.Column('pack_unit', sa.Unicode(length=10), nullable=False),
    sa.Column('pack_factor', sa.Integer(), nullable=False),
    sa.Column('dose_unit', sa.Unicode(length=10), nullable=False),
    sa.Column('dose_per_min_unit', types.ExactDecimal(16, 4), nullable=False),
    sa.Column('is_splittable', sa.Boolean(), nullable=False),
    sa.Column('rounds_up_each_dose', sa.Boolean(), nullable=False),
    sa.Column('is_essential', sa.Boolean(), nullable=False),
    sa.Column('insurance_class', sa.Unicode(length=4), nullable=False),
    sa.Column('antimicrobial_level', sa.Integer(), nullable=False),
    sa.Column('needs_skin_test', sa.Boolean(), nullable=False),
    sa.Column('special_control', sa.Unicode(length=30), nullable=False),
    sa.Column('prescription_class', sa.Unicode(length=10), nullable=False),
    sa.Column('default_route', sa.Unicode(length=20), nullable=False),
    sa.Column('default_frequency', sa.Unicode(length=20), nullable=False),
    sa.Column('ingredients', sa.JSON(), nullable=False),
    sa.Column('herbs', sa.JSON(), nullable=False),
    sa.Column('classes', sa.JSON(), nullable=False),
    sa.Column('allergy_classes', sa.JSON(), nullable=False),
    sa.Column('single_max', types.ExactDecimal(16, 4), nullable=True),
    sa.Column('daily_max', types.ExactDecimal(16, 4), nullable=True),
    sa.Column('block_below_years', sa.Integer(), nullable=True),
    sa.Column('warn_below_years', sa.Integer(), nullable=True),
    sa.Column('pregnancy', sa.Unicode(length=20), nullable=False),
    sa.Column('lactation', sa.Unicode(length=20), nullable=False),
    sa.Column('safety_note', sa.Unicode(length=300), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_catalogue_drug')),
    sa.UniqueConstraint('code', name=op.f('uq_catalogue_drug_code'))
    )
    op.create_index('ix_catalogue_drug_initials', 'catalogue_drug', ['initials'], unique=False)
    op.create_index('ix_catalogue_drug_name', 'catalogue_drug', ['name'], unique=False)
    op.create_table('catalogue_service_item',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.Unicode(length=30), nullable=False),
    sa.Column('name', sa.Unicode(length=100), nullable=False),
    sa.Column('initials', types.search_key_type(60), nullable=False),
    sa.Column('unit', sa.Unicode(length=10), nullable=False),
    sa.Column('fee_class', sa.Unicode(length=32), nullable=False),
    sa.Column('insurance_class', sa.Unicode(length=4), nullable=False),
    sa.Column('department_hint', sa.Unicode(length=30), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_catalogue_service_item')),
    sa.UniqueConstraint('code', name=op.f('uq_catalogue_service_item_code'))
    )


def downgrade() -> None:
    op.drop_table('catalogue_service_item')
    op.drop_index('ix_catalogue_drug_name', table_name='catalogue_drug')
    op.drop_index('ix_catalogue_drug_initials', table_name='catalogue_drug')
    op.drop_table('catalogue_drug')
