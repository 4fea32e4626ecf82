"""What one process knows of the keys: read once, looked at again every few seconds, made when a centre has none."""

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from app import clock, ids
from app.config import SAMPLE_SECRET, ConfigurationError
from app.crypto.master import MasterKey
from app.crypto.models import DISTRICT, LEGACY, SEARCHED, DataKey, KeyPurpose, KeyState
from app.crypto.suites import SUITES, SealBroken, Suite
from app.db import Mode, db
from app.db.units import Unit, control_unit, open_unit

REFRESH_SECONDS = 10.0  # how long another process may not know of a change


class KeyDestroyed(SealBroken):
    """The keys of this centre were destroyed: what they sealed is gone for good."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, ready for use."""

    id: int
    tenant_id: int
    purpose: KeyPurpose
    state: KeyState
    suite: Suite | None  # None: the legacy index key
    secret: bytes


@dataclass(frozen=True, slots=True)
class _Ring:
    """The keys of one centre."""

    keys: dict[int, Key]
    active: dict[KeyPurpose, Key]
    searched: tuple[Key, ...]  # index keys, the one in use first
    read_at: float


class Keyring:
    """The keys of all centres this process has worked for."""

    def __init__(self, master: MasterKey, suite: Suite) -> None:
        self.master, self.suite = master, suite
        self._rings: dict[int, _Ring] = {}
        self._lock = threading.RLock()

    def ready(self, unit: Unit) -> None:
        """Before a transaction begins: the keys it may need are here, made if need be in one of their own."""
        if unit.writes_control:
            self._ring(DISTRICT)
        if unit.tenant_id:
            self._ring(unit.tenant_id)

    def active(self, tenant_id: int, purpose: KeyPurpose) -> Key:
        """The key that new values of a centre are put under.

        Raises:
            KeyDestroyed: the centre's keys are gone.
        """
        found = self._ring(tenant_id).active.get(purpose)
        if found is None:
            raise KeyDestroyed(f"centre {tenant_id} has no {purpose} key")
        return found

    def searched(self, tenant_id: int) -> tuple[Key, ...]:
        """The index keys under which rows of a centre may stand; more than one while keys change."""
        return self._ring(tenant_id).searched

    def of_id(self, tenant_id: int, key_id: int) -> Key:
        """One key of a centre.

        Raises:
            KeyDestroyed: it is gone.
            SealBroken: the centre never had it.
        """
        ring = self._rings.get(tenant_id)
        if ring is None or key_id not in ring.keys:
            ring = self._read(tenant_id)
        found = ring.keys.get(key_id)
        if found is None:
            raise SealBroken(f"centre {tenant_id} has no key {key_id}")
        if found.state is KeyState.DESTROYED:
            raise KeyDestroyed(f"key {key_id}")
        return found

    def forget(self) -> None:
        """Read everything anew (after a change of keys or a restore; between tests)."""
        with self._lock:
            self._rings.clear()

    def new_row(
        self, tenant_id: int, purpose: KeyPurpose, number: int, state: KeyState, *, row_id: int | None = None
    ) -> DataKey:
        """A new key, wrapped; the caller stores it."""
        row_id = row_id or ids.new_id()
        secret = os.urandom(self.suite.key_bytes if purpose is KeyPurpose.FIELD else 32)
        return DataKey(
            id=row_id,
            tenant_id=tenant_id,
            purpose=purpose,
            number=number,
            suite=self.suite.name,
            master=self.master.fingerprint,
            wrapped=self.master.wrap(secret, about(row_id, tenant_id, purpose)),
            state=state,
            made_at=clock.server_time(),
        )

    def _ring(self, tenant_id: int) -> _Ring:
        ring = self._rings.get(tenant_id)
        if ring is not None and time.monotonic() - ring.read_at < REFRESH_SECONDS:
            return ring
        try:
            return self._read(tenant_id)
        except DBAPIError:
            if ring is None:
                raise
            return ring  # control is away for a moment; what is known still opens and seals

    def _read(self, tenant_id: int) -> _Ring:
        rows = _rows_of(tenant_id)
        if _missing(rows):  # reading takes no lock: somebody may hold control open for writing meanwhile
            with self._lock:
                if missing := _missing(_rows_of(tenant_id)):
                    self._make(tenant_id, missing)
            rows = _rows_of(tenant_id)
        ring = self._rings[tenant_id] = self._made_of(rows)
        return ring

    def _make(self, tenant_id: int, purposes: Iterable[KeyPurpose]) -> None:
        ids.ensure_node()
        made = [self.new_row(tenant_id, purpose, 1, KeyState.ACTIVE) for purpose in purposes]
        with open_unit(making_unit()):
            db.session.add_all(made)
            try:
                db.session.commit()
            except IntegrityError:
                return  # another process made them at the same moment

    def _made_of(self, rows: list[DataKey]) -> _Ring:
        keys = {row.id: self._key(row) for row in rows}
        active = {key.purpose: key for key in keys.values() if key.state is KeyState.ACTIVE}
        searched = [key for key in keys.values() if key.purpose is KeyPurpose.INDEX and key.state in SEARCHED]
        searched.sort(key=lambda key: key.state is not KeyState.ACTIVE)
        return _Ring(keys, active, tuple(searched), time.monotonic())

    def _key(self, row: DataKey) -> Key:
        if row.suite == LEGACY:
            is_used = row.state in SEARCHED
            return Key(row.id, row.tenant_id, row.purpose, row.state, None, _legacy() if is_used else b"")
        secret = b""
        if row.state is not KeyState.DESTROYED:
            secret = self.master.unwrap(row.wrapped, about(row.id, row.tenant_id, row.purpose))
        return Key(row.id, row.tenant_id, row.purpose, row.state, SUITES[row.suite], secret)


def keyring() -> Keyring:
    """The keyring of the running application."""
    found: Keyring = current_app.extensions["his_keyring"]
    return found


def about(key_id: int, tenant_id: int, purpose: KeyPurpose) -> bytes:
    """What a wrapped key is bound to, so that no row of the table can stand in for another."""
    return f"his:key:{key_id}:{tenant_id}:{purpose.value}".encode()


def making_unit() -> Unit:
    """A unit on control that asks for no keys itself."""
    return Unit(Mode.WRITE, None, "", writes_control=True, all_tenants=True, notes={"leasing": True})


def _missing(rows: list[DataKey]) -> list[KeyPurpose]:
    held = {row.purpose for row in rows if row.suite != LEGACY}
    return [purpose for purpose in KeyPurpose if purpose not in held]


def _rows_of(tenant_id: int) -> list[DataKey]:
    with control_unit():  # of its own: a reading session keeps seeing what it saw first
        statement = select(DataKey).where(DataKey.tenant_id == tenant_id).order_by(DataKey.number)
        return list(db.session.scalars(statement))


def _legacy() -> bytes:
    settings = current_app.extensions["his_settings"]
    if settings.environment == "production" and settings.index_key == SAMPLE_SECRET:
        raise ConfigurationError(
            "HIS_INDEX_KEY must stay set until `flask keys seal` has been through all centres."
        )
    key: str = settings.index_key
    return key.encode()
