"""Reading accounts of a centre."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app import clock
from app.accounts.models import Account, Membership, SignIn
from app.accounts.services import actor_of
from app.actor import Actor
from app.db import control_unit, db
from app.errors import NotFound


@dataclass(frozen=True, slots=True)
class Member:
    """An account as its centre sees it."""

    account: Account
    membership: Membership

    @property
    def is_locked(self) -> bool:
        """Whether too many failures have locked it for the moment."""
        return self.account.locked_until is not None and self.account.locked_until > clock.now()


@dataclass(frozen=True, slots=True)
class Token:
    """An API token: its label and life, never its text."""

    id: int
    label: str
    account_name: str
    started_at: datetime
    seen_at: datetime
    ended_at: datetime | None


def list_members(*, by: Actor) -> list[Member]:
    """Accounts with a membership in the actor's centre, in the order they were opened."""
    rows = db.session.execute(
        select(Account, Membership)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.tenant_id == by.tenant_id)
        .order_by(Membership.id)
    )
    return [Member(account, membership) for account, membership in rows]


def get_member(account_id: int, *, by: Actor) -> Member:
    """The account as a member of the actor's centre, or NotFound."""
    row = db.session.execute(
        select(Account, Membership)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.tenant_id == by.tenant_id, Account.id == account_id)
    ).first()
    if row is None:
        raise NotFound(field="account_id")
    return Member(row[0], row[1])


def list_tokens(*, by: Actor) -> list[Token]:
    """API tokens of the actor's centre, newest first."""
    rows = db.session.execute(
        select(SignIn, Account.display_name)
        .join(Membership, Membership.id == SignIn.membership_id)
        .join(Account, Account.id == SignIn.account_id)
        .where(SignIn.is_program, Membership.tenant_id == by.tenant_id)
        .order_by(SignIn.id.desc())
        .limit(200)
    )
    return [Token(s.id, s.label, name, s.started_at, s.seen_at, s.ended_at) for s, name in rows]


def find_actor_of(account_id: int, tenant_id: int, *, origin: str) -> Actor | None:
    """The actor of an account in a centre, with today's permissions; None when it may act there no more."""
    with control_unit():
        row = db.session.execute(
            select(Account, Membership)
            .join(Membership, Membership.account_id == Account.id)
            .where(Account.id == account_id, Membership.tenant_id == tenant_id)
            .where(Account.is_enabled, Membership.is_enabled)
        ).first()
    return None if row is None else actor_of(row[0], row[1], origin=origin)
