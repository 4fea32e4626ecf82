"""The centre's connection and the operator's sign-in."""

from dataclasses import dataclass

from sqlalchemy import Select, and_, select

from app import clock
from app.actor import Actor
from app.db import db
from modules.insurance.models import InsuranceConnection, SignIn
from modules.insurance.rules.messages import Sender


@dataclass(frozen=True, slots=True)
class Line:
    """All that a message needs besides itself."""

    url: str
    key: str
    sender: Sender
    fund_includes_account: bool


def find_connection() -> InsuranceConnection | None:
    """The centre's connection, in use or not."""
    return db.session.scalar(select(InsuranceConnection))


def connected_centres() -> Select[int]:
    """Centres whose connection is in use, for the conditions of a room above."""
    return select(InsuranceConnection.tenant_id).where(InsuranceConnection.is_active)


def line_of(by: Actor) -> Line | None:
    """The connection in use with the operator's sign-in of today, if there is one; one statement."""
    signed = and_(SignIn.account_id == by.account_id, SignIn.on == clock.today())
    found = db.session.execute(
        select(InsuranceConnection, SignIn.sign_no)
        .outerjoin(SignIn, signed)
        .where(InsuranceConnection.is_active)
    ).first()
    return None if found is None else made_line(found[0], by, found[1] or "")


def made_line(connection: InsuranceConnection, by: Actor, sign_no: str) -> Line:
    """A connection in an operator's mouth."""
    sender = Sender(
        institution=connection.institution_code,
        name=connection.institution_name,
        region=connection.region,
        sign_type=connection.sign_type.value,
        operator=str(by.account_id),
        operator_name=by.name,
        sign_no=sign_no,
    )
    return Line(connection.base_url, connection.key, sender, connection.fund_includes_account)
