"""Room for sealed values where identity numbers, phones, addresses and card numbers stand.

The rows themselves are sealed by ``flask keys seal`` while desks work; until then they are read as they stand.
SQLite knows no lengths of texts, so nothing changes there.
"""

from alembic import op

from app.db import types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLUMNS = (  # table, column, room before, room after (None: any), may be null
    ("patients_patient", "document_number", 64, 321, True),
    ("patients_patient", "phone", 32, 193, True),
    ("patients_patient", "address", 200, 865, False),
    ("patients_patient", "guardian_phone", 32, 193, True),
    ("patients_card", "number", 64, 321, False),
    ("patients_import_row", "text", 2000, None, False),
)


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        return
    for table, column, before, after, is_nullable in COLUMNS:
        _resize(table, column, before, after, is_nullable)


def downgrade() -> None:
    """Room as before; a sealed value that no longer fits stops this, as it should."""
    if op.get_context().dialect.name == "sqlite":
        return
    for table, column, before, after, is_nullable in COLUMNS:
        _resize(table, column, after, before, is_nullable)


def _resize(table: str, column: str, before: int | None, after: int | None, is_nullable: bool) -> None:
    op.alter_column(
        table,
        column,
        existing_type=types.Sensitive(before),
        type_=types.Sensitive(after),
        existing_nullable=is_nullable,
    )
