"""Changing keys while desks work: the first sealing of old rows, new keys for a centre, destroying them.

A change goes through states that every process can be behind of by a few seconds: the new key is *coming* (all
search with it, nobody writes under it), then it is *active* and the old one *leaving* (all write under the new
one and search with both), then the rows are walked through by key, and the old key is *retired*. Each step can be
broken off and begun again: what is left to do stands in the states of the keys and in the rows.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy import inspect as inspect_row

from app import audit, ids
from app.actor import system_actor
from app.crypto import digests
from app.crypto.fields import HoldsSealed, Opened, sealed_fields
from app.crypto.keyring import REFRESH_SECONDS, about, keyring, making_unit
from app.crypto.master import MasterKey
from app.crypto.models import DISTRICT, LEGACY, DataKey, KeyPurpose, KeyState
from app.db import Control, Mode, control_unit, db, locking, tenant_unit
from app.db.units import Unit, open_unit
from app.registry import installed
from app.tenancy import directory

SETTLE_SECONDS = REFRESH_SECONDS + 2  # until every process has read the keys again
BATCH = 200
ROTATED = (KeyPurpose.FIELD, KeyPurpose.INDEX)
Progress = Callable[[str, int, int], None]


def silent(table: str, done: int, rows: int) -> None:
    """Say nothing of the progress."""


def rotate(tenant_id: int, *, progress: Progress = silent) -> int:
    """New field and index keys for a centre (or the district's, 0); returns how many rows were changed."""
    states = _states(tenant_id)
    if KeyState.COMING not in states and not _is_under_way(tenant_id):
        _announce(tenant_id)
    if KeyState.COMING in _states(tenant_id):
        _settle()
        _switch(tenant_id)
        _settle()
    return seal(tenant_id, progress=progress)


def seal(tenant_id: int, *, progress: Progress = silent) -> int:
    """Bring every row of a centre under the keys in use, also those still in the clear; then old keys retire."""
    if tenant_id == DISTRICT:
        changed = sum(renew(tenant.id) for tenant in directory().all_active() for renew in _renewers())
        changed += _walk_all(tenant_id, progress, of_control=True)
    else:
        changed = _walk_all(tenant_id, progress, of_control=False)
        changed += digests.prove_old(tenant_id)
    _move(tenant_id, KeyState.LEAVING, KeyState.RETIRED)
    audit.note("keys.sealed", by=system_actor(None), centre=tenant_id, rows=changed)
    return changed


def destroy(tenant_id: int) -> int:
    """Forget the keys of a centre for good: what they sealed is unreadable, in copies and backups too."""
    with _key_table():
        found = list(db.session.scalars(select(DataKey).where(DataKey.tenant_id == tenant_id)))
        for row in found:
            row.state, row.wrapped, row.master = KeyState.DESTROYED, "", ""
        db.session.commit()
    keyring().forget()
    audit.note("keys.destroyed", by=system_actor(None), centre=tenant_id, keys=len(found))
    return len(found)


def rewrap(old: MasterKey) -> int:
    """Wrap every key anew by the present master key; the old one can then be destroyed, and copies with it."""
    master, changed = keyring().master, 0
    with _key_table():
        statement = select(DataKey).where(
            DataKey.state != KeyState.DESTROYED, DataKey.suite != LEGACY, DataKey.master == old.fingerprint
        )
        for row in db.session.scalars(statement):
            place = about(row.id, row.tenant_id, row.purpose)
            row.wrapped, row.master = master.wrap(old.unwrap(row.wrapped, place), place), master.fingerprint
            changed += 1
        db.session.commit()
    keyring().forget()
    return changed


def states_of_all() -> list[tuple[int, str, str, int]]:
    """Centre, purpose, state and number of keys, for the operator."""
    with _key_table():
        statement = (
            select(DataKey.tenant_id, DataKey.purpose, DataKey.state, func.count())
            .group_by(DataKey.tenant_id, DataKey.purpose, DataKey.state)
            .order_by(DataKey.tenant_id, DataKey.purpose)
        )
        return [(row[0], row[1].value, row[2].value, row[3]) for row in db.session.execute(statement)]


def _key_table() -> AbstractContextManager[Unit]:
    """A unit on the key table that needs no key itself."""
    return open_unit(making_unit())


def _states(tenant_id: int) -> set[KeyState]:
    with _key_table():
        return set(
            db.session.scalars(
                select(DataKey.state).where(DataKey.tenant_id == tenant_id, DataKey.purpose.in_(ROTATED))
            )
        )


def _is_under_way(tenant_id: int) -> bool:
    """Whether a change was broken off after its switch."""
    with _key_table():
        statement = select(func.count()).where(
            DataKey.tenant_id == tenant_id, DataKey.state == KeyState.LEAVING, DataKey.suite != LEGACY
        )
        return bool(db.session.scalar(statement))


def _announce(tenant_id: int) -> None:
    keyring().searched(tenant_id)  # the first keys of a centre are made here
    ids.ensure_node()  # needs a transaction of its own, so before this one
    with _key_table():
        for purpose in ROTATED:
            number = db.session.scalar(
                select(func.max(DataKey.number)).where(
                    DataKey.tenant_id == tenant_id, DataKey.purpose == purpose
                )
            )
            db.session.add(keyring().new_row(tenant_id, purpose, (number or 0) + 1, KeyState.COMING))
        db.session.commit()
    keyring().forget()


def _switch(tenant_id: int) -> None:
    with _key_table():
        rows = select(DataKey).where(DataKey.tenant_id == tenant_id, DataKey.purpose.in_(ROTATED))
        for row in db.session.scalars(rows):
            if row.state is KeyState.ACTIVE:
                row.state = KeyState.LEAVING
            elif row.state is KeyState.COMING:
                row.state = KeyState.ACTIVE
        db.session.commit()
    keyring().forget()


def _move(tenant_id: int, before: KeyState, after: KeyState) -> None:
    with _key_table():
        statement = update(DataKey).where(DataKey.tenant_id == tenant_id, DataKey.state == before)
        db.session.execute(statement.values(state=after))
        db.session.commit()
    keyring().forget()


def _settle() -> None:
    time.sleep(SETTLE_SECONDS)


def _renewers() -> list[Callable[[int], int]]:
    return [renew for module in installed().modules.values() for renew in module.renews]


def _walk_all(tenant_id: int, progress: Progress, *, of_control: bool) -> int:
    models = [model for model in sealed_fields() if issubclass(model, Control) == of_control]
    return sum(_walk(tenant_id, model, sealed_fields()[model], progress) for model in models)


def _unit_of(model: type[Any], tenant_id: int, mode: Mode) -> Any:
    return control_unit(mode) if issubclass(model, Control) else tenant_unit(tenant_id, mode)


def _walk(tenant_id: int, model: type[Any], fields: list[Opened[str]], progress: Progress) -> int:
    """Row by row in batches, each a short transaction of its own, so that no desk waits long."""
    after, done, changed = 0, 0, 0
    rows = _count(tenant_id, model)
    while True:
        last, read, written = _batch(tenant_id, model, fields, after)
        after, done, changed = last, done + read, changed + written
        progress(model.__tablename__, done, rows)
        if read < BATCH:
            return changed


def _count(tenant_id: int, model: type[Any]) -> int:
    with _unit_of(model, tenant_id, Mode.READ):
        return db.session.scalar(select(func.count(model.id))) or 0


def _batch(tenant_id: int, model: type[Any], fields: list[Opened[str]], after: int) -> tuple[int, int, int]:
    """Last key, rows read, rows changed. The rows are held meanwhile, and their version stays as it was."""
    key = model.id
    with _unit_of(model, tenant_id, Mode.WRITE):
        statement = select(model).where(key > after).order_by(key).limit(BATCH)
        rows = list(db.session.scalars(locking(statement, model)))
        changes = {row.id: found for row in rows if (found := _renewed(row, fields))}
        db.session.expunge_all()
        for row_id, values in changes.items():
            db.session.execute(
                update(model).where(key == row_id).values(values).execution_options(synchronize_session=False)
            )
        db.session.commit()
        return (rows[-1].id if rows else after), len(rows), len(changes)


def _renewed(row: HoldsSealed, fields: list[Opened[str]]) -> dict[str, str | None]:
    """The columns of a row that are not under the keys in use, as they should be."""
    for field in fields:
        if field.is_old(row):
            field.seal_again(row)
    row.renew_indexes()
    state = inspect_row(row)
    changed = [
        column.key for column in state.mapper.column_attrs if state.attrs[column.key].history.has_changes()
    ]
    return {name: getattr(row, name) for name in changed}
