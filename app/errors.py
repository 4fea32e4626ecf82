"""Refusals: what a caller can act on. Everything else is a defect.

A use case raises one of these; the page shows it on its form, the handler in ``app/web/problems.py`` makes
the short page or the problem document of it.
"""

from typing import Any, ClassVar

from flask import current_app

from app.i18n import N_, gettext


class DomainError(Exception):
    """A rule says no. ``code`` is stable, ``message`` is for people, ``details`` carries the facts."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "rule"
    message: ClassVar[str] = N_("This is not possible.")

    def __init__(self, *, field: str = "", **details: Any) -> None:
        self.field = field
        self.details = details
        super().__init__(self.code)

    @property
    def text(self) -> str:
        """The message in the reader's language."""
        return gettext(self.message, **self.details) if self.details else gettext(self.message)

    def __str__(self) -> str:
        return f"{self.code} {self.details}" if self.details else self.code


class InvalidInput(DomainError):
    """Fields that are wrong: ``complaints`` maps a field's name to what is wrong with it."""

    code = "input.invalid"
    message = N_("Some fields need your attention.")

    def __init__(self, complaints: dict[str, list[str]]) -> None:
        super().__init__()
        self.complaints = complaints

    def __str__(self) -> str:
        return f"{self.code} {self.complaints}"


class Conflict(DomainError):
    """Taken, changed or full: somebody else was faster."""

    status = 409
    code = "conflict"
    message = N_("Somebody else has changed this in the meantime.")


class ChangedMeanwhile(Conflict):
    """The row was changed after the page was opened."""

    code = "conflict.changed"
    message = N_("This was changed after you opened it. Look at it again, then decide.")


class CommandReused(Conflict):
    """One command id arrived with different contents."""

    code = "command.reused"
    message = N_("This request was already used for something else. Open the page again.")


class NotFound(DomainError):
    """No such row here. Another tenant's row is no different."""

    status = 404
    code = "not_found"
    message = N_("There is no such record here.")


class PermissionDenied(DomainError):
    """The actor lacks a permission; the page says whom to ask."""

    status = 403
    code = "permission.denied"
    message = N_("You have no permission for this. Ask your centre's administrator for: %(permission)s")

    @property
    def text(self) -> str:
        """The message with the words of the permission; its code stays in the details."""
        return gettext(self.message, **_in_words(self.details, "permission", "permissions"))


class ModuleOff(DomainError):
    """The centre has not switched this module on."""

    status = 403
    code = "module.off"
    message = N_("This centre has not switched on this part of the system: %(module)s")

    @property
    def text(self) -> str:
        """The message with the name of the module; its code stays in the details."""
        return gettext(self.message, **_in_words(self.details, "module", "modules"))


class NotSignedIn(DomainError):
    """Nobody is signed in, or the sign-in has ended."""

    status = 401
    code = "sign_in.required"
    message = N_("Please sign in.")


class Unavailable(DomainError):
    """An outside party or a database does not answer."""

    status = 503
    code = "unavailable"
    message = N_("This service does not answer at the moment. Please try again shortly.")
    retry_after_seconds = 5


class StorageFull(Unavailable):
    """The server's disk is full: nothing more can be written until somebody makes room."""

    code = "storage.full"
    message = N_(
        "The server has no room left, so nothing was written. Please call the operator; reading goes on."
    )
    retry_after_seconds = 60


def _in_words(details: dict[str, Any], name: str, kind: str) -> dict[str, Any]:
    """The details for people: the code under a name is replaced by the label its manifest gives it."""
    code = details.get(name, "")
    registry = current_app.extensions.get("his_registry")
    known = getattr(registry, kind, {}).get(code)
    return {**details, name: gettext(known.label) if known else code}
