"""Finding sealed values without opening them: a keyed digest beside the field, exact match only.

Each centre has an index key of its own, and the district one for the region's index, so equal numbers in two
centres look different.
"""

import hashlib
import hmac
import unicodedata
from typing import Any

from sqlalchemy import ColumnElement

from app.crypto.keyring import Key, keyring
from app.crypto.models import DISTRICT as DISTRICT
from app.crypto.models import KeyPurpose
from app.db.units import TenantMissing, current_unit

_LENGTH = 40


def blind_index(value: str, *, purpose: str, tenant_id: int | None = None) -> str:
    """Keyed digest of a normalised value (trimmed, NFKC, upper), to store. The purpose keeps columns apart.

    The centre is the one of the present unit unless it is given (``DISTRICT`` for the region's index).
    """
    return _digest(keyring().active(_centre(tenant_id), KeyPurpose.INDEX), value, purpose)


def blind_indexes(value: str, *, purpose: str, tenant_id: int | None = None) -> list[str]:
    """Every digest under which the value may be stored: one, and two while a key is being changed."""
    return [_digest(key, value, purpose) for key in keyring().searched(_centre(tenant_id))]


def is_value(column: Any, value: str, *, purpose: str, tenant_id: int | None = None) -> ColumnElement[bool]:
    """Condition: the index column stands for this value."""
    digests = blind_indexes(value, purpose=purpose, tenant_id=tenant_id)
    found: ColumnElement[bool] = column == digests[0] if len(digests) == 1 else column.in_(digests)
    return found


def _centre(tenant_id: int | None) -> int:
    if tenant_id is not None:
        return tenant_id
    unit = current_unit()
    if unit is None or unit.tenant_id is None:
        raise TenantMissing("an index belongs to a centre")
    return unit.tenant_id


def _digest(key: Key, value: str, purpose: str) -> str:
    text = unicodedata.normalize("NFKC", value).strip().upper()
    data = f"{purpose}:{text}".encode()
    if key.suite is None:  # rows of earlier versions, until `flask keys seal` has been through them
        return hmac.new(key.secret, data, hashlib.sha256).hexdigest()[:_LENGTH]
    return key.suite.mac(key.secret, data).hex()[:_LENGTH]
