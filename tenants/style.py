"""How a centre looks and works: its logo, and what it changed in the main forms."""

import base64
import binascii
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import delete, select

from app import audit, clock, main_forms
from app.actor import Actor
from app.db import db
from app.db.units import control_reading
from app.errors import InvalidInput, NotFound
from app.i18n import gettext
from app.registry import installed
from app.tenancy import tenant_of
from app.use_cases import use_case
from tenants import pictures
from tenants.locked import lock_own_centre
from tenants.models import Centre, Logo

Names = Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=100)]
PARTS = ("order", "hidden", "required")  # of an arrangement
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
    centre = lock_own_centre(by)
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
    centre = lock_own_centre(by)
    db.session.execute(delete(Logo).where(Logo.tenant_id == centre.id))
    _wear(centre, "")
    audit.record("centre.logo_removed", centre, by=by)
    return centre


@use_case("tenants.settings.change", database="control")
def arrange_form(
    *,
    form: Annotated[str, Field(max_length=80)],
    order: Names,
    hidden: Names | None = None,
    required: Names | None = None,
    by: Actor,
) -> Centre:
    """Put the fields of a main form into the centre's order, hide some and insist on others.

    Raises:
        NotFound: there is no such form, or the actor belongs to no centre.
        InvalidInput: a field is not of this form, cannot be hidden, or cannot be required.
    """
    declared = installed().forms.get(form)
    if declared is None:
        raise NotFound(field="form")
    try:
        choice = main_forms.checked(declared, order=order, hidden=hidden or [], required=required or [])
    except main_forms.NotPossible as why:
        raise InvalidInput({why.field: [gettext("This cannot be done with this field.")]}) from None
    return _keep_arrangement(form, choice, by)


@use_case("tenants.settings.change", database="control")
def restore_form(*, form: Annotated[str, Field(max_length=80)], by: Actor) -> Centre:
    """Give a main form back the order and the fields that its module declares.

    Raises:
        NotFound: there is no such form, or the actor belongs to no centre.
    """
    if form not in installed().forms:
        raise NotFound(field="form")
    return _keep_arrangement(form, {}, by)


def _keep_arrangement(form: str, choice: dict[str, Any], by: Actor) -> Centre:
    centre = lock_own_centre(by)
    before = centre.settings.get(main_forms.SETTING, {})
    after = {name: kept for name, kept in {**before, form: choice}.items() if kept}
    centre.settings = {**centre.settings, main_forms.SETTING: after}
    centre.version += 1
    audit.record("centre.form_arranged", centre, by=by, form=form, before=before.get(form, {}), after=choice)
    return centre


def arrangements_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The arrangements that a template's settings hold and that today's forms allow, as settings of a centre."""
    found = {}
    for name, choice in settings.get(main_forms.SETTING, {}).items():
        declared = installed().forms.get(name)
        if declared is None:
            continue
        with suppress(main_forms.NotPossible):  # taken under a release that declared the form otherwise
            found[name] = main_forms.checked(declared, **{key: choice.get(key, []) for key in PARTS})
    return {main_forms.SETTING: found} if found else {}


def _wear(centre: Centre, digest: str) -> None:
    centre.logo = digest
    centre.version += 1


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
