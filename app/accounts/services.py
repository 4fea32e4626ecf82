"""Who may sign in, and as what."""

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from flask import current_app
from pydantic import Field, StringConstraints
from sqlalchemy import false, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app import audit, clock, tenancy
from app.accounts import passwords
from app.accounts.errors import AccountElsewhere, NameTaken, OwnRoles, SignInRefused
from app.accounts.models import Account, Membership, SignIn
from app.actor import Actor
from app.db import Mode, control_unit, db, lock_row
from app.db.retrying import reading
from app.errors import InvalidInput, NotFound, PermissionDenied
from app.i18n import N_, gettext
from app.use_cases import use_case

FAILURES, LOCK_MINUTES = 5, 15
_SEEN_EVERY = timedelta(seconds=60)
_WEAK = {
    "short": N_("At least 10 characters, please."),
    "long": N_("At most 128 characters, please."),
    "common": N_("Too easy to guess. Three unrelated words make a good password."),
    "name": N_("The password must not contain your name."),
}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a request learns from its token."""

    sign_in_id: int
    actor: Actor
    display_name: str
    must_change_password: bool


SignInName = Annotated[str, Field(min_length=2, max_length=50, pattern=r"^[\w.@-]+$")]
PersonName = Annotated[str, Field(min_length=2, max_length=50)]
Password = Annotated[  # compared as it was typed, blanks at its ends included
    str, StringConstraints(strip_whitespace=False, min_length=1, max_length=200)
]


def sign_in(*, name: str, password: str, address: str, now: datetime | None = None) -> str:
    """Check a name and password and begin a sign-in; returns the browser's token.

    Raises:
        SignInRefused: the same answer, in the same time, for every reason.
    """
    moment = now or clock.now()
    if "\0" in name:  # no database stores it
        raise SignInRefused(field="name")
    with control_unit(Mode.WRITE):
        account = db.session.scalar(
            select(Account).where(Account.sign_in_name == passwords.normalise_name(name)).with_for_update()
        )
        fits = passwords.verify_password(account.password_hash if account else "", password)
        locked = account is not None and account.locked_until is not None and account.locked_until > moment
        if account is None or not fits or locked or not account.is_enabled:
            if account is not None and not locked:
                account.failed_count += 1
                if account.failed_count >= FAILURES:
                    account.failed_count, account.locked_until = 0, moment + timedelta(minutes=LOCK_MINUTES)
                db.session.commit()
            refused = account
        else:
            refused = None
            account.failed_count, account.locked_until = 0, None
            membership = _first_membership(account.id)
            if membership is None:
                raise SignInRefused
            token = _begin(account.id, membership.id, address, moment)
            db.session.commit()
            actor = Actor(
                account_id=account.id,
                name=account.display_name,
                tenant_id=membership.tenant_id,
                address=address,
            )
    if refused is not None or account is None:
        who = refused.id if refused else 0
        label = refused.display_name if refused else gettext("unknown account")
        audit.note("sign_in.refused", by=Actor(account_id=who, name=label, address=address), subject=None)
        raise SignInRefused(field="name")
    audit.note("sign_in.begun", by=actor)
    return token


def _first_membership(account_id: int) -> Membership | None:
    return db.session.scalar(
        select(Membership)
        .where(Membership.account_id == account_id, Membership.is_enabled)
        .order_by(Membership.id)
        .limit(1)
    )


def _begin(account_id: int, membership_id: int, address: str, moment: datetime, **options: object) -> str:
    token = secrets.token_urlsafe(32)
    db.session.add(
        SignIn(
            token_hash=_hash(token),
            account_id=account_id,
            membership_id=membership_id,
            started_at=moment,
            seen_at=moment,
            address=address[:64],
            **options,
        )
    )
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@reading
def find_signed_in(token: str, *, address: str, origin: str = "desk") -> SignedIn | None:
    """Who holds this token, with today's roles and permissions; None when it ended or was never given."""
    moment = clock.now()
    with control_unit():
        row = db.session.execute(
            select(*_OF_A_REQUEST)
            .join(Account, Account.id == SignIn.account_id)
            .join(Membership, Membership.id == SignIn.membership_id)
            .where(SignIn.token_hash == _hash(token), SignIn.ended_at.is_(None))
            .where(Account.is_enabled, Membership.is_enabled)
        ).first()
        if row is None or _has_ended(row, moment):
            return None
        actor = _actor(row.account_id, row.display_name, row, address, origin)
    if moment - row.seen_at > _SEEN_EVERY:
        with suppress(DBAPIError), control_unit(Mode.WRITE):  # a page goes on while nobody can write
            db.session.execute(update(SignIn).where(SignIn.id == row.id).values(seen_at=moment))
            db.session.commit()
    return SignedIn(row.id, actor, row.display_name, row.must_change_password)


_OF_A_REQUEST = (  # columns, not rows: every request asks for them
    SignIn.id,
    SignIn.seen_at,
    SignIn.started_at,
    SignIn.is_program,
    SignIn.account_id,
    Account.display_name,
    Account.must_change_password,
    Membership.tenant_id,
    Membership.practitioner_id,
    Membership.station_id,
    Membership.department_id,
    Membership.roles,
)


def _has_ended(row: Any, moment: datetime) -> bool:
    """Whether a person's sign-in rested too long or is too old; a program's token ends by revocation only."""
    settings = current_app.extensions["his_settings"]
    idle = timedelta(minutes=settings.sign_in_idle_minutes)
    oldest = timedelta(hours=settings.sign_in_hours)
    return not row.is_program and (moment - row.seen_at > idle or moment - row.started_at > oldest)


def actor_of(account: Account, membership: Membership, address: str = "", origin: str = "desk") -> Actor:
    """The actor of an account in a centre, with the permissions its roles have there today."""
    return _actor(account.id, account.display_name, membership, address, origin)


def _actor(account_id: int, name: str, place: Any, address: str, origin: str) -> Actor:
    tenant = tenancy.tenant_of(place.tenant_id)
    permissions: set[str] = set()
    for role in place.roles:
        permissions |= tenant.grants.get(role, frozenset())
    return Actor(
        account_id=account_id,
        name=name,
        tenant_id=place.tenant_id,
        practitioner_id=place.practitioner_id,
        station_id=place.station_id,
        department_id=place.department_id,
        permissions=frozenset(permissions),
        roles=tuple(place.roles),
        address=address,
        origin=origin,
    )


def find_actor(sign_in_name: str, *, origin: str = "job") -> Actor:
    """The actor of an account in its first centre, for programs that act for a person who asked them to.

    Raises:
        NotFound: no such account, or it is disabled.
    """
    with control_unit():
        found = db.session.execute(
            select(Account, Membership)
            .join(Membership, Membership.account_id == Account.id)
            .where(Account.sign_in_name == passwords.normalise_name(sign_in_name), Account.is_enabled)
            .where(Membership.is_enabled)
            .order_by(Membership.id)
            .limit(1)
        ).first()
    if found is None:
        raise NotFound
    return actor_of(found[0], found[1], origin=origin)


def sign_out(token: str) -> None:
    """End a sign-in; the token is worth nothing from now on."""
    with control_unit(Mode.WRITE):
        db.session.execute(
            update(SignIn)
            .where(SignIn.token_hash == _hash(token), SignIn.ended_at.is_(None))
            .values(ended_at=clock.now())
        )
        db.session.commit()


@use_case("accounts.account.manage", database="control")
def create_account(
    *,
    sign_in_name: SignInName,
    display_name: PersonName,
    password: Password,
    roles: Annotated[list[str], Field(min_length=1, max_length=20)],
    practitioner_id: int | None = None,
    department_id: int | None = None,
    must_change_password: bool = True,
    by: Actor,
) -> Account:
    """Open an account with a membership in the actor's centre.

    Raises:
        NameTaken: another account has the sign-in name.
        InvalidInput: the password is weak, or a role is unknown.
        NotFound: the centre has no such member of staff or department.
    """
    _refuse_weak(password, sign_in_name, display_name)
    _refuse_unknown_roles(by, roles)
    if not tenancy.directory().has_staff(by.tenant_id, practitioner_id, department_id):
        raise NotFound(field="practitioner_id")
    account = Account(
        sign_in_name=passwords.normalise_name(sign_in_name),
        display_name=display_name,
        password_hash=passwords.hash_password(password),
        must_change_password=must_change_password,
        created_at=clock.now(),
    )
    db.session.add(account)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise NameTaken(field="sign_in_name") from None
    db.session.add(
        Membership(
            account_id=account.id,
            tenant_id=by.tenant_id,
            practitioner_id=practitioner_id,
            department_id=department_id,
            roles=roles,
        )
    )
    audit.record("account.created", account, by=by, roles=roles)
    return account


@use_case("accounts.account.manage", database="control")
def change_roles(
    *, account_id: int, roles: Annotated[list[str], Field(max_length=20)], is_enabled: bool = True, by: Actor
) -> Membership:
    """Give an account other roles in the actor's centre, or close its membership; its sign-ins end.

    Raises:
        NotFound: the account does not belong to this centre.
        OwnRoles: it is the actor's own.
        InvalidInput: a role is unknown.
    """
    if account_id == by.account_id:
        raise OwnRoles
    _refuse_unknown_roles(by, roles)
    membership = _membership_here(account_id, by)
    before = list(membership.roles)
    membership.roles, membership.is_enabled = roles, is_enabled
    _end_sign_ins(membership.id)
    audit.record("account.roles_changed", membership, by=by, before=before, after=roles, enabled=is_enabled)
    return membership


@use_case("accounts.account.manage", database="control")
def reset_password(*, account_id: int, password: Password, by: Actor) -> Account:
    """Give an account a one-time password, unlock it and end its sign-ins.

    Raises:
        NotFound: the account does not belong to this centre.
        AccountElsewhere: it belongs to another centre too.
        InvalidInput: the password is weak.
    """
    membership = _membership_here(account_id, by)
    _refuse_shared(account_id, by)
    account = lock_row(Account, membership.account_id)
    if account is None:
        raise NotFound
    _refuse_weak(password, account.sign_in_name, account.display_name)
    account.password_hash, account.must_change_password = passwords.hash_password(password), True
    account.failed_count, account.locked_until = 0, None
    _end_sign_ins(membership.id)
    audit.record("account.password_reset", account, by=by)
    return account


@use_case("accounts.self.manage", database="control")
def change_password(*, present: Password, fresh: Password, by: Actor) -> Account:
    """Change one's own password; every sign-in of the account in a browser ends, this one too.

    Raises:
        InvalidInput: the present password is not right, or the new one is weak.
    """
    account = lock_row(Account, by.account_id)
    if account is None or not passwords.verify_password(account.password_hash, present):
        raise InvalidInput({"present": [gettext("This is not your present password.")]})
    _refuse_weak(fresh, account.sign_in_name, account.display_name, field="fresh")
    account.password_hash, account.must_change_password = passwords.hash_password(fresh), False
    db.session.execute(
        update(SignIn)
        .where(SignIn.account_id == account.id, SignIn.ended_at.is_(None), SignIn.is_program == false())
        .values(ended_at=clock.now())
    )
    audit.record("account.password_changed", account, by=by)
    return account


@use_case("accounts.token.manage", database="control")
def revoke_token(*, sign_in_id: int, by: Actor) -> SignIn:
    """End an API token of this centre at once.

    Raises:
        NotFound: no such token here.
    """
    row = db.session.scalar(
        select(SignIn)
        .join(Membership, Membership.id == SignIn.membership_id)
        .where(SignIn.id == sign_in_id, SignIn.is_program, Membership.tenant_id == by.tenant_id)
    )
    if row is None:
        raise NotFound
    row.ended_at = clock.now()
    audit.record("token.revoked", row, by=by)
    return row


def issue_token(*, account_id: int, label: str, by: Actor) -> str:
    """Make an API token for an account of this centre; its text is shown once and never stored.

    Raises:
        NotFound: the account does not belong to this centre.
        PermissionDenied: the actor may not.
    """
    if not by.may("accounts.token.manage"):
        raise PermissionDenied(permission="accounts.token.manage")
    with control_unit(Mode.WRITE):
        membership = _membership_here(account_id, by)
        token = _begin(
            account_id, membership.id, by.address, clock.now(), is_program=True, label=label.strip()[:80]
        )
        db.session.commit()
    audit.note("token.issued", by=by, account=account_id, label=label[:80])
    return token


def _membership_here(account_id: int, by: Actor) -> Membership:
    membership = db.session.scalar(
        select(Membership).where(Membership.account_id == account_id, Membership.tenant_id == by.tenant_id)
    )
    if membership is None:
        raise NotFound(field="account_id")
    return membership


def _refuse_shared(account_id: int, by: Actor) -> None:
    elsewhere = select(Membership.id).where(
        Membership.account_id == account_id, Membership.tenant_id != by.tenant_id, Membership.is_enabled
    )
    if db.session.scalar(elsewhere.limit(1)) is not None:
        raise AccountElsewhere


def _end_sign_ins(membership_id: int) -> None:
    db.session.execute(
        update(SignIn)
        .where(SignIn.membership_id == membership_id, SignIn.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


def _refuse_weak(password: str, *own_words: str, field: str = "password") -> None:
    if why := passwords.weakness(password, *own_words):
        raise InvalidInput({field: [gettext(_WEAK[why])]})


def _refuse_unknown_roles(by: Actor, roles: list[str]) -> None:
    known = tenancy.tenant_of(by.tenant_id).grants
    if any(role not in known for role in roles):
        raise InvalidInput({"roles": [gettext("Please choose one of the list.")]})
