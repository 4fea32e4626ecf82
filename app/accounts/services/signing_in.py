"""Signing in and out, changing the place, and what a request learns from its token."""

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import false, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from app import audit, clock, tenancy
from app.accounts import passwords
from app.accounts.errors import SignInRefused
from app.accounts.models import Account, Membership, SecondFactor, SignIn
from app.accounts.profiles import RULES
from app.accounts.services.password_rules import chosen_profile, profile_of
from app.actor import Actor
from app.db import Mode, control_unit, db, lock_row
from app.db.retrying import reading
from app.errors import NotFound, NotSignedIn
from app.i18n import gettext
from app.registry import ADMINISTRATORS, installed
from app.tenancy import DISTRICT
from app.use_cases import use_case

FAILURES, LOCK_MINUTES = 5, 15
SEEN_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a request learns from its token."""

    sign_in_id: int
    membership_id: int
    actor: Actor
    display_name: str
    must_change_password: bool
    places: int  # centres (and the district) that the account may act in
    missing: str = (
        ""  # "code": the second factor was not given yet; "enrolment": there must be one and is not
    )
    key_scheme: str = ""  # keys of one's own; "" has the centre's


def sign_in(*, name: str, password: str, address: str, now: datetime | None = None) -> str:
    """Check a name and password and begin a sign-in where the account was last; returns the browser's token.

    Raises:
        SignInRefused: the same answer, after the same work, for every reason.
    """
    moment = now or clock.now()
    if "\0" in name:  # no database stores it
        raise SignInRefused(field="name")
    known = _known(passwords.normalise_name(name))
    stored = known.password_hash if known else ""
    fits = passwords.verify_password(stored, password)  # costly: no transaction waits for it
    token, who = _admit(known.id, stored, address, moment, fits=fits) if known else ("", None)
    if not token:
        refused = who or Actor(account_id=0, name=gettext("unknown account"))
        audit.note("sign_in.refused", by=replace(refused, tenant_id=None, address=address), outcome="refused")
        raise SignInRefused(field="name")
    audit.note("sign_in.begun", by=who or Actor(account_id=0, name=""))
    return token


def _known(name: str) -> Account | None:
    with control_unit(Mode.WRITE):  # the primary: a password changed a moment ago counts
        return db.session.scalar(select(Account).where(Account.sign_in_name == name))


def _admit(
    account_id: int, stored: str, address: str, moment: datetime, *, fits: bool
) -> tuple[str, Actor | None]:
    """Begin the sign-in of a person whose password fits, or count the failure; the token, or ""."""
    with control_unit(Mode.WRITE):
        account = lock_row(Account, account_id)
        if account is None:
            return "", None
        who = Actor(account_id=account.id, name=account.display_name, address=address)
        if is_locked(account, moment):
            return "", who
        place = _place_to_begin(account.id)
        if not fits or account.password_hash != stored or not account.is_enabled or place is None:
            count_failure(account, moment)
            db.session.commit()
            return "", who
        account.locked_until = None
        if not _has_factor(account.id):  # else codes could be guessed for ever, four between two passwords
            account.failed_count = 0
        token = _begin(account.id, place.id, address, moment)
        who = replace(who, tenant_id=place.tenant_id or None)
        db.session.commit()
    return token, who


def _has_factor(account_id: int) -> bool:
    known = select(SecondFactor.id).where(
        SecondFactor.account_id == account_id, SecondFactor.confirmed_at.is_not(None)
    )
    return db.session.scalar(known) is not None


def is_locked(account: Account, moment: datetime) -> bool:
    """Whether too many failures have locked it for the moment."""
    return account.locked_until is not None and account.locked_until > moment


def count_failure(account: Account, moment: datetime) -> None:
    """One failure more; the fifth locks the account."""
    account.failed_count += 1
    if account.failed_count >= FAILURES:
        account.failed_count, account.locked_until = 0, moment + timedelta(minutes=LOCK_MINUTES)


def _place_to_begin(account_id: int) -> Membership | None:
    """Where the account was last, else its first place; a suspended centre only when there is no other."""
    places = list(
        db.session.scalars(
            select(Membership)
            .where(Membership.account_id == account_id, Membership.is_enabled)
            .order_by(Membership.id)
        )
    )
    if len(places) < 2:
        return places[0] if places else None
    last = db.session.scalar(
        select(SignIn.membership_id)
        .where(SignIn.account_id == account_id, SignIn.is_program == false())
        .order_by(SignIn.id.desc())
        .limit(1)
    )
    places = [place for place in places if _is_open(place)] or places
    return next((place for place in places if place.id == last), places[0])


def _is_open(place: Membership) -> bool:
    return place.tenant_id == DISTRICT or tenancy.tenant_of(place.tenant_id).is_active


def _begin(account_id: int, membership_id: int, address: str, moment: datetime, **options: Any) -> str:
    token = secrets.token_urlsafe(32)
    values = {"started_at": moment, **options}
    db.session.add(
        SignIn(
            token_hash=hash_token(token),
            account_id=account_id,
            membership_id=membership_id,
            seen_at=moment,
            address=address[:64],
            **values,
        )
    )
    return token


def hash_token(token: str) -> str:
    """What stands in the database for a token or a code that nobody could guess."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_after(present: SignIn, moment: datetime, **changed: Any) -> str:
    """End a sign-in and go on with a fresh token, as old as the first, with what has changed; returns the token."""
    present.ended_at = moment
    kept = {"started_at": present.started_at, "factor_at": present.factor_at}
    values = {"membership_id": present.membership_id, **kept, **changed}
    return _begin(present.account_id, values.pop("membership_id"), present.address, moment, **values)


def begin_first(account: Account, address: str, moment: datetime) -> str:
    """The sign-in of who has just set the password with a code, in the present writing unit."""
    place = _place_to_begin(account.id)
    if place is None:
        raise SignInRefused
    return _begin(account.id, place.id, address, moment)


def begin_program(account_id: int, membership_id: int, address: str, label: str) -> str:
    """A program's token in the present writing unit."""
    return _begin(account_id, membership_id, address, clock.now(), is_program=True, label=label)


def switch_place(*, token: str, membership_id: int, by: Actor) -> str:
    """Go on in another place of the same account: the old token ends, a fresh one begins; returns it.

    The fresh sign-in is as old as the first: changing the place makes no day longer.

    Raises:
        NotFound: the account has no such membership, or the token has ended.
    """
    moment = clock.now()
    with control_unit(Mode.WRITE):
        present = db.session.scalar(
            select(SignIn).where(
                SignIn.token_hash == hash_token(token),
                SignIn.ended_at.is_(None),
                SignIn.is_program == false(),
            )
        )
        wanted = db.session.scalar(
            select(Membership).where(
                Membership.id == membership_id, Membership.account_id == by.account_id, Membership.is_enabled
            )
        )
        if present is None or wanted is None or present.account_id != by.account_id:
            raise NotFound
        fresh = begin_after(present, moment, membership_id=wanted.id)
        tenant_id = wanted.tenant_id or None
        db.session.commit()
    audit.note("sign_in.switched", by=replace(by, tenant_id=tenant_id))
    return fresh


def unlock(*, token: str, password: str, by: Actor) -> str:
    """Go on after a rest by the password alone; the old token ends, a fresh one begins; returns it.

    Raises:
        SignInRefused: the password does not fit, or the account is locked.
        NotSignedIn: the rest was so long that the sign-in has ended.
    """
    moment = clock.now()
    with control_unit(Mode.WRITE):
        stored = db.session.scalar(select(Account.password_hash).where(Account.id == by.account_id)) or ""
    fits = passwords.verify_password(stored, password)
    with control_unit(Mode.WRITE):
        account = lock_row(Account, by.account_id)
        present = db.session.scalar(
            select(SignIn).where(SignIn.token_hash == hash_token(token), SignIn.ended_at.is_(None))
        )
        if (
            account is None
            or present is None
            or present.account_id != account.id
            or _has_ended(present, moment)
        ):
            raise NotSignedIn
        is_right = fits and account.password_hash == stored
        if is_right and not is_locked(account, moment):
            fresh = begin_after(present, moment)
            db.session.commit()
            return fresh
        if not is_locked(account, moment):
            count_failure(account, moment)
            db.session.commit()
    audit.note("sign_in.refused", by=replace(by, tenant_id=None), outcome="refused")
    raise SignInRefused(field="password")


@reading
def find_signed_in(token: str, *, address: str, origin: str = "desk") -> SignedIn | None:
    """Who holds this token, with today's roles and permissions; None when it ended or was never given."""
    moment = clock.now()
    with control_unit():
        row = db.session.execute(
            select(*_OF_A_REQUEST)
            .join(Account, Account.id == SignIn.account_id)
            .join(Membership, Membership.id == SignIn.membership_id)
            .outerjoin(SecondFactor, SecondFactor.account_id == SignIn.account_id)
            .where(SignIn.token_hash == hash_token(token), SignIn.ended_at.is_(None))
            .where(Account.is_enabled, Membership.is_enabled)
        ).first()
        if row is None or _has_ended(row, moment):
            return None
        actor = _actor(row.account_id, row.display_name, row, address, origin)
    missing = _missing(row, moment)
    if moment - row.seen_at > SEEN_EVERY and missing != "password":  # a locked desk does not wake by itself
        with suppress(DBAPIError), control_unit(Mode.WRITE):  # a page goes on while nobody can write
            db.session.execute(update(SignIn).where(SignIn.id == row.id).values(seen_at=moment))
            db.session.commit()
    if missing:
        actor = replace(actor, permissions=frozenset())  # whatever a page forgets to ask, nothing is allowed
    must_change = row.must_change_password or _is_worn_out(row, moment)
    return SignedIn(
        row.id,
        row.membership_id,
        actor,
        row.display_name,
        must_change,
        row.places,
        missing,
        row.key_scheme,
    )


def _is_worn_out(row: Any, moment: datetime) -> bool:
    """Whether the profile wants a password of this age replaced."""
    days = RULES[profile_of(row.profile)].days
    since = row.password_set_at or row.created_at
    return days is not None and not row.is_program and moment - since > timedelta(days=days)


def _missing(row: Any, moment: datetime) -> str:
    """What must come before anything else: "password" after a rest, "code" or "enrolment" of a second factor.

    Who has a second factor gives it; the administrators must have one where the policy says so.
    """
    rest = timedelta(minutes=current_app.extensions["his_settings"].sign_in_lock_minutes)
    if not row.is_program and moment - row.seen_at > rest:
        return "password"
    if row.is_program or row.factor_at is not None:
        return ""
    if row.confirmed_at is not None:
        return "code"
    policy = current_app.extensions["his_settings"].factor_policy
    return "enrolment" if policy == "administrators" and set(row.roles) & set(ADMINISTRATORS) else ""


_other = aliased(Membership)
_OF_A_REQUEST = (  # columns, not rows: every request asks for them
    SignIn.id,
    SignIn.seen_at,
    SignIn.started_at,
    SignIn.is_program,
    SignIn.account_id,
    SignIn.membership_id,
    SignIn.factor_at,
    SecondFactor.confirmed_at,
    Account.display_name,
    Account.key_scheme,
    Account.must_change_password,
    Account.password_set_at,
    Account.created_at,
    chosen_profile.label("profile"),
    Membership.tenant_id,
    Membership.practitioner_id,
    Membership.station_id,
    Membership.department_id,
    Membership.roles,
    select(func.count(_other.id))
    .where(_other.account_id == SignIn.account_id, _other.is_enabled)
    .correlate(SignIn)
    .scalar_subquery()
    .label("places"),
)


def _has_ended(row: Any, moment: datetime) -> bool:
    """Whether a person's sign-in rested too long or is too old; a program's token ends by revocation only."""
    settings = current_app.extensions["his_settings"]
    idle = timedelta(minutes=settings.sign_in_idle_minutes)
    oldest = timedelta(hours=settings.sign_in_hours)
    return not row.is_program and (moment - row.seen_at > idle or moment - row.started_at > oldest)


def actor_of(account: Account, membership: Membership, address: str = "", origin: str = "desk") -> Actor:
    """The actor of an account in a place, with the permissions its roles have there today."""
    return _actor(account.id, account.display_name, membership, address, origin)


def _actor(account_id: int, name: str, place: Any, address: str, origin: str) -> Actor:
    tenant_id = place.tenant_id or None
    grants: Any = tenancy.tenant_of(tenant_id).grants if tenant_id else installed().district_grants()
    permissions: set[str] = set()
    for role in place.roles:
        permissions |= grants.get(role, frozenset())
    return Actor(
        account_id=account_id,
        name=name,
        tenant_id=tenant_id,
        practitioner_id=place.practitioner_id,
        station_id=place.station_id,
        department_id=place.department_id,
        permissions=frozenset(permissions),
        roles=tuple(place.roles),
        address=address,
        origin=origin,
    )


def find_actor(sign_in_name: str, *, origin: str = "job") -> Actor:
    """The actor of an account in its first place, for programs that act for a person who asked them to.

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
            .where(SignIn.token_hash == hash_token(token), SignIn.ended_at.is_(None))
            .values(ended_at=clock.now())
        )
        db.session.commit()


@use_case("accounts.self.manage", database="control")
def end_own_sign_in(*, sign_in_id: int, by: Actor) -> SignIn:
    """End one of one's own sign-ins, for instance at a desk that was left open.

    Raises:
        NotFound: the actor's account has no such sign-in.
    """
    row = db.session.scalar(select(SignIn).where(SignIn.id == sign_in_id, SignIn.account_id == by.account_id))
    if row is None:
        raise NotFound
    if row.ended_at is None:
        row.ended_at = clock.now()
    audit.record("sign_in.ended", row, by=by)
    return row
