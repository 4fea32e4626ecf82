"""The institution's connection to the platform of electronic invoices."""

from typing import Annotated

from pydantic import Field

from app import audit
from app.actor import Actor
from app.complaints import complaint
from app.db import db
from app.errors import InvalidInput
from app.use_cases import Secret, use_case
from modules.invoices import queries
from modules.invoices.models import PlatformConnection


@use_case("invoices.platform.change")
def connect(
    *,
    unit_code: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{4,20}$")],
    institution_kind: Annotated[str, Field(min_length=2, max_length=50)],
    base_url: Annotated[str, Field(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$", max_length=190)],
    key: Annotated[str, Field(max_length=200), Secret()] = "",
    is_active: bool = True,
    by: Actor,
) -> PlatformConnection:
    """Set up or change how this institution reaches the platform. Without a key the present one stays.

    Raises:
        InvalidInput: there is no key yet and none was given.
    """
    row = queries.find_connection()
    if row is None and not key:
        raise InvalidInput({"key": [complaint("missing")]})
    if row is None:
        row = PlatformConnection()
        db.session.add(row)
    row.unit_code, row.institution_kind, row.is_active = unit_code, institution_kind, is_active
    row.base_url = base_url.rstrip("/")
    if key:
        row.key = key
    db.session.flush()
    audit.record("platform.changed", row, by=by, base_url=row.base_url, is_active=is_active)
    return row
