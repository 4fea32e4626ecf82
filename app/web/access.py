"""Every route says who may use it; one that does not stops the application at start."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, g

from app import use_cases
from app.actor import Actor
from app.errors import ModuleOff, NotSignedIn, PermissionDenied
from app.jobs.registry import kinds as job_kinds
from app.registry import installed
from app.tenancy import Tenant, tenant_of

ViewT = TypeVar("ViewT", bound=Callable[..., Any])
PUBLIC = "public"
ANYONE = "signed_in"


def requires(permission: str) -> Callable[[ViewT], ViewT]:
    """Only actors with this permission, in a centre that has the permission's module switched on."""

    def decorate(view: ViewT) -> ViewT:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            check(permission)
            return view(*args, **kwargs)

        guarded.required_permission = permission  # type: ignore[attr-defined]
        return cast(ViewT, guarded)

    return decorate


def public(view: ViewT) -> ViewT:
    """A page for everyone: sign-in, health, the theme."""
    view.required_permission = PUBLIC  # type: ignore[attr-defined]
    return view


def proven_by(header: str) -> Callable[[ViewT], ViewT]:
    """A public address for programs whose messages are signed in this header; the view checks the signature.

    No cookie gives a sender anything there, and no browser sends the header by itself: with it, no token against
    forged forms is asked for. Without it the request is refused like any other.
    """

    def decorate(view: ViewT) -> ViewT:
        view.proven_by = header  # type: ignore[attr-defined]
        return public(view)

    return decorate


def signed_in(view: ViewT) -> ViewT:
    """A page for anybody who is signed in."""
    return requires(ANYONE)(view)


def check(permission: str) -> None:
    """Refuse unless the present actor may."""
    actor = current_actor()
    if permission == ANYONE:
        return
    module = permission.split(".", 1)[0]
    if module in installed().modules and module not in modules_on():
        raise ModuleOff(module=module)
    if not actor.may(permission):
        raise PermissionDenied(permission=permission)


def current_actor() -> Actor:
    """Who is at the desk.

    Raises:
        NotSignedIn: nobody.
    """
    actor: Actor | None = g.get("actor")
    if actor is None:
        raise NotSignedIn
    return actor


def find_actor() -> Actor | None:
    """Who is at the desk, or None."""
    actor: Actor | None = g.get("actor")
    return actor


def current_tenant() -> Tenant:
    """The centre the actor is signed in to.

    Raises:
        NotFound: the actor stands in the district.
    """
    return tenant_of(current_actor().tenant_id)


def modules_on() -> frozenset[str]:
    """Parts of the system where the actor is: the centre's choice; in the district all."""
    tenant_id = current_actor().tenant_id
    return frozenset(installed().modules) if tenant_id is None else tenant_of(tenant_id).modules


def refuse_undeclared(app: Flask) -> None:
    """Stop the start when a route, a use case or a job does not say who may use it, or asks for an unknown right."""
    views = {rule.endpoint for rule in app.url_map.iter_rules()} - {"static"}
    asked = {view: getattr(app.view_functions[view], "required_permission", None) for view in views}
    if undeclared := sorted(view for view, permission in asked.items() if permission is None):
        raise RuntimeError(f"routes without a declared permission: {undeclared}")
    asked = {view: permission for view, permission in asked.items() if permission not in {PUBLIC, ANYONE}}
    acts: dict[str, Any] = {**use_cases.registry, **job_kinds}
    asked |= {name: act.permission for name, act in acts.items() if _is_ours(act.function)}
    known = app.extensions["his_registry"].permissions
    if unknown := sorted(name for name, permission in asked.items() if permission not in known):
        raise RuntimeError(f"permissions that no manifest declares are asked for by: {unknown}")


def _is_ours(function: Any) -> bool:
    """Whether it belongs to a room of the product; what a test adds asks for rights of its own."""
    return function.__module__.partition(".")[0] in {"app", "tenants", "modules", "region_upload"}
