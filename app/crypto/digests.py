"""Rows that prove themselves: a keyed digest over the columns that matter, written in the same flush.

Who changes such a row past the product, though he owns the database, cannot write the digest that belongs to it.
A change through the product renews the digest only when the one before was right, so nothing is whitewashed.
A row that is taken away altogether is shown by the trail and by the sums that ``flask check`` compares.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Unicode, event, select
from sqlalchemy import inspect as inspect_row
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from app import ids
from app.crypto.keyring import Key, KeyDestroyed, keyring
from app.crypto.models import DISTRICT, KeyPurpose
from app.crypto.suites import SealBroken
from app.db import Control, Mode, control_unit, db, tenant_unit
from app.db.base import Base
from app.db.types import ChoiceType, ExactDecimal

_BATCH = 1000


class Proven:
    """Mixin of important tables. ``proven`` names the columns; what changes past the ORM stays out of it."""

    proven: ClassVar[tuple[str, ...]] = ()
    written_later: ClassVar[frozenset[str]] = frozenset({"row_digest"})
    row_digest: Mapped[str | None] = mapped_column(Unicode(100))


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that is not as the product wrote it."""

    table: str
    row_id: int

    def __str__(self) -> str:
        return f"{self.table}:{self.row_id}"


def proven_models() -> list[type[Any]]:
    """Every model with a digest."""
    return sorted(
        (mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Proven)),
        key=lambda model: model.__tablename__,
    )


@event.listens_for(Proven, "before_insert", propagate=True)
def _prove_new(mapper: Mapper[Any], connection: Any, row: Any) -> None:
    _fill_defaults(mapper, row)
    row.row_digest = _made(row, _values(mapper, row))


@event.listens_for(Proven, "before_update", propagate=True)
def _prove_changed(mapper: Mapper[Any], connection: Any, row: Any) -> None:
    state = inspect_row(row)
    changed = {name: state.attrs[name].history for name in row.proven}
    changed = {name: history for name, history in changed.items() if history.has_changes()}
    if not changed or not row.row_digest:
        return
    before = _values(mapper, row) | {
        name: _plain(mapper.columns[name], history.deleted[0] if history.deleted else None)
        for name, history in changed.items()
    }
    if _is_right(row, before):  # else it stays wrong, and is found
        row.row_digest = _made(row, _values(mapper, row))


def broken_rows(tenant_id: int) -> tuple[int, list[Broken]]:
    """Rows looked at, and those whose digest is missing or is not theirs; a centre's, in both databases."""
    looked_at, found = 0, []
    for model in proven_models():
        for row in _rows(model, tenant_id):
            looked_at += 1
            if not row.row_digest or not _is_right(row, _values(inspect_row(model), row)):
                found.append(Broken(model.__tablename__, row.id))
    return looked_at, found


def prove_old(tenant_id: int) -> int:
    """Give rows from before the keys their digest (once, after an upgrade); returns how many."""
    return sum(_prove_old(model, tenant_id) for model in proven_models())


def _prove_old(model: type[Any], tenant_id: int) -> int:
    """Only rows older than the key itself: a digest that was taken away later is not given back."""
    is_control, done = issubclass(model, Control), 0
    key = keyring().active(DISTRICT if is_control else tenant_id, KeyPurpose.DIGEST)
    while True:
        with control_unit(Mode.WRITE) if is_control else tenant_unit(tenant_id, Mode.WRITE):
            statement = (
                select(model)
                .where(model.tenant_id == tenant_id, model.row_digest.is_(None), model.id < key.id)
                .order_by(model.id)
                .limit(_BATCH)
            )
            rows = list(db.session.scalars(statement))
            for row in rows:
                row.row_digest = _made(row, _values(inspect_row(model), row))
            db.session.commit()
        done += len(rows)
        if len(rows) < _BATCH:
            return done


def _rows(model: type[Any], tenant_id: int) -> Iterator[Any]:
    after = 0
    while True:
        with control_unit() if issubclass(model, Control) else tenant_unit(tenant_id):
            statement = select(model).where(model.tenant_id == tenant_id, model.id > after)
            rows = list(db.session.scalars(statement.order_by(model.id).limit(_BATCH)))
        yield from rows
        if len(rows) < _BATCH:
            return
        after = rows[-1].id


def _key_tenant(row: Any) -> int:
    """Rows of control are under the district's key, which is at hand whenever control is written."""
    return DISTRICT if isinstance(row, Control) else int(row.tenant_id)


def _made(row: Any, values: dict[str, Any]) -> str:
    key = keyring().active(_key_tenant(row), KeyPurpose.DIGEST)
    return f"{key.id}.{_mac(key, row, values)}"


def _is_right(row: Any, values: dict[str, Any]) -> bool:
    key_id, _, digest = (row.row_digest or "").partition(".")
    try:
        key = keyring().of_id(_key_tenant(row), int(key_id or 0))
    except KeyDestroyed:
        return True  # nothing of this centre can be shown any more
    except (SealBroken, ValueError):
        return False
    return key.purpose is KeyPurpose.DIGEST and digest == _mac(key, row, values)


def _mac(key: Key, row: Any, values: dict[str, Any]) -> str:
    if key.suite is None:
        raise SealBroken(f"key {key.id} proves nothing")
    text = json.dumps([row.__tablename__, row.id, row.tenant_id, values], sort_keys=True, ensure_ascii=False)
    return key.suite.mac(key.secret, text.encode()).hex()


def _values(mapper: Mapper[Any], row: Any) -> dict[str, Any]:
    return {name: _plain(mapper.columns[name], getattr(row, name)) for name in row.proven}


def _plain(column: Any, value: Any) -> Any:
    """The same text before the row is written and after any engine has given it back."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(column.type, ExactDecimal):
        return f"{Decimal(value).normalize():f}"
    if isinstance(column.type, ChoiceType):
        return column.type.choice(value).value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


def _fill_defaults(mapper: Mapper[Any], row: Any) -> None:
    """What the insert would fill in a moment later, for the digest to see it."""
    if row.id is None:
        row.id = ids.new_id()
    for name in row.proven:
        default = mapper.columns[name].default
        if getattr(row, name) is None and default is not None:
            setattr(row, name, default.arg(None) if default.is_callable else default.arg)
