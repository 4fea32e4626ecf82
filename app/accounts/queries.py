"""Reading accounts of a centre."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import func, or_, select

from app import clock
from app.accounts.models import (
    Account,
    AccountPerson,
    JoinOffer,
    Membership,
    ProgramKey,
    RecoveryCode,
    SecondFactor,
    SignIn,
)
from app.accounts.services import actor_of
from app.accounts.services.places import place_of
from app.actor import Actor
from app.db import control_unit, db
from app.errors import NotFound
from app.i18n import gettext
from app.tenancy import DISTRICT, directory


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
    """Accounts with a membership in the actor's place, in the order they were opened."""
    rows = db.session.execute(
        select(Account, Membership)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.tenant_id == place_of(by))
        .order_by(Membership.id)
    )
    return [Member(account, membership) for account, membership in rows]


def get_member(account_id: int, *, by: Actor) -> Member:
    """The account as a member of the actor's place, or NotFound."""
    row = db.session.execute(
        select(Account, Membership)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.tenant_id == place_of(by), Account.id == account_id)
    ).first()
    if row is None:
        raise NotFound(field="account_id")
    return Member(row[0], row[1])


def list_tokens(*, by: Actor) -> list[Token]:
    """API tokens of the actor's place, newest first."""
    rows = db.session.execute(
        select(SignIn, Account.display_name)
        .join(Membership, Membership.id == SignIn.membership_id)
        .join(Account, Account.id == SignIn.account_id)
        .where(SignIn.is_program, Membership.tenant_id == place_of(by))
        .order_by(SignIn.id.desc())
        .limit(200)
    )
    return [Token(s.id, s.label, name, s.started_at, s.seen_at, s.ended_at) for s, name in rows]


def list_program_keys(*, by: Actor) -> list[tuple[ProgramKey, str]]:
    """Keys that programs of the actor's place sign with, newest first, with the programs' names."""
    rows = db.session.execute(
        select(ProgramKey, Account.display_name)
        .join(Membership, Membership.id == ProgramKey.membership_id)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.tenant_id == place_of(by))
        .order_by(ProgramKey.id.desc())
        .limit(200)
    )
    return [(key, name) for key, name in rows]


@dataclass(frozen=True, slots=True)
class Place:
    """A centre, or the district, where an account may act."""

    membership_id: int
    name: str
    roles: list[str]


@dataclass(frozen=True, slots=True)
class OwnSignIn:
    """One of the actor's own sign-ins that has not ended."""

    id: int
    place: str
    label: str
    address: str
    started_at: datetime
    seen_at: datetime
    is_program: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A place asks the actor to work there too."""

    id: int
    place: str
    roles: list[str]
    offered_at: datetime


def name_of_place(tenant_id: int) -> str:
    """What people call it."""
    return gettext("District") if tenant_id == DISTRICT else directory().get(tenant_id).name


def list_places(account_id: int) -> list[Place]:
    """Where an account may act, in the order it came there."""
    with control_unit():
        rows = db.session.execute(
            select(Membership.id, Membership.tenant_id, Membership.roles)
            .where(Membership.account_id == account_id, Membership.is_enabled)
            .order_by(Membership.id)
        ).all()
    return [Place(row.id, name_of_place(row.tenant_id), row.roles) for row in rows]


def list_own_sign_ins(*, by: Actor) -> list[OwnSignIn]:
    """The actor's sign-ins, in all places, that have not been ended; the latest used first."""
    with control_unit():
        rows = db.session.execute(
            select(SignIn, Membership.tenant_id)
            .join(Membership, Membership.id == SignIn.membership_id)
            .where(SignIn.account_id == by.account_id, SignIn.ended_at.is_(None))
            .where(or_(SignIn.is_program, SignIn.seen_at > clock.now() - _as_long_as_a_sign_in()))
            .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
            .limit(100)
        ).all()
    return [
        OwnSignIn(s.id, name_of_place(tenant_id), s.label, s.address, s.started_at, s.seen_at, s.is_program)
        for s, tenant_id in rows
    ]


def _as_long_as_a_sign_in() -> timedelta:
    return timedelta(minutes=current_app.extensions["his_settings"].sign_in_idle_minutes)


@dataclass(frozen=True, slots=True)
class Factor:
    """The second factor of an account: since when, and how many codes on paper are left."""

    since: datetime
    codes_left: int


def find_factor(account_id: int) -> Factor | None:
    """The account's second factor in use, or None."""
    left = (
        select(func.count(RecoveryCode.id))
        .where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
        .scalar_subquery()
    )
    with control_unit():
        row = db.session.execute(
            select(SecondFactor.confirmed_at, left.label("codes_left")).where(
                SecondFactor.account_id == account_id, SecondFactor.confirmed_at.is_not(None)
            )
        ).first()
    return None if row is None or row.confirmed_at is None else Factor(row.confirmed_at, row.codes_left)


def list_own_offers(*, by: Actor) -> list[Offer]:
    """Open offers to the actor's sign-in name, the oldest first."""
    with control_unit():
        rows = db.session.scalars(
            select(JoinOffer)
            .join(Account, Account.sign_in_name == JoinOffer.sign_in_name)
            .where(Account.id == by.account_id, JoinOffer.ended_at.is_(None))
            .order_by(JoinOffer.id)
            .limit(20)
        ).all()
    return [Offer(row.id, name_of_place(row.tenant_id), row.roles, row.offered_at) for row in rows]


def list_offers(*, by: Actor) -> list[JoinOffer]:
    """Open offers of the actor's place, the newest first."""
    return list(
        db.session.scalars(
            select(JoinOffer)
            .where(JoinOffer.tenant_id == place_of(by), JoinOffer.ended_at.is_(None))
            .order_by(JoinOffer.id.desc())
            .limit(100)
        )
    )


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


def person_noted_at(account_id: int) -> datetime | None:
    """When it was noted whose account it is; None when nobody has."""
    with control_unit():
        return db.session.scalar(select(AccountPerson.noted_at).where(AccountPerson.account_id == account_id))
