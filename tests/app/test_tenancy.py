"""A centre never sees or touches another centre's rows, whatever the code tries."""

from typing import Any

import pytest
from sqlalchemy import case, exists, func, literal, select, union_all, update
from sqlalchemy.orm import aliased
from support import world

from app.actor import Actor
from app.db import Mode, db, tenant_unit
from app.db.units import (
    ForeignTenantRow,
    RecordMayNotBeDeleted,
    TenantMissing,
    WriteInReadSession,
    control_unit,
)
from tenants.models import Department


def _ours(ours: dict[str, Any]) -> int:
    found: int = ours["departments"]["general"]
    return found


@pytest.mark.control("ACC-05")
def test_a_query_sees_only_its_own_centre(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    with tenant_unit(theirs["tenant_id"]):
        ids = set(db.session.scalars(select(Department.id)))
        assert _ours(ours) not in ids
        assert db.session.get(Department, _ours(ours)) is None
    assert ids == set(theirs["departments"].values())


_Alias = aliased(Department)
SHAPES = {
    "an alias": select(func.count(_Alias.id)),
    "a subquery": select(func.count()).select_from(select(Department.id).subquery()),
    "a common table": select(func.count()).select_from(select(Department.id).cte()),
    "a value in the list": select(select(func.count(Department.id)).scalar_subquery()),
    "a join with itself": select(func.count(func.distinct(_Alias.id))).join(
        Department, Department.id == _Alias.id
    ),
    "a union": select(func.count()).select_from(union_all(select(Department.id)).subquery()),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.control("ACC-05")
def test_whatever_its_shape_a_query_counts_only_its_own_centre(theirs: dict[str, Any], shape: str) -> None:
    with tenant_unit(theirs["tenant_id"]):
        assert db.session.scalar(SHAPES[shape]) == len(theirs["departments"])


@pytest.mark.control("ACC-05")
def test_the_existence_of_a_foreign_row_cannot_be_asked(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    foreign = select(Department.id).where(Department.id == _ours(ours))
    with tenant_unit(theirs["tenant_id"]):
        assert db.session.scalar(select(case((exists(foreign), 1), else_=0))) == 0
        assert db.session.scalar(select(literal(1)).where(exists(foreign))) is None


@pytest.mark.parametrize(
    "statement",
    [
        select(Department.__table__),
        select(Department.__table__.c.id),
        select(func.count()).select_from(Department.__table__),
        select(Department).from_statement(select(Department.__table__)),
        update(Department.__table__).values(name="x"),
    ],
    ids=["rows", "a column", "a count", "rows read as models", "an update"],
)
@pytest.mark.control("ACC-05")
def test_a_statement_over_a_table_instead_of_its_model_is_refused(
    theirs: dict[str, Any], statement: Any
) -> None:
    with tenant_unit(theirs["tenant_id"], Mode.WRITE), pytest.raises(ForeignTenantRow):
        db.session.execute(statement)


@pytest.mark.control("ACC-05")
def test_an_update_reaches_only_its_own_centre(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    with tenant_unit(theirs["tenant_id"], Mode.WRITE):
        changed = db.session.execute(update(Department).values(name="x"))
        assert changed.rowcount == len(theirs["departments"])  # type: ignore[attr-defined]
        changed = db.session.execute(update(Department).where(Department.id == _ours(ours)).values(name="x"))
        assert changed.rowcount == 0  # type: ignore[attr-defined]


@pytest.mark.control("ACC-05")
def test_a_foreign_row_in_a_flush_is_an_error(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    with tenant_unit(ours["tenant_id"]):
        row = db.session.get_one(Department, _ours(ours))
        db.session.expunge(row)
    with tenant_unit(theirs["tenant_id"], Mode.WRITE):
        own = db.session.get_one(Department, theirs["departments"]["general"])
        own.tenant_id = ours["tenant_id"]
        with pytest.raises(ForeignTenantRow):
            db.session.flush()


@pytest.mark.control("ACC-05")
def test_a_row_of_another_unit_does_not_enter_the_session(
    ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    with tenant_unit(ours["tenant_id"]):
        row = db.session.get_one(Department, _ours(ours))
        db.session.expunge(row)
    with tenant_unit(theirs["tenant_id"], Mode.WRITE):
        for enter in (db.session.add, db.session.delete, lambda it: db.session.merge(it, load=False)):
            with pytest.raises(ForeignTenantRow):
                enter(row)  # type: ignore[operator]
        assert db.session.get(Department, _ours(ours)) is None


@pytest.mark.control("ACC-05")
def test_a_new_row_is_stamped_and_cannot_be_forged(theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    given = {"station_id": theirs["station_id"], "code": "N1", "name": "新科", "kind": "clinic"}
    with tenant_unit(theirs["tenant_id"], Mode.WRITE):
        row = Department(**given)
        db.session.add(row)
        db.session.flush()
        assert row.tenant_id == theirs["tenant_id"]
        db.session.add(Department(**{**given, "code": "N2"}, tenant_id=ours["tenant_id"]))
        with pytest.raises(ForeignTenantRow):
            db.session.flush()


@pytest.mark.control("ACC-05")
def test_a_page_cannot_write(ours: dict[str, Any]) -> None:
    with tenant_unit(ours["tenant_id"]):
        row = db.session.get_one(Department, _ours(ours))
        row.name = "x"
        with pytest.raises(WriteInReadSession):
            db.session.flush()
        db.session.rollback()
        with pytest.raises(WriteInReadSession):
            db.session.execute(update(Department).values(name="x"))


@pytest.mark.control("ACC-05")
def test_rows_cannot_be_deleted(ours: dict[str, Any]) -> None:
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        db.session.delete(db.session.get_one(Department, _ours(ours)))
        with pytest.raises(RecordMayNotBeDeleted):
            db.session.flush()


@pytest.mark.control("ACC-05")
def test_tenant_rows_cannot_be_read_without_a_tenant(app: Any) -> None:
    with control_unit(), pytest.raises(TenantMissing):
        db.session.scalars(select(Department)).all()


@pytest.mark.control("ACC-05")
def test_raw_sql_in_a_reading_unit_is_refused_by_the_database(app: Any, ours: dict[str, Any]) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    engine = app.extensions["his_engines"]["p1.ro"]
    with tenant_unit(ours["tenant_id"]), engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text("UPDATE tenants_department SET name = 'x'"))


@pytest.mark.control("ACC-05")
def test_raw_sql_never_slips_past_the_tenant_filter(ours: dict[str, Any]) -> None:
    from sqlalchemy import text

    statement = text("UPDATE tenants_department SET name = 'x'")
    with tenant_unit(ours["tenant_id"], Mode.WRITE), pytest.raises(ForeignTenantRow):
        db.session.execute(statement, bind_arguments={"mapper": Department})


@pytest.mark.control("ACC-05")
def test_both_centres_keep_their_own_staff(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    a: Actor = world.actor(ours, "doctor")
    b: Actor = world.actor(theirs, "doctor")
    assert a.tenant_id != b.tenant_id
    assert a.practitioner_id != b.practitioner_id
