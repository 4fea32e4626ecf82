"""The second factor: one-time codes by the clock (TOTP, RFC 6238), each good once, and recovery codes on paper."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import delete, select, update

from app import audit, clock
from app.accounts.errors import CodeRefused, OwnRoles
from app.accounts.models import Account, RecoveryCode, SecondFactor, SignIn
from app.accounts.services.people import refuse_shared
from app.accounts.services.places import end_sign_ins, membership_here
from app.accounts.services.signing_in import begin_after, count_failure, hash_token, is_locked
from app.actor import Actor
from app.db import Mode, control_unit, db, lock_row, update_rows
from app.errors import NotFound
from app.use_cases import use_case

ISSUER = "HIS"
STEP_SECONDS, DRIFT = 30, 1  # a clock may be one step off in either direction
CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What the owner of a fresh second factor receives: the browser's token, and codes shown this once."""

    token: str
    recovery_codes: list[str]


def begin_enrolment(*, by: Actor) -> str:
    """The address (``otpauth:``) that an authenticator scans; the same until the enrolment is confirmed.

    Raises:
        NotFound: the account has a second factor already.
    """
    with control_unit(Mode.WRITE):
        account = lock_row(Account, by.account_id)
        factor = _factor_of(by.account_id)
        if account is None or (factor is not None and factor.confirmed_at is not None):
            raise NotFound
        if factor is None:
            factor = SecondFactor(account_id=account.id, secret=pyotp.random_base32(), created_at=clock.now())
            db.session.add(factor)
            db.session.commit()
        return pyotp.TOTP(factor.secret).provisioning_uri(name=account.sign_in_name, issuer_name=ISSUER)


def confirm_enrolment(*, token: str, code: str, by: Actor) -> Enrolled:
    """Take the second factor into use by a first code; this sign-in goes on with a fresh token.

    Raises:
        CodeRefused: the code does not fit, or the account is locked.
        NotFound: nothing was begun, or the sign-in has ended.
    """
    moment = clock.now()
    with control_unit(Mode.WRITE):
        account, present, factor = _locked(token, by, moment)
        if factor is None or factor.confirmed_at is not None:
            raise NotFound
        _take_step(account, factor, code, moment)
        factor.confirmed_at = moment
        codes = [_make_code() for _ in range(CODES)]
        for fresh in codes:
            db.session.add(RecoveryCode(account_id=account.id, code_hash=hash_token(_plain(fresh))))
        fresh_token = begin_after(present, moment, factor_at=moment)
        db.session.commit()
    audit.note("factor.enrolled", by=by)
    return Enrolled(fresh_token, codes)


def give_code(*, token: str, code: str, by: Actor) -> str:
    """The second step of a sign-in: a code of the authenticator, or a recovery code; returns a fresh token.

    Raises:
        CodeRefused: the code does not fit, was used before, or the account is locked.
        NotFound: the account has no second factor, or the sign-in has ended.
    """
    moment = clock.now()
    with control_unit(Mode.WRITE):
        account, present, factor = _locked(token, by, moment)
        if factor is None or factor.confirmed_at is None:
            raise NotFound
        is_recovery = _spend_recovery_code(account.id, code, moment)
        if not is_recovery:
            _take_step(account, factor, code, moment)
        account.failed_count = 0
        fresh = begin_after(present, moment, factor_at=moment)
        db.session.commit()
    if is_recovery:
        audit.note("factor.recovery_code_used", by=by)
    return fresh


@use_case("accounts.account.manage", database="control")
def reset_factor(*, account_id: int, by: Actor) -> Account:
    """Take away the second factor of somebody who lost it; they enrol anew, and their sign-ins end.

    Raises:
        NotFound: the account does not belong to this place.
        OwnRoles: it is the actor's own.
        AccountElsewhere: it belongs to another centre too.
    """
    if account_id == by.account_id:
        raise OwnRoles
    membership = membership_here(account_id, by)
    refuse_shared(account_id, by)
    account = lock_row(Account, account_id)
    if account is None:
        raise NotFound(field="account_id")
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    db.session.execute(delete(SecondFactor).where(SecondFactor.account_id == account_id))
    end_sign_ins(membership.id)
    audit.record("factor.reset", account, by=by)
    return account


def _locked(token: str, by: Actor, moment: datetime) -> tuple[Account, SignIn, SecondFactor | None]:
    """The account, held against a second browser with the same code, this sign-in, and the factor."""
    account = lock_row(Account, by.account_id)
    present = db.session.scalar(
        select(SignIn).where(SignIn.token_hash == hash_token(token), SignIn.ended_at.is_(None))
    )
    if account is None or present is None or present.account_id != account.id or present.is_program:
        raise NotFound
    if is_locked(account, moment):
        raise CodeRefused(field="code")
    return account, present, _factor_of(account.id)


def _factor_of(account_id: int) -> SecondFactor | None:
    return db.session.scalar(select(SecondFactor).where(SecondFactor.account_id == account_id))


def _take_step(account: Account, factor: SecondFactor, code: str, moment: datetime) -> None:
    """Accept a code of a step that was not used before; the failure of another is counted."""
    step = _fitting_step(factor, _plain(code), moment)
    if step is None:
        count_failure(account, moment)
        db.session.commit()
        raise CodeRefused(field="code")
    factor.last_step = step


def _fitting_step(factor: SecondFactor, code: str, moment: datetime) -> int | None:
    now, totp = int(moment.timestamp()) // STEP_SECONDS, pyotp.TOTP(factor.secret)
    fitting = [
        step
        for step in range(now - DRIFT, now + DRIFT + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
        and step > (factor.last_step or 0)
    ]
    return fitting[0] if fitting else None


def _spend_recovery_code(account_id: int, code: str, moment: datetime) -> bool:
    spent = update_rows(
        update(RecoveryCode)
        .where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
        .where(RecoveryCode.code_hash == hash_token(_plain(code)))
        .values(used_at=moment)
    )
    return spent > 0


def _make_code() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def _plain(code: str) -> str:
    """As it was typed, without what people put between groups."""
    return "".join(letter for letter in code.lower()[:_LONGEST] if letter.isalnum())
