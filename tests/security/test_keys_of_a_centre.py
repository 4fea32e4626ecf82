"""No key of one centre can collide with, or tell of, a row of another."""

import pytest
from sqlalchemy import Index, Table, UniqueConstraint

from app.db import db
from app.factory import create_app

create_app()
ACROSS_CENTRES = {"ux_kernel_audit_sealed"}  # the chain of seals runs through all centres of a partition
TABLES = [table for table in db.metadata.sorted_tables if "tenant_id" in table.columns]


@pytest.mark.one_engine
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_acc_08_every_unique_key_of_a_centres_table_begins_with_the_centre(table: Table) -> None:
    keys = [
        thing
        for thing in (*table.constraints, *table.indexes)
        if isinstance(thing, UniqueConstraint) or (isinstance(thing, Index) and thing.unique)
    ]
    wrong = [str(key.name) for key in keys if next(iter(key.columns)).name != "tenant_id"]
    assert [name for name in wrong if name not in ACROSS_CENTRES] == []


@pytest.mark.one_engine
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_acc_08_the_key_itself_is_the_kernels_or_begins_with_the_centre(table: Table) -> None:
    """A primary key is either a number made by the application, which nobody chooses, or begins with the centre."""
    key = list(table.primary_key.columns)
    assert [column.name for column in key] == ["id"] or key[0].name == "tenant_id"
