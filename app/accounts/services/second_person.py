"""A second person who signs at the desk of another, with their own name and password (双人核对)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from app import audit, clock
from app.accounts import passwords
from app.accounts.errors import SecondPersonRefused, SecondPersonSame
from app.accounts.models import Account, Membership
from app.accounts.services.signing_in import actor_of, count_failure, is_locked
from app.actor import Actor
from app.db import Mode, control_unit, db, lock_row
from app.db.units import in_write_unit


class SecondPerson(str):
    """A name that was typed with the password that belongs to it: who signs as the second person."""

    account_id: int
    name: str


def proves_second(permission: str) -> Callable[[dict[str, Any], Actor], dict[str, Any]]:
    """The costly work before a use case that takes ``second_name`` and ``second_password``: is it that person?

    Without a name nobody is asked; the use case says when it wants somebody.
    """

    def prove(values: dict[str, Any], by: Actor) -> dict[str, Any]:
        if not values.get("second_name"):
            return values
        second = prove_second(values["second_name"], values["second_password"], permission, by)
        return {**values, "second_name": second, "second_password": ""}

    return prove


def prove_second(name: str, password: str, permission: str, by: Actor) -> SecondPerson:
    """Who signs as the second person; failures count as they do at the sign-in.

    Raises:
        SecondPersonRefused: name and password do not fit, the account is locked, or may not sign here.
        SecondPersonSame: it is the person at the desk, by another account of theirs too.
    """
    if in_write_unit():
        raise RuntimeError("no transaction waits for a password")
    known = _known(passwords.normalise_name(name), by)
    stored = known[0].password_hash if known else ""
    fits = passwords.verify_password(stored, password)
    found = _admit(known[0].id, stored, fits=fits) if known else None
    if found is None or known is None:
        audit.note("second_person.refused", by=replace(by), outcome="refused")
        raise SecondPersonRefused(field="second_name")
    if found.id == by.account_id or _is_same_staff(known[1], by):
        raise SecondPersonSame(field="second_name")
    if not actor_of(found, known[1], address=by.address).may(permission):
        raise SecondPersonRefused(field="second_name")
    second = SecondPerson(found.sign_in_name)
    second.account_id, second.name = found.id, found.display_name
    return second


def _is_same_staff(second: Membership, by: Actor) -> bool:
    return by.practitioner_id is not None and second.practitioner_id == by.practitioner_id


def _known(name: str, by: Actor) -> tuple[Account, Membership] | None:
    with control_unit(Mode.WRITE):  # the primary: a password changed a moment ago counts
        row = db.session.execute(
            select(Account, Membership)
            .join(Membership, Membership.account_id == Account.id)
            .where(
                Account.sign_in_name == name,
                Membership.tenant_id == by.tenant_id,
                Membership.is_enabled,
            )
        ).first()
    return (row[0], row[1]) if row else None


def _admit(account_id: int, stored: str, *, fits: bool) -> Account | None:
    moment = clock.now()
    with control_unit(Mode.WRITE):
        account = lock_row(Account, account_id)
        if account is None or not account.is_enabled or is_locked(account, moment):
            return None
        if fits and account.password_hash == stored:
            return account
        count_failure(account, moment)
        db.session.commit()
        return None
