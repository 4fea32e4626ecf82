"""What was left on its way is ended: closed where no money has moved, carried on where the insurer has begun."""

from collections.abc import Callable

import structlog

from app import clock
from app.actor import Actor, system_actor
from app.db import tenant_unit
from app.errors import DomainError
from app.faults import fault_of
from app.i18n import gettext
from modules.charging import queries
from modules.charging.services import conduct
from modules.charging.services.checkouts import reopen_checkout
from modules.charging.services.insured_refunds import give_up_refund

log = structlog.get_logger()


def pursue(tenant_id: int) -> int:
    """End what nobody carries on in a centre; returns how much was looked at."""
    by = system_actor(tenant_id, origin="job")
    with tenant_unit(tenant_id):
        found = queries.work_left(clock.now())
    for checkout_id, work in found:
        try:
            _DO[work](checkout_id, by)
        except DomainError as refusal:  # somebody was first, or the insurer does not answer
            log.warning("charging.pursuit_failed", row=checkout_id, work=work, error=refusal.code)
        except Exception as failure:
            log.error("charging.pursuit_failed", row=checkout_id, work=work, error=fault_of(failure))
    return len(found)


def _give_up(checkout_id: int, by: Actor) -> None:
    conduct.give_up(checkout_id, reason=gettext("Nobody went on with it"), by=by)


def _reopen(checkout_id: int, by: Actor) -> None:
    reopen_checkout(checkout_id=checkout_id, by=by)


def _give_up_refund(checkout_id: int, by: Actor) -> None:
    give_up_refund(checkout_id=checkout_id, by=by)


def _carry_refund(checkout_id: int, by: Actor) -> None:
    conduct.refund(checkout_id, anew=True, by=by)


_DO: dict[queries.Work, Callable[[int, Actor], None]] = {
    "give_up": _give_up,
    "reopen": _reopen,
    "give_up_refund": _give_up_refund,
    "carry_refund": _carry_refund,
}
