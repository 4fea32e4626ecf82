"""The centre's connection to the insurer."""

from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.complaints import complaint
from app.db import db
from app.errors import InvalidInput
from app.use_cases import Secret, use_case
from modules.insurance import queries
from modules.insurance.models import InsuranceConnection, SignIn, SignType


@use_case("insurance.connection.change")
def connect(
    *,
    institution_code: Annotated[str, Field(pattern=r"^[A-Z0-9]{12}$")],
    institution_name: Annotated[str, Field(min_length=2, max_length=100)],
    region: Annotated[str, Field(pattern=r"^[0-9]{6}$")],
    base_url: Annotated[str, Field(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$", max_length=200)],
    sign_type: SignType = SignType.SM3,
    key: Annotated[str, Field(max_length=200), Secret()] = "",
    fund_includes_account: bool = False,
    is_active: bool = True,
    by: Actor,
) -> InsuranceConnection:
    """Set up or change how this centre reaches the insurer. Without a key the present one stays.

    Raises:
        InvalidInput: there is no key yet and none was given.
    """
    row = queries.find_connection()
    if row is None and not key:
        raise InvalidInput({"key": [complaint("missing")]})
    if row is None:
        row = InsuranceConnection()
        db.session.add(row)
    row.institution_code, row.institution_name, row.region = institution_code, institution_name, region
    row.base_url, row.sign_type, row.is_active = base_url, sign_type, is_active
    row.fund_includes_account = fund_includes_account
    if key:
        row.key = key
    db.session.flush()
    audit.record("connection.changed", row, by=by, base_url=base_url, is_active=is_active)
    return row


@use_case("insurance.operator.sign_in", is_step=True)
def note_sign_in(*, sign_no: Annotated[str, Field(max_length=40)], by: Actor) -> SignIn:
    """Keep the number of the operator's sign-in of today (签到)."""
    row = SignIn(account_id=by.account_id, on=clock.today(), sign_no=sign_no)
    db.session.add(row)
    db.session.flush()
    audit.record("operator.signed_in", row, by=by)
    return row
