"""Fields of a row that are sealed: written and read by their plain name, stored as text bound to their place.

A stored value is ``$1$<suite>$<key id>$<nonce, ciphertext and tag>``. What it is bound to names the centre, the
table, the column and the row: moved anywhere else it does not open. A value without that beginning is from
before the first sealing and is read as it stands.
"""

import base64
from typing import Any, Generic, TypeVar, overload

from sqlalchemy.orm import MappedColumn, mapped_column

from app import ids
from app.crypto.keyring import keyring
from app.crypto.models import KeyPurpose
from app.crypto.suites import BY_MARK, SealBroken
from app.db.types import Sensitive
from app.db.units import TenantMissing, current_unit

BEGIN = "$1$"
_FRAME = len(BEGIN) + 2 + 20  # suite, key id and their marks
TextT = TypeVar("TextT", str, str | None)
_sealed: dict[type, list["Opened[Any]"]] = {}


class HoldsSealed:
    """Mixin of models with sealed fields."""

    def renew_indexes(self) -> None:
        """Compute anew what the row is found by (when a key changes)."""


def stored_length(length: int) -> int:
    """Room for a sealed text of this many UTF-16 units."""
    return _FRAME + 4 * -(-(3 * length + 28) // 3)


def sealed_column(name: str, length: int, **options: Any) -> MappedColumn[Any]:
    """The stored form of a sealed text, in a column of the plain name; ``Opened`` stands before it."""
    room = stored_length(length)
    return mapped_column(name, Sensitive(room if room <= 4000 else None), **options)


class Opened(Generic[TextT]):
    """The plain face of a sealed column: ``phone = Opened[str | None]("sealed_phone")``."""

    def __init__(self, held: str) -> None:
        self.held = held  # the mapped attribute
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        _sealed.setdefault(owner, []).append(self)

    @overload
    def __get__(self, row: None, owner: type) -> "Opened[TextT]": ...

    @overload
    def __get__(self, row: object, owner: type) -> TextT: ...

    def __get__(self, row: Any, owner: type) -> Any:
        if row is None:
            return self
        stored = getattr(row, self.held)
        return open_text(stored, row, self.name) if stored and stored.startswith(BEGIN) else stored

    def __set__(self, row: Any, value: TextT) -> None:
        if getattr(row, self.held) is not None and self.__get__(row, type(row)) == value:
            return  # an unchanged value stays as it is stored: no change of the row
        setattr(row, self.held, seal_text(value, row, self.name) if value else value)

    def is_old(self, row: Any) -> bool:
        """Whether the value stands in the clear or under another key than the one in use."""
        stored = getattr(row, self.held)
        if not stored:
            return False
        return (
            not stored.startswith(BEGIN)
            or _key_id(stored) != keyring().active(row.tenant_id, KeyPurpose.FIELD).id
        )

    def seal_again(self, row: Any) -> None:
        """Put the value under the key in use."""
        setattr(row, self.held, seal_text(self.__get__(row, type(row)), row, self.name))


def sealed_fields() -> dict[type, list[Opened[Any]]]:
    """Every model with sealed fields, and these."""
    return _sealed


def seal_text(text: str, row: Any, column: str) -> str:
    """The stored form of a text; gives the row its key and its centre where it has none yet."""
    if row.tenant_id is None:
        unit = current_unit()
        if unit is None or unit.tenant_id is None:
            raise TenantMissing(type(row).__name__)
        row.tenant_id = unit.tenant_id
    if row.id is None:
        row.id = ids.new_id()
    key = keyring().active(row.tenant_id, KeyPurpose.FIELD)
    assert key.suite is not None  # noqa: S101  only index keys are legacy
    sealed = key.suite.seal(key.secret, text.encode(), _place(row, column))
    return f"{BEGIN}{key.suite.mark}${key.id}${base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"


def open_text(stored: str, row: Any, column: str) -> str:
    """The text again.

    Raises:
        SealBroken: the value was changed, or stands in another place than the one it was sealed for.
    """
    try:
        mark, key_id, coded = stored.removeprefix(BEGIN).split("$")
        sealed = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))
        suite, number = BY_MARK[mark], int(key_id)
    except (ValueError, KeyError) as failure:
        raise SealBroken(f"{type(row).__name__}.{column}") from failure
    key = keyring().of_id(row.tenant_id, number)
    if key.suite is not suite or key.purpose is not KeyPurpose.FIELD:
        raise SealBroken(f"{type(row).__name__}.{column}")
    return suite.open(key.secret, sealed, _place(row, column)).decode()


def _key_id(stored: str) -> int:
    return int(stored.split("$")[3])


def _place(row: Any, column: str) -> bytes:
    return f"his:field:{row.tenant_id}:{row.__tablename__}.{column}:{row.id}".encode()
