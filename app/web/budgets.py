"""What one account and one centre may take of a server at once, so that nobody's haste is another's wait (APP-09).

Counted in each process, without a word to Redis: a request costs no round trip, and what is to be protected, the
threads of a process, is of that process too. An installation with more servers gives every centre more in all.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import structlog
from flask import Flask, current_app, g, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from prometheus_client import Counter as Counted

from app.accounts.services.signing_in import hash_token
from app.actor import Actor
from app.config import Settings
from app.errors import Unavailable
from app.i18n import N_
from app.tenancy import DISTRICT

ViewT = TypeVar("ViewT", bound=Callable[..., Any])
HEAVY_AT_ONCE = 2  # pages that search whole ledgers, for each centre
PATIENCE = 1.0  # seconds that a request waits for others of its centre to end
AMONG_OTHERS = 2  # requests of a centre that run at once in a process while other centres ask it too
ACTIVE = 5.0  # seconds for which a centre that asked counts as asking
REFUSED = Counted("his_budget_refusals_total", "Requests refused because a budget was spent", ["budget"])
log = structlog.get_logger()


class TooBusy(Unavailable):
    """The account or its centre takes more of the server than its part."""

    status = 429
    code = "budget.spent"
    message = N_("Too much was asked for at once. Please try again in a moment.")

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after


class Places:
    """How many requests of each kind run now in this process, and how many wait for one of them to end."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: Counter[tuple[str, int]] = Counter()
        self._waiting: Counter[tuple[str, int]] = Counter()
        self._asked: dict[int, float] = {}

    def take(self, kind: str, tenant_id: int, most: int, *, waiters: int | None = None) -> bool:
        """Take one of so many places, waiting a moment for it; False when all stay taken, or too many wait."""
        key = (kind, tenant_id)
        with self._changed:
            if self._running[key] >= most and not self._wait(
                key, most, most // 2 if waiters is None else waiters
            ):
                return False
            self._running[key] += 1
            return True

    def asks(self, tenant_id: int, now: float) -> bool:
        """Note that a centre asks; tell whether others do too."""
        with self._changed:
            self._asked[tenant_id] = now
            return any(now - at < ACTIVE for other, at in self._asked.items() if other != tenant_id)

    def _wait(self, key: tuple[str, int], most: int, waiters: int) -> bool:
        if self._waiting[key] >= waiters:  # who waits holds a thread too
            return False
        self._waiting[key] += 1
        try:
            return self._changed.wait_for(lambda: self._running[key] < most, PATIENCE)
        finally:
            self._waiting[key] -= 1

    def give_back(self, kind: str, tenant_id: int) -> None:
        """The request has ended."""
        with self._changed:
            self._running[kind, tenant_id] -= 1
            self._changed.notify_all()

    def waiting(self, kind: str, tenant_id: int) -> int:
        """How many wait for one."""
        return self._waiting[kind, tenant_id]

    def running(self, kind: str, tenant_id: int) -> int:
        """How many are taken."""
        return self._running[kind, tenant_id]


def places() -> Places:
    """The places of the running application."""
    found: Places = current_app.extensions["his_places"]
    return found


def heavy(view: ViewT) -> ViewT:
    """A page that reads much: a few of them at once for each centre."""
    view.is_heavy = True  # type: ignore[attr-defined]  # a mark on the view, like its permission
    return view


def install(app: Flask) -> None:
    """Ask every request of somebody who is signed in for its place; it must follow the sign-in's own hook."""
    app.extensions["his_places"] = Places()
    app.extensions["his_hasty"] = {}  # hash of a program's token → when it may ask again
    app.extensions["his_rates"] = FixedWindowRateLimiter(MemoryStorage())
    app.before_request(_take)
    app.teardown_request(_give_back)


def _take() -> None:
    actor: Actor | None = g.get("actor")
    if actor is None or request.endpoint == "static":
        return
    settings: Settings = current_app.extensions["his_settings"]
    _count(actor, settings.account_requests)
    if settings.centre_requests:
        _take_place("all", actor, *_room_for(actor, settings.centre_requests))
    if getattr(current_app.view_functions.get(request.endpoint or ""), "is_heavy", False):
        _take_place("heavy", actor, HEAVY_AT_ONCE)


def refuse_hasty(bearer: str) -> None:
    """A program that does not wait as it was told is refused unread: nobody even looks who it is.

    Raises:
        TooBusy: its time has not come.
    """
    hasty: dict[str, float] = current_app.extensions["his_hasty"]
    left = hasty.get(hash_token(bearer), 0.0) - time.monotonic()
    if left > 0:
        raise TooBusy(retry_after=math.ceil(left))


def _remember(bearer: str, seconds: int) -> None:
    hasty, now = current_app.extensions["his_hasty"], time.monotonic()
    if len(hasty) > 1000:
        for old in [one for one, until in list(hasty.items()) if until < now]:
            hasty.pop(old, None)
    hasty[hash_token(bearer)] = now + seconds


def _count(actor: Actor, a_minute: int) -> None:
    rates: FixedWindowRateLimiter = current_app.extensions["his_rates"]
    if a_minute and not rates.hit(RateLimitItemPerMinute(a_minute), str(actor.account_id)):
        _refuse("account", actor, retry_after=15)


def _room_for(actor: Actor, most: int) -> tuple[int, int]:
    """Places of a centre and how many may wait for one: the threads of a process share one processor.

    A centre that is alone may use everything: what nobody asks for is not kept for anybody.
    """
    if places().asks(actor.tenant_id or DISTRICT, time.monotonic()):
        return min(AMONG_OTHERS, most), most - AMONG_OTHERS
    return most, most // 2


def _take_place(kind: str, actor: Actor, most: int, waiters: int | None = None) -> None:
    tenant_id = actor.tenant_id or DISTRICT
    if not places().take(kind, tenant_id, most, waiters=waiters):
        _refuse(kind, actor)
    g.places = [*g.get("places", ()), (kind, tenant_id)]


def _give_back(error: BaseException | None) -> None:
    for kind, tenant_id in g.pop("places", ()):
        places().give_back(kind, tenant_id)


def _refuse(budget: str, actor: Actor, retry_after: int = 2) -> NoReturn:
    REFUSED.labels(budget).inc()
    log.warning("budget.spent", budget=budget, tenant=actor.tenant_id, account=actor.account_id)
    if bearer := request.headers.get("Authorization", "").removeprefix("Bearer ").strip():
        _remember(bearer, retry_after)
    raise TooBusy(retry_after=retry_after)
