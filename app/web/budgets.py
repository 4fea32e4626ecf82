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
CREDIT = 0.2  # seconds of work beyond its share before a centre's requests wait
EXPECTED = 0.02  # seconds a request is taken to need until it has ended
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

    def take(self, kind: str, tenant_id: int, most: int, *, may_wait: bool = True) -> bool:
        """Take one of so many places, waiting a moment for it; False when all stay taken, or too many wait."""
        key = (kind, tenant_id)
        with self._changed:
            if self._running[key] >= most and not (may_wait and self._wait(key, most)):
                return False
            self._running[key] += 1
            return True

    def _wait(self, key: tuple[str, int], most: int) -> bool:
        if self._waiting[key] >= most // 2:  # who waits holds a thread too
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

    def running(self, kind: str, tenant_id: int) -> int:
        """How many are taken."""
        return self._running[kind, tenant_id]


class Shares:
    """How much processor time each centre owes: what it used beyond its share, paid off by waiting.

    A centre that is alone may use everything: the time nobody asks for is not kept for anybody.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owed: dict[int, tuple[float, float]] = {}  # seconds, and when that was so

    def charge(self, tenant_id: int, seconds: float, share: float, now: float) -> None:
        """Work that was done, or that is expected; the share is of the one processor that a process has."""
        with self._lock:
            self._owed[tenant_id] = (max(0.0, self._debt(tenant_id, share, now) + seconds), now)

    def wait_needed(self, tenant_id: int, share: float, now: float) -> float:
        """Seconds until the centre may go on; 0 when it owes little or nobody else asks."""
        with self._lock:
            too_much = self._debt(tenant_id, share, now) - CREDIT
            return too_much / share if too_much > 0 and self._others_ask(tenant_id, now) else 0.0

    def _debt(self, tenant_id: int, share: float, now: float) -> float:
        owed, since = self._owed.get(tenant_id, (0.0, now))
        return max(0.0, owed - share * (now - since))

    def _others_ask(self, tenant_id: int, now: float) -> bool:
        return any(now - since < ACTIVE for other, (_, since) in self._owed.items() if other != tenant_id)


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
    app.extensions["his_shares"] = Shares()
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
    _take_place("all", actor, settings.centre_requests)
    if getattr(current_app.view_functions.get(request.endpoint or ""), "is_heavy", False):
        _take_place("heavy", actor, HEAVY_AT_ONCE)
    if settings.centre_share:
        _take_turn(actor, settings.centre_share)


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


def _take_place(kind: str, actor: Actor, most: int) -> None:
    tenant_id = actor.tenant_id or DISTRICT
    if not places().take(kind, tenant_id, most):
        _refuse(kind, actor)
    g.places = [*g.get("places", ()), (kind, tenant_id)]


def _take_turn(actor: Actor, share: float) -> None:
    """Let the centre pay off what it owes; it keeps its place meanwhile, so few of its requests wait here."""
    tenant_id = actor.tenant_id or DISTRICT
    shares: Shares = current_app.extensions["his_shares"]
    until = time.monotonic() + PATIENCE
    while wait := shares.wait_needed(tenant_id, share, now := time.monotonic()):
        if now + wait > until:
            _refuse("share", actor)
        time.sleep(min(wait, 0.05))
    shares.charge(tenant_id, EXPECTED, share, now)
    g.work = (tenant_id, share, time.thread_time())


def _give_back(error: BaseException | None) -> None:
    for kind, tenant_id in g.pop("places", ()):
        places().give_back(kind, tenant_id)
    if "work" in g:
        tenant_id, share, began = g.pop("work")
        used = time.thread_time() - began - EXPECTED
        current_app.extensions["his_shares"].charge(tenant_id, used, share, time.monotonic())


def _refuse(budget: str, actor: Actor, retry_after: int = 2) -> NoReturn:
    REFUSED.labels(budget).inc()
    log.warning("budget.spent", budget=budget, tenant=actor.tenant_id, account=actor.account_id)
    if bearer := request.headers.get("Authorization", "").removeprefix("Bearer ").strip():
        _remember(bearer, retry_after)
    raise TooBusy(retry_after=retry_after)
