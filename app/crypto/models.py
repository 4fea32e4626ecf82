"""The data keys of the centres, wrapped by the master key; kept apart from what they seal, in control."""

from datetime import datetime

from sqlalchemy import Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Control, choice_column, id_column
from app.i18n import N_, Choice
from app.tenancy import DISTRICT as DISTRICT


class KeyPurpose(Choice):
    """One key, one purpose."""

    FIELD = "field", N_("seals fields")
    INDEX = "index", N_("finds sealed fields")
    DIGEST = "digest", N_("proves rows")


class KeyState(Choice):
    """The life of a key."""

    COMING = "coming", N_("about to be used")  # searched with; every process has to know it before it writes
    ACTIVE = "active", N_("in use")
    LEAVING = "leaving", N_("being replaced")  # rows may still be under it, so it is searched with
    RETIRED = "retired", N_("retired")  # opens what backups hold
    DESTROYED = "destroyed", N_("destroyed")


SEARCHED = (KeyState.ACTIVE, KeyState.COMING, KeyState.LEAVING)
LEGACY = "legacy"  # in place of a suite: the installation's one index key of earlier versions


class DataKey(Control):
    """One key of one centre (or of the district, tenant 0) for one purpose."""

    __tablename__ = "control_data_key"
    __table_args__ = (UniqueConstraint("tenant_id", "purpose", "number"),)

    id: Mapped[int] = id_column()
    tenant_id: Mapped[int]
    purpose: Mapped[KeyPurpose] = choice_column(KeyPurpose)
    number: Mapped[int] = mapped_column(Integer)  # 0 for the legacy index key, then 1, 2, …
    suite: Mapped[str] = mapped_column(Unicode(10))
    master: Mapped[str] = mapped_column(Unicode(20), default="")  # fingerprint of the key that wraps it
    wrapped: Mapped[str] = mapped_column(Unicode(200), default="")
    state: Mapped[KeyState] = choice_column(KeyState)
    made_at: Mapped[datetime]
