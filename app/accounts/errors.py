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


class AccountElsewhere(PermissionDenied):
    """The account also belongs to another centre, so no single centre may take it over."""

    code = "accounts.elsewhere"
    message = N_("This account also belongs to another centre; only its owner changes the password.")


class OwnRoles(PermissionDenied):
    """Nobody gives rights to themselves."""

    code = "accounts.own_roles"
    message = N_("Nobody changes their own roles. Please ask another administrator.")


class NameTaken(Conflict):
    """Another account has this sign-in name."""

    code = "accounts.name_taken"
    message = N_("Another account already has this sign-in name.")
