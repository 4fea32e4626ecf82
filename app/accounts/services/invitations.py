"""An account is opened with a one-time code, by its owner: nobody else ever types or knows the password."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import select, update

from app import audit, clock, tenancy
from app.accounts import passwords
from app.accounts.errors import InvitationRefused
from app.accounts.models import Account, Invitation, Membership
from app.accounts.services.password_rules import known_passwords, refuse_weak, store
from app.accounts.services.people import PersonName, Roles, SignInName, add_with_membership, refuse_shared
from app.accounts.services.places import end_sign_ins, membership_here, refuse_roles
from app.accounts.services.signing_in import begin_first, hash_token
from app.actor import Actor
from app.db import Mode, control_unit, db, lock_row
from app.errors import NotFound
from app.use_cases import use_case

HOURS = 72
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another when read out
_LONGEST = 40


@use_case("accounts.account.manage", database="control")
def invite(
    *,
    sign_in_name: SignInName,
    display_name: PersonName,
    roles: Roles,
    practitioner_id: int | None = None,
    department_id: int | None = None,
    by: Actor,
) -> Invitation:
    """Open an account without a password; its owner sets one with the code, which is shown once.

    Raises:
        NameTaken: another account has the sign-in name.
        InvalidInput: a role is unknown.
        TwoAdministrators: the roles are two of the three administrators.
        NotFound: the centre has no such member of staff or department.
    """
    refuse_roles(by, roles)
    if not tenancy.directory().has_staff(by.tenant_id, practitioner_id, department_id):
        raise NotFound(field="practitioner_id")
    account = Account(
        sign_in_name=passwords.normalise_name(sign_in_name),
        display_name=display_name,
        created_at=clock.now(),
    )
    add_with_membership(account, roles, by, practitioner_id=practitioner_id, department_id=department_id)
    audit.record("account.created", account, by=by, roles=roles)
    return _code_for(account.id)


@use_case("accounts.account.manage", database="control", is_step=True)
def invite_first(
    *,
    tenant_id: int,
    sign_in_name: SignInName,
    display_name: PersonName,
    role: Annotated[str, Field(max_length=32)],
    by: Actor,
) -> Invitation:
    """Open an administrator's account in a centre that is just being made; a part of making it.

    Raises:
        NameTaken: another account has the sign-in name.
    """
    account = Account(
        sign_in_name=passwords.normalise_name(sign_in_name),
        display_name=display_name,
        created_at=clock.now(),
    )
    add_with_membership(account, [role], replace(by, tenant_id=tenant_id))
    audit.record("account.created", account, by=by, roles=[role], tenant_id=tenant_id)
    code = _code_for(account.id)
    code.sign_in_name, code.display_name, code.role = account.sign_in_name, display_name, role
    return code


@use_case("accounts.account.manage", database="control")
def reset_password(*, account_id: int, by: Actor) -> Invitation:
    """Take away a password, unlock the account and end its sign-ins; its owner sets another with the code.

    Raises:
        NotFound: the account does not belong to this place, or is a program's.
        AccountElsewhere: it belongs to another centre too.
    """
    membership = membership_here(account_id, by)
    refuse_shared(account_id, by)
    account = lock_row(Account, account_id)
    if account is None or account.is_program:
        raise NotFound(field="account_id")
    account.password_hash, account.must_change_password = "", False
    account.failed_count, account.locked_until = 0, None
    end_sign_ins(membership.id)
    audit.record("account.password_reset", account, by=by)
    return _code_for(account_id)


def _code_for(account_id: int) -> Invitation:
    """A fresh code; earlier ones are worth nothing any more."""
    moment = clock.now()
    db.session.execute(
        update(Invitation)
        .where(Invitation.account_id == account_id, Invitation.used_at.is_(None))
        .values(used_at=moment)
    )
    code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    row = Invitation(
        account_id=account_id, code_hash=hash_token(_plain(code)), expires_at=moment + timedelta(hours=HOURS)
    )
    db.session.add(row)
    db.session.flush()
    row.code = code
    return row


def _plain(code: str) -> str:
    return "".join(letter for letter in code.lower()[:_LONGEST] if letter.isalnum())


def open_account(*, code: str, password: str, address: str) -> str:
    """Set the password with a code and sign in; returns the browser's token.

    Raises:
        InvitationRefused: there is no such code, or it was used, or it is too old.
        InvalidInput: the password is weak.
    """
    moment = clock.now()
    with control_unit(Mode.WRITE):  # the primary
        found = _valid(code, moment)
        if found is None:
            raise InvitationRefused(field="code")
        account_id, name, display_name, tenant_id = found
        known = known_passwords(account_id)
    who = Actor(account_id=account_id, name=display_name, tenant_id=tenant_id or None, address=address)
    fresh = passwords.prepare(password, *known)  # costly: no transaction waits for it
    with control_unit(Mode.WRITE):
        account = lock_row(Account, account_id)
        if account is None or _valid(code, moment) is None:
            raise InvitationRefused(field="code")
        refuse_weak(fresh, name, display_name, by=who, account_id=account_id)
        store(account, fresh)
        db.session.execute(
            update(Invitation).where(Invitation.code_hash == hash_token(_plain(code))).values(used_at=moment)
        )
        token = begin_first(account, address, moment)
        db.session.commit()
    audit.note("account.opened_by_code", by=who)
    return token


def _valid(code: str, moment: datetime) -> tuple[int, str, str, int] | None:
    row = db.session.execute(
        select(Account.id, Account.sign_in_name, Account.display_name, Membership.tenant_id)
        .join(Invitation, Invitation.account_id == Account.id)
        .join(Membership, Membership.account_id == Account.id)
        .where(Invitation.code_hash == hash_token(_plain(code)))
        .where(Invitation.used_at.is_(None), Invitation.expires_at > moment)
        .where(Account.is_enabled, Membership.is_enabled)
        .order_by(Membership.id)
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1], row[2], row[3])
