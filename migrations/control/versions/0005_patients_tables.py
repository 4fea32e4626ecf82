"""The tables of patients."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('patients_index_entry',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('patient_id', sa.BigInteger(), nullable=False),
    sa.Column('person_no', sa.BigInteger(), nullable=False),
    sa.Column('document_index', sa.Unicode(length=40), nullable=True),
    sa.Column('name_key', sa.Unicode(length=40), nullable=False),
    sa.Column('sex', sa.Unicode(length=2), nullable=False),
    sa.Column('born_on', sa.Date(), nullable=False),
    sa.Column('phone_index', sa.Unicode(length=40), nullable=True),
    sa.Column('is_merged', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_patients_index_entry')),
    sa.UniqueConstraint('tenant_id', 'patient_id', name=op.f('uq_patients_index_entry_tenant_id_patient_id'))
    )
    op.create_index('ix_patients_index_entry_document', 'patients_index_entry', ['document_index'], unique=False)
    op.create_index('ix_patients_index_entry_name', 'patients_index_entry', ['name_key', 'born_on'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_patients_index_entry_name', table_name='patients_index_entry')
    op.drop_index('ix_patients_index_entry_document', table_name='patients_index_entry')
    op.drop_table('patients_index_entry')
