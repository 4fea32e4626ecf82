"""What the kernel needs to know of a tenant; the ``tenants`` room plugs the answer in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import current_app, has_request_context, request

from app.errors import DomainError, NotFound
from app.i18n import N_


class CentreClosed(DomainError):
    """The district has suspended this centre."""

    status = 403
    code = "centre.suspended"
    message = N_("This centre is suspended. Ask the district's operator.")


class CentreNotReady(CentreClosed):
    """The centre is being prepared."""

    code = "centre.not_ready"
    message = N_("This centre is being prepared. Please try again in a few minutes.")


class CentreSuspended(CentreClosed):
    """The district has suspended this centre and says why."""

    message = N_("This centre is suspended: %(reason)s. Ask the district's operator.")


DISTRICT = 0  # stands where the id of a centre would: NULL is not unique in the same way on every engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One centre as every request sees it; made anew whenever its version changes."""

    id: int
    version: int
    code: str
    name: str
    partition: str
    epoch: int = 1  # rises when the centre moves to another partition
    zone: str
    is_active: bool
    closed_because: str = ""  # of a suspended centre, in the operator's words
    is_prepared: bool = True
    plan: frozenset[str] | None = None  # optional modules its plan allows; None: all
    modules: frozenset[str]
    grants: Mapping[str, frozenset[str]]  # role → permissions
    settings: Mapping[str, Any] = field(default_factory=dict)
    logo: str = ""  # digest of its logo, if it has one

    def refusal(self) -> CentreClosed:
        """Why nobody works in this centre that is not active."""
        if not self.is_prepared:
            return CentreNotReady()
        return CentreSuspended(reason=self.closed_because) if self.closed_because else CentreClosed()


class Directory(Protocol):
    """Where the kernel asks for a tenant."""

    def get(self, tenant_id: int) -> Tenant:
        """The tenant; raises NotFound."""

    def has_staff(
        self, tenant_id: int | None, practitioner_id: int | None, department_id: int | None
    ) -> bool:
        """Whether the member of staff and the department, as far as they are named, are of this tenant."""

    def forget_places(self) -> None:
        """Ask control again where each tenant's rows are."""

    def all_active(self) -> list[Tenant]:
        """Every tenant that is not suspended, ordered by code."""

    def all_closed(self) -> list[int]:
        """Ids of the tenants that are suspended or not prepared yet."""

    def find_by_code(self, code: str) -> Tenant | None:
        """The tenant with this code, suspended or not, or None."""


def request_memo() -> dict[int, Tenant] | None:
    """Tenants that the present request has looked up already; None outside a request."""
    if not has_request_context():
        return None
    memo: dict[int, Tenant] = request.environ.setdefault("his.tenants", {})
    return memo


def forget_request_memo() -> None:
    """What the request knew of its tenant may have changed: it has just written to the control database."""
    if has_request_context():
        request.environ.pop("his.tenants", None)


def directory() -> Directory:
    """The installation's tenant directory."""
    found: Directory = current_app.extensions["his_directory"]
    return found


def tenant_of(tenant_id: int | None) -> Tenant:
    """The tenant of an actor; refuses one without."""
    if tenant_id is None:
        raise NotFound
    return directory().get(tenant_id)


def setting(tenant_id: int | None, name: str, default: Any) -> Any:
    """A setting of the centre, or the default the caller names."""
    if tenant_id is None:
        return default
    return directory().get(tenant_id).settings.get(name, default)


def setting_of(tenant_id: int | None, name: str) -> Any:
    """A declared setting of the centre: what it chose, else the default that the manifest declares."""
    from app.registry import installed

    return setting(tenant_id, name, installed().settings[name].default)
