"""Who may sign in, where, and as what."""

from app.accounts.errors import CodeRefused, SignInRefused
from app.accounts.services.habits import choose_keys
from app.accounts.services.invitations import invite, invite_first, open_account, reset_password
from app.accounts.services.joining import (
    accept_offer,
    decline_offer,
    offer_membership,
    withdraw_offer,
)
from app.accounts.services.password_rules import change_password_profile, present_profile
from app.accounts.services.people import (
    Password,
    PersonName,
    SignInName,
    change_password,
    change_roles,
    create_account,
    create_program,
    note_person,
)
from app.accounts.services.places import end_all_sign_ins
from app.accounts.services.program_keys import end_key, find_signer, forget_spent, register_key
from app.accounts.services.second_factor import (
    Enrolled,
    begin_enrolment,
    confirm_enrolment,
    give_code,
    reset_factor,
)
from app.accounts.services.second_person import SecondPerson, proves_second
from app.accounts.services.signing_in import (
    FAILURES,
    LOCK_MINUTES,
    SignedIn,
    actor_of,
    end_own_sign_in,
    find_actor,
    find_signed_in,
    sign_in,
    sign_out,
    switch_place,
    unlock,
)
from app.accounts.services.tokens import issue_token, revoke_token

__all__ = [
    "FAILURES",
    "LOCK_MINUTES",
    "CodeRefused",
    "Enrolled",
    "Password",
    "PersonName",
    "SecondPerson",
    "SignInName",
    "SignInRefused",
    "SignedIn",
    "accept_offer",
    "actor_of",
    "begin_enrolment",
    "change_password",
    "change_password_profile",
    "change_roles",
    "choose_keys",
    "confirm_enrolment",
    "create_account",
    "create_program",
    "decline_offer",
    "end_all_sign_ins",
    "end_key",
    "end_own_sign_in",
    "find_actor",
    "find_signed_in",
    "find_signer",
    "forget_spent",
    "give_code",
    "invite",
    "invite_first",
    "issue_token",
    "note_person",
    "offer_membership",
    "open_account",
    "present_profile",
    "proves_second",
    "register_key",
    "reset_factor",
    "reset_password",
    "revoke_token",
    "sign_in",
    "sign_out",
    "switch_place",
    "unlock",
    "withdraw_offer",
]
