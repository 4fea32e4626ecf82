"""Where an actor of the accounts room stands, a centre or the district, and which roles there are."""

from sqlalchemy import select, update

from app import clock, tenancy
from app.accounts.errors import TwoAdministrators
from app.accounts.models import Membership, SignIn
from app.actor import Actor
from app.db import db, update_rows
from app.errors import InvalidInput, NotFound
from app.i18n import gettext
from app.registry import ADMINISTRATORS, DISTRICT_ROLES
from app.tenancy import DISTRICT


def place_of(by: Actor) -> int:
    """What memberships of the actor's place carry: the centre's id, or the district's mark."""
    return by.tenant_id or DISTRICT


def known_roles(by: Actor) -> tuple[str, ...]:
    """Roles that the actor's place has."""
    return DISTRICT_ROLES if by.tenant_id is None else tuple(tenancy.tenant_of(by.tenant_id).grants)


def refuse_roles(by: Actor, roles: list[str]) -> None:
    """Refuse what no account of this place may have together.

    Raises:
        InvalidInput: a role is unknown here.
        TwoAdministrators: two of the three administrators in one hand.
    """
    known = known_roles(by)
    if any(role not in known for role in roles):
        raise InvalidInput({"roles": [gettext("Please choose one of the list.")]})
    if len({ADMINISTRATORS[role] for role in roles if role in ADMINISTRATORS}) > 1:
        raise TwoAdministrators(field="roles")


def membership_here(account_id: int, by: Actor) -> Membership:
    """The account's membership in the actor's place, or NotFound."""
    membership = db.session.scalar(
        select(Membership).where(Membership.account_id == account_id, Membership.tenant_id == place_of(by))
    )
    if membership is None:
        raise NotFound(field="account_id")
    return membership


def end_sign_ins(membership_id: int) -> None:
    """Every sign-in in this membership ends, programs' too."""
    db.session.execute(
        update(SignIn)
        .where(SignIn.membership_id == membership_id, SignIn.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


def end_all_sign_ins(tenant_id: int) -> int:
    """Every sign-in in a place ends, programs' too; returns how many."""
    here = select(Membership.id).where(Membership.tenant_id == tenant_id)
    ended = (
        update(SignIn)
        .where(SignIn.membership_id.in_(here), SignIn.ended_at.is_(None))
        .values(ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return update_rows(ended)
