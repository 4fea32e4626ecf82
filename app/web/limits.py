"""How often one address may fail to sign in, whatever names it tries.

The lock of an account stops guessing one password; this stops trying one password on every name, and locking
a whole centre out by guessing its names. Sign-ins that succeed do not count: a centre is often one address.
"""

from typing import Any

import structlog
from flask import Flask, Response, request
from flask_limiter import Limiter, RequestLimit
from werkzeug.middleware.proxy_fix import ProxyFix

FAILED_SIGN_INS = "10 per minute; 40 per 15 minutes"  # for each address
_VIEWS = ("sessions.begin_sign_in", "sessions.unlock", "welcome.open_account", "second_factor.give_code")
log = structlog.get_logger()


def install(app: Flask) -> None:
    """Guard the sign-in; counted in Redis where there is one, else in each process."""
    trust_proxies(app, app.extensions["his_settings"].trusted_proxies)
    redis_url = app.extensions["his_settings"].redis_url
    limiter = Limiter(
        _address,
        app=app,
        storage_uri=redis_url or "memory://",
        in_memory_fallback_enabled=bool(redis_url),
        key_prefix="his-sign-in",
        strategy="moving-window",
        on_breach=_note_breach,
    )
    guard: Any = limiter.shared_limit(FAILED_SIGN_INS, scope="sign-in", deduct_when=_has_failed)
    for view in _VIEWS:
        app.view_functions[view] = guard(app.view_functions[view])
    app.extensions["his_limiter"] = limiter


def trust_proxies(app: Flask, count: int) -> None:
    """Believe our own proxies who the caller is; without them every desk would have the proxy's address."""
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _address() -> str:
    return request.remote_addr or ""


def _has_failed(answer: Response) -> bool:
    return answer.status_code >= 400


def _note_breach(breach: RequestLimit) -> None:
    log.warning("sign_in.too_many_failures", address=_address())
