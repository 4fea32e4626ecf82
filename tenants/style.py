"""How a centre looks and works: its logo, and what it changed in the main forms."""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import delete, select

from app import audit, clock
from app.actor import Actor
from app.db import db, lock_row
from app.db.units import control_reading
from app.errors import InvalidInput, NotFound
from app.i18n import gettext
from app.tenancy import tenant_of
from app.use_cases import use_case
from tenants import pictures
from tenants.models import Centre, Logo

LOGOS_KEPT = 64  # of letterheads, in a process


def _redrawn(values: dict[str, Any], by: Actor) -> dict[str, Any]:
    """Before the transaction: the picture instead of the text that carried it.

    Raises:
        InvalidInput: it is none.
    """
    try:
        content = base64.b64decode(values["content"], validate=True)
        return {"content": pictures.redrawn(content)}
    except pictures.NotAPicture as why:
        raise InvalidInput({"content": [gettext(why.message, **why.facts)]}) from None
    except (binascii.Error, ValueError):
        raise InvalidInput({"content": [gettext("Please check this field.")]}) from None


@use_case("tenants.settings.change", database="control", prepare=_redrawn)
def set_logo(*, content: Annotated[str, Field(max_length=400_000)], by: Actor) -> Centre:
    """Take a picture as the logo of the actor's centre; ``content`` is a PNG or JPEG file in base64.

    Raises:
        NotFound: the actor belongs to no centre.
        InvalidInput: the file is too large, damaged, or no picture.
    """
    picture: Any = content  # drawn anew by ``_redrawn``
    centre = own_centre(by)
    db.session.execute(delete(Logo).where(Logo.tenant_id == centre.id))
    row = Logo(tenant_id=centre.id, content=picture.content, digest=picture.digest)
    row.width, row.height, row.changed_at = picture.width, picture.height, clock.now()
    db.session.add(row)
    _wear(centre, row.digest)
    audit.record("centre.logo_changed", centre, by=by, digest=row.digest)
    return centre


@use_case("tenants.settings.change", database="control")
def remove_logo(*, by: Actor) -> Centre:
    """Take the logo of the actor's centre away.

    Raises:
        NotFound: the actor belongs to no centre.
    """
    centre = own_centre(by)
    db.session.execute(delete(Logo).where(Logo.tenant_id == centre.id))
    _wear(centre, "")
    audit.record("centre.logo_removed", centre, by=by)
    return centre


def _wear(centre: Centre, digest: str) -> None:
    centre.logo = digest
    centre.version += 1


def own_centre(by: Actor) -> Centre:
    """The actor's centre, locked.

    Raises:
        NotFound: the actor belongs to none.
    """
    centre = lock_row(Centre, by.tenant_id or 0)
    if centre is None:
        raise NotFound
    return centre


def logo_file(tenant_id: int, digest: str) -> bytes:
    """The logo of a centre as PNG.

    Raises:
        NotFound: it has none, or another one by now.
    """
    wanted = select(Logo.content).where(Logo.tenant_id == tenant_id, Logo.digest == digest)
    with control_reading():
        found = db.session.scalar(wanted)
    if found is None:
        raise NotFound
    return bytes(found)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands at the head of a paper; alone in a text it is the centre's name."""

    name: str
    logo: str = ""  # the picture itself, as papers fetch nothing

    def __str__(self) -> str:
        return self.name


def letterhead(tenant_id: int | None) -> Letterhead:
    """The head of a centre's papers. A statement for the first paper with this logo, then none."""
    tenant = tenant_of(tenant_id)
    return Letterhead(tenant.name, _as_address(tenant.id, tenant.logo) if tenant.logo else "")


@lru_cache(maxsize=LOGOS_KEPT)
def _as_address(tenant_id: int, digest: str) -> str:
    return "data:image/png;base64," + base64.b64encode(logo_file(tenant_id, digest)).decode()
