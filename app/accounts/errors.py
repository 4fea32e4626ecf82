"""Refusals of accounts and sign-ins."""

from app.errors import Conflict, DomainError, PermissionDenied
from app.i18n import N_


class SignInRefused(DomainError):
    """Name or password is wrong, or the account is locked or disabled: one answer for all."""

    status = 422
    code = "sign_in.refused"
    message = N_(
        "Name or password is not right, or the account is locked. "
        "After 5 failures it stays locked for 15 minutes."
    )


class SecondPersonRefused(DomainError):
    """Name or password of the second person is wrong, or they may not sign here: one answer for all."""

    status = 422
    code = "second_person.refused"
    message = N_(
        "Name or password of the second person is not right, or they may not sign here. "
        "After 5 failures the account stays locked for 15 minutes."
    )


class SecondPersonSame(DomainError):
    """Two people sign, not one twice."""

    status = 422
    code = "second_person.same"
    message = N_("The second person is somebody else than the one at the desk.")


class CodeRefused(DomainError):
    """The code of the second factor does not fit, was used, or the account is locked."""

    status = 422
    code = "sign_in.code_refused"
    message = N_(
        "This code is not right, or was used before. Wait for the next one. "
        "After 5 failures the account stays locked for 15 minutes."
    )


class InvitationRefused(DomainError):
    """There is no such one-time code, or it is spent."""

    status = 422
    code = "accounts.invitation_refused"
    message = N_("This code is not right, was used, or is older than three days. Please ask for another.")


class AccountElsewhere(PermissionDenied):
    """The account also belongs to another centre, so no single centre may take it over."""

    code = "accounts.elsewhere"
    message = N_("This account also belongs to another centre; no single centre changes this.")


class OwnRoles(PermissionDenied):
    """Nobody gives rights to themselves."""

    code = "accounts.own_roles"
    message = N_("Nobody changes their own roles. Please ask another administrator.")


class NameTaken(Conflict):
    """Another account has this sign-in name."""

    code = "accounts.name_taken"
    message = N_("Another account already has this sign-in name.")


class AlreadyMember(Conflict):
    """The account works here already, or was asked to."""

    code = "accounts.already_member"
    message = N_("This account belongs to this place already, or its offer still waits for an answer.")


class TwoAdministrators(DomainError):
    """System, security and audit are three persons."""

    code = "accounts.two_administrators"
    message = N_(
        "System administration, security administration and audit stay in three hands: "
        "nobody holds two of them in one place."
    )


class NotAProgram(PermissionDenied):
    """A token carries the rights of its account, and nobody lends out another person's."""

    code = "accounts.not_a_program"
    message = N_("A token is issued for a program's account or for yourself, never for another person.")


class KeyNotReadable(DomainError):
    """This is no public key that signatures can be checked with."""

    status = 422
    code = "program_key.not_readable"
    message = N_("This is not a public key in PEM of the kind this installation uses.")
