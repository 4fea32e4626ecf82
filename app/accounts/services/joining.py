"""How somebody who has an account elsewhere comes to work here too: the centre offers, the person accepts.

The centre types the exact sign-in name and gets the same answer whether such an account exists or not; it learns
that it does when the person has accepted.
"""

from dataclasses import replace
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from app import audit, clock, tenancy
from app.accounts import passwords
from app.accounts.errors import AlreadyMember
from app.accounts.models import Account, JoinOffer, Membership
from app.accounts.services.people import SignInName
from app.accounts.services.places import place_of, refuse_roles
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.use_cases import after_commit, use_case


@use_case("accounts.account.manage", database="control")
def offer_membership(
    *,
    sign_in_name: SignInName,
    roles: Annotated[list[str], Field(min_length=1, max_length=20)],
    practitioner_id: int | None = None,
    department_id: int | None = None,
    by: Actor,
) -> JoinOffer:
    """Offer the owner of a sign-in name to work here too; the answer is the same for a name nobody has.

    Raises:
        AlreadyMember: the account is one of this place already, or an offer waits.
        InvalidInput: a role is unknown.
        TwoAdministrators: the roles are two of the three administrators.
        NotFound: the centre has no such member of staff or department.
    """
    refuse_roles(by, roles)
    if not tenancy.directory().has_staff(by.tenant_id, practitioner_id, department_id):
        raise NotFound(field="practitioner_id")
    name = passwords.normalise_name(sign_in_name)
    member = select(Membership.id).join(Account, Account.id == Membership.account_id)
    member = member.where(Account.sign_in_name == name, Membership.tenant_id == place_of(by))
    waiting = select(JoinOffer.id).where(
        JoinOffer.tenant_id == place_of(by), JoinOffer.sign_in_name == name, JoinOffer.ended_at.is_(None)
    )
    if any(db.session.scalar(known.limit(1)) is not None for known in (member, waiting)):
        raise AlreadyMember(field="sign_in_name")
    offer = JoinOffer(
        tenant_id=place_of(by),
        sign_in_name=name,
        roles=roles,
        practitioner_id=practitioner_id,
        department_id=department_id,
        offered_by=by.account_id,
        offered_at=clock.now(),
    )
    db.session.add(offer)
    db.session.flush()
    audit.record("offer.made", offer, by=by, sign_in_name=name, roles=roles)
    return offer


@use_case("accounts.account.manage", database="control")
def withdraw_offer(*, offer_id: int, by: Actor) -> JoinOffer:
    """Take back an offer that nobody has answered.

    Raises:
        NotFound: this place has no such open offer.
    """
    offer = lock_row(JoinOffer, offer_id)
    if offer is None or offer.tenant_id != place_of(by) or offer.ended_at is not None:
        raise NotFound(field="offer_id")
    offer.ended_at = clock.now()
    audit.record("offer.withdrawn", offer, by=by)
    return offer


@use_case("accounts.self.manage", database="control")
def accept_offer(*, offer_id: int, by: Actor) -> Membership:
    """Accept to work in another place too; it stands in one's menu of places from now on.

    Raises:
        NotFound: no open offer of this number for the actor.
    """
    offer = _offer_for(offer_id, by)
    offer.ended_at, offer.is_accepted = clock.now(), True
    membership = Membership(
        account_id=by.account_id,
        tenant_id=offer.tenant_id,
        practitioner_id=offer.practitioner_id,
        department_id=offer.department_id,
        roles=offer.roles,
    )
    db.session.add(membership)
    db.session.flush()
    audit.record("offer.accepted", membership, by=by)
    there = replace(by, tenant_id=offer.tenant_id or None)
    if there.tenant_id != by.tenant_id:
        after_commit(lambda: audit.note("offer.accepted", by=there))  # its own trail says so too
    return membership


@use_case("accounts.self.manage", database="control")
def decline_offer(*, offer_id: int, by: Actor) -> JoinOffer:
    """Decline an offer.

    Raises:
        NotFound: no open offer of this number for the actor.
    """
    offer = _offer_for(offer_id, by)
    offer.ended_at = clock.now()
    audit.record("offer.declined", offer, by=by)
    return offer


def _offer_for(offer_id: int, by: Actor) -> JoinOffer:
    offer = lock_row(JoinOffer, offer_id)
    account = db.session.get(Account, by.account_id)
    is_theirs = offer is not None and account is not None and offer.sign_in_name == account.sign_in_name
    if offer is None or not is_theirs or offer.ended_at is not None or by.origin == "api":
        raise NotFound(field="offer_id")
    return offer
