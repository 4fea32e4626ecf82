"""Accounts: opened, given roles, closed; their passwords."""

from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy import false, select, update
from sqlalchemy.exc import IntegrityError

from app import audit, clock, tenancy
from app.accounts import passwords
from app.accounts.errors import AccountElsewhere, NameTaken, OwnRoles
from app.accounts.models import Account, AccountPerson, Membership, SignIn
from app.accounts.services.password_rules import (
    prepare_change,
    prepare_fresh,
    refuse_weak,
    store,
)
from app.accounts.services.places import end_sign_ins, membership_here, place_of, refuse_roles
from app.actor import Actor
from app.db import db, lock_row
from app.errors import InvalidInput, NotFound
from app.i18n import gettext
from app.use_cases import Secret, use_case

SignInName = Annotated[str, Field(min_length=2, max_length=50, pattern=r"^[\w.@-]+$")]
PersonName = Annotated[str, Field(min_length=2, max_length=50)]
Roles = Annotated[list[str], Field(min_length=1, max_length=20)]
Password = Annotated[  # compared as it was typed, blanks at its ends included
    str, StringConstraints(strip_whitespace=False, min_length=1, max_length=200), Secret()
]


@use_case("accounts.account.manage", database="control", is_step=True, prepare=prepare_fresh)
def create_account(
    *,
    sign_in_name: SignInName,
    display_name: PersonName,
    password: Password,
    roles: Roles,
    practitioner_id: int | None = None,
    department_id: int | None = None,
    must_change_password: bool = True,
    by: Actor,
) -> Account:
    """Open an account with a password that is known already: the installer's and the demonstration's way.

    At the screen and for programs there is ``invite``: its owner alone knows the password.

    Raises:
        NameTaken: another account has the sign-in name.
        InvalidInput: the password is weak, or a role is unknown.
        TwoAdministrators: the roles are two of the three administrators.
        NotFound: the centre has no such member of staff or department.
    """
    refuse_weak(password, sign_in_name, display_name, by=by)
    refuse_roles(by, roles)
    if not tenancy.directory().has_staff(by.tenant_id, practitioner_id, department_id):
        raise NotFound(field="practitioner_id")
    account = Account(
        sign_in_name=passwords.normalise_name(sign_in_name),
        display_name=display_name,
        must_change_password=must_change_password,
        created_at=clock.now(),
    )
    add_with_membership(account, roles, by, practitioner_id=practitioner_id, department_id=department_id)
    store(account, password)
    audit.record("account.created", account, by=by, roles=roles)
    return account


def add_with_membership(account: Account, roles: list[str], by: Actor, **desk: int | None) -> None:
    """The account and its membership here."""
    db.session.add(account)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise NameTaken(field="sign_in_name") from None
    db.session.add(Membership(account_id=account.id, tenant_id=place_of(by), roles=roles, **desk))


@use_case("accounts.token.manage", database="control")
def create_program(*, sign_in_name: SignInName, display_name: PersonName, roles: Roles, by: Actor) -> Account:
    """Open the account of a program (an analyser, a partner's system): it has tokens, and no password ever.

    Raises:
        NameTaken: another account has the sign-in name.
        InvalidInput: a role is unknown.
        TwoAdministrators: the roles are two of the three administrators.
    """
    refuse_roles(by, roles)
    account = Account(
        sign_in_name=passwords.normalise_name(sign_in_name),
        display_name=display_name,
        is_program=True,
        created_at=clock.now(),
    )
    add_with_membership(account, roles, by)
    audit.record("account.program_created", account, by=by, roles=roles)
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
        TwoAdministrators: the roles are two of the three administrators.
    """
    if account_id == by.account_id:
        raise OwnRoles
    refuse_roles(by, roles)
    membership = membership_here(account_id, by)
    before = list(membership.roles)
    membership.roles, membership.is_enabled = roles, is_enabled
    end_sign_ins(membership.id)
    audit.record("account.roles_changed", membership, by=by, before=before, after=roles, enabled=is_enabled)
    return membership


@use_case("accounts.self.manage", database="control", prepare=prepare_change)
def change_password(*, present: Password, fresh: Password, by: Actor) -> Account:
    """Change one's own password; every sign-in of the account in a browser ends, this one too.

    Raises:
        InvalidInput: the present password is not right, or the new one is weak.
    """
    account = lock_row(Account, by.account_id)
    if account is None or not passwords.verify_password(account.password_hash, present):
        raise InvalidInput({"present": [gettext("This is not your present password.")]})
    names = (account.sign_in_name, account.display_name)
    refuse_weak(fresh, *names, by=by, field="fresh", account_id=account.id)
    store(account, fresh)
    account.must_change_password = False
    db.session.execute(
        update(SignIn)
        .where(SignIn.account_id == account.id, SignIn.ended_at.is_(None), SignIn.is_program == false())
        .values(ended_at=clock.now())
    )
    audit.record("account.password_changed", account, by=by)
    return account


def refuse_shared(account_id: int, by: Actor) -> None:
    """No single place takes over an account that also belongs to another."""
    elsewhere = select(Membership.id).where(
        Membership.account_id == account_id, Membership.tenant_id != place_of(by), Membership.is_enabled
    )
    if db.session.scalar(elsewhere.limit(1)) is not None:
        raise AccountElsewhere


@use_case("accounts.account.manage", database="control")
def note_person(
    *,
    account_id: int,
    document_number: Annotated[str, Field(min_length=5, max_length=40), Secret()],
    by: Actor,
) -> Account:
    """Note whose account it is, by the number of an identity document; sealed, and shown nowhere.

    The watch knows by it one's own health record and those of colleagues (AUD-06).

    Raises:
        NotFound: the account does not belong to this place.
        InvalidInput: the account is a program's.
        AccountElsewhere: the number was noted, and the account belongs to another centre too.
    """
    membership_here(account_id, by)
    account = lock_row(Account, account_id)
    if account is None:
        raise NotFound(field="account_id")
    if account.is_program:
        raise InvalidInput({"document_number": [gettext("A program is not a person.")]})
    person = db.session.scalar(select(AccountPerson).where(AccountPerson.account_id == account_id))
    if person is not None:  # what blinds the watch here would blind it in the other centre too
        refuse_shared(account_id, by)
    else:
        person = AccountPerson(account_id=account_id)
        db.session.add(person)
    person.document_number, person.noted_at = document_number.upper(), clock.now()
    audit.record("account.person_noted", account, by=by)
    return account
