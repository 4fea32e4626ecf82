"""Which passwords are taken: the district's profile, words that must not be in them, and those of before."""

from typing import Any

from flask import current_app
from sqlalchemy import select

from app import audit, clock, pinyin, tenancy
from app.accounts import passwords
from app.accounts.models import Account, Policy, RememberedPassword
from app.accounts.profiles import RULES, PasswordRules, Profile, default_profile
from app.actor import Actor
from app.db import Mode, control_unit, db
from app.errors import InvalidInput
from app.i18n import N_, gettext
from app.use_cases import use_case

PROFILE = "password_profile"
_HOUSE_WORDS = ("shequ", "weisheng", "fuwu", "zhongxin", "yiyuan", "hospital")
_WEAK = {
    "short": N_("At least 10 characters, please."),
    "long": N_("At most 128 characters, please."),
    "common": N_("Too easy to guess. Three unrelated words make a good password."),
    "name": N_("The password must not contain your name or the centre's."),
    "kinds": N_("Please mix three kinds of: small letters, capital letters, digits, other characters."),
}

chosen_profile = select(Policy.value).where(Policy.name == PROFILE).scalar_subquery()


def profile_of(chosen: str | None) -> Profile:
    """The profile that a stored choice, or its absence, stands for."""
    if chosen is not None and chosen in set(Profile):
        return Profile(chosen)
    return default_profile(current_app.extensions["his_settings"].environment)


def present_profile() -> Profile:
    """The profile that holds now; asks the control database in the present unit."""
    return profile_of(db.session.scalar(select(Policy.value).where(Policy.name == PROFILE)))


@use_case("accounts.policy.change", database="control")
def change_password_profile(*, profile: Profile, by: Actor) -> Policy:
    """Choose the school of password rules that holds in every centre from the next password on."""
    before = present_profile()
    row = db.session.scalar(select(Policy).where(Policy.name == PROFILE))
    if row is None:
        row = Policy(name=PROFILE, value=profile.value)
        db.session.add(row)
    row.value = profile.value
    db.session.flush()
    audit.record("policy.password_profile_changed", row, by=by, before=before.value, after=profile.value)
    return row


def prepare_fresh(values: dict[str, Any], by: Actor) -> dict[str, Any]:
    """For a new account: only the hash."""
    return {**values, "password": passwords.prepare(values["password"])}


def prepare_change(values: dict[str, Any], by: Actor) -> dict[str, Any]:
    """For one's own account: whether the present one fits, the hash of the new one, and whether it is one of before."""
    with control_unit(Mode.WRITE):  # the primary
        present = db.session.scalar(select(Account.password_hash).where(Account.id == by.account_id)) or ""
        known = known_passwords(by.account_id)
    return {
        **values,
        "present": passwords.prepare(values["present"], present, to_store=False),
        "fresh": passwords.prepare(values["fresh"], *known),
    }


def known_passwords(account_id: int) -> list[str]:
    """Hashes of passwords that may not come again, in the present unit."""
    present = db.session.scalar(select(Account.password_hash).where(Account.id == account_id)) or ""
    return _remembered(account_id, present, RULES[present_profile()])


def _remembered(account_id: int, present: str, rules: PasswordRules) -> list[str]:
    if not rules.remembered:
        return []
    rows = db.session.scalars(
        select(RememberedPassword.password_hash)
        .where(RememberedPassword.account_id == account_id)
        .order_by(RememberedPassword.id.desc())
        .limit(rules.remembered)
    )
    return list(dict.fromkeys([*([present] if present else []), *rows]))[: rules.remembered]


def refuse_weak(
    password: str, *own_words: str, by: Actor, field: str = "password", account_id: int = 0
) -> None:
    """Refuse a password that is too short, guessable, or one of before.

    Raises:
        InvalidInput: with what is wrong, on the field.
    """
    rules = RULES[present_profile()]
    if why := passwords.weakness(password, *own_words, *_words_of_the_place(by), kinds=rules.kinds):
        raise InvalidInput({field: [gettext(_WEAK[why])]})
    if not account_id:
        return
    if any(passwords.verify_password(known, password) for known in known_passwords(account_id)):
        text = gettext("Please choose none of your last %(n)s passwords.", n=rules.remembered)
        raise InvalidInput({field: [text]})


def _words_of_the_place(by: Actor) -> list[str]:
    """What everybody of the neighbourhood would guess: the centre, in characters and in pinyin."""
    if by.tenant_id is None:
        return list(_HOUSE_WORDS)
    tenant = tenancy.tenant_of(by.tenant_id)
    spelled = pinyin.name_pinyin(tenant.name[:2]).full.replace(" ", "")
    return [*_HOUSE_WORDS, tenant.code, tenant.name[:3], spelled]


def store(account: Account, password: str) -> None:
    """Give the account a new password, and remember it for the rule of repetition."""
    account.password_hash, account.password_set_at = passwords.hash_password(password), clock.now()
    db.session.add(
        RememberedPassword(
            account_id=account.id, password_hash=account.password_hash, set_at=account.password_set_at
        )
    )
