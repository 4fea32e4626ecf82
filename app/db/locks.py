"""Holding a row until the transaction ends."""

from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm.exc import StaleDataError

from app.db.base import Base, db

RowT = TypeVar("RowT", bound=Base)
StatementT = TypeVar("StatementT", bound=Select[*tuple[Any, ...]])
StaleRow = StaleDataError


def lock_row(model: type[RowT], row_id: int) -> RowT | None:
    """The row, held against other writers until commit; None when there is no such row here.

    FOR UPDATE on PostgreSQL, UPDLOCK on SQL Server (which ignores FOR UPDATE); SQLite's writing units begin
    with BEGIN IMMEDIATE, so the whole file is held already.
    """
    key = model.__mapper__.primary_key[0]
    statement = (
        select(model)
        .where(key == row_id)
        .with_hint(model, "WITH (UPDLOCK, ROWLOCK, HOLDLOCK)", "mssql")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).one_or_none()


def lock_for_turn(model: type[RowT], row_id: int) -> RowT | None:
    """The row as a token: its holders take turns, and rows that refer to it are still written beside them.

    FOR NO KEY UPDATE on PostgreSQL, which lets foreign keys be checked; elsewhere as ``lock_row``.
    """
    key = model.__mapper__.primary_key[0]
    statement = (
        select(model)
        .where(key == row_id)
        .with_hint(model, "WITH (UPDLOCK, ROWLOCK, HOLDLOCK)", "mssql")
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).one_or_none()


def lock_rows(model: type[RowT], row_ids: list[int]) -> list[RowT]:
    """Several rows, locked in the order of their keys so that desks never wait for each other in a ring."""
    key = model.__mapper__.primary_key[0]
    statement = (
        select(model)
        .where(key.in_(sorted(row_ids)))
        .order_by(key)
        .with_hint(model, "WITH (UPDLOCK, ROWLOCK, HOLDLOCK)", "mssql")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(statement))


def locking(statement: StatementT, *models: type[Base]) -> StatementT:
    """The statement, holding the rows of these models that it finds; order it by their keys."""
    for model in models:
        statement = statement.with_hint(model, "WITH (UPDLOCK, ROWLOCK, HOLDLOCK)", "mssql")
    return statement.with_for_update(of=models).execution_options(populate_existing=True)


def locking_for_turn(statement: StatementT, *models: type[Base]) -> StatementT:
    """As ``locking``, with the rows as tokens: what refers to them is still written beside their holders."""
    return locking(statement, *models).with_for_update(of=models, key_share=True)


def passing_locked(statement: StatementT, model: type[Base]) -> StatementT:
    """The statement, holding the rows it finds and passing by those that others hold: for claiming work."""
    statement = statement.with_hint(model, "WITH (UPDLOCK, ROWLOCK, READPAST)", "mssql")
    return statement.with_for_update(of=model, skip_locked=True)
