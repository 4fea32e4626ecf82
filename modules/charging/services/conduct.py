"""What a checkout asks of the outside, between its committed steps. Nothing here runs inside a transaction."""

from app.actor import Actor
from app.db import tenant_unit
from app.tenancy import tenant_of
from modules.charging import queries
from modules.charging.models import Checkout, CheckoutPart, PartState
from modules.charging.rules.tenders import TenderMethod
from modules.payments import queries as channel_queries
from modules.payments.rules.states import Way
from modules.payments.services import conduct as payments


def carry(checkout_id: int, payer_code: str = "", *, by: Actor) -> Checkout:
    """Ask the channels for the parts that wait: by the payer's code, by a code shown, or out of the prepaid account.

    Raises:
        DomainError: a channel was not asked at all; the part waits for another way.
    """
    for part in _waiting(checkout_id, by):
        if part.order_id and part.method == TenderMethod.PREPAID:
            payments.pay(part.order_id, by=by)
        elif part.order_id and part.way == Way.QR:
            payments.show_qr(part.order_id, by=by)
        elif part.order_id and payer_code:
            payments.pay(part.order_id, payer_code, by=by)
    return _checkout(checkout_id, by)


def ask(checkout_id: int, *, by: Actor) -> Checkout:
    """Ask the channels how the parts that wait stand."""
    for part in _waiting(checkout_id, by):
        if part.order_id:
            payments.ask(part.order_id, by=by)
    return _checkout(checkout_id, by)


def let_go(checkout_id: int, *, by: Actor) -> Checkout:
    """Close what waits at the channels, so that another way can be taken without paying twice.

    What a channel does not answer about stays as it is; should it be paid after all, it goes back by itself.
    """
    for part in _waiting(checkout_id, by):
        if part.order_id:
            payments.close(part.order_id, by=by)
    return _checkout(checkout_id, by)


def send_refunds(bill_id: int, *, by: Actor) -> None:
    """Send what goes back at once; a refund that does not get through is pursued by the relay's process."""
    with tenant_unit(tenant_of(by.tenant_id).id):
        refunds = channel_queries.refunds_under_way(queries.orders_of_bill(bill_id))
    for refund in refunds:
        payments.carry_refund(refund.id, by=by)


def _waiting(checkout_id: int, by: Actor) -> list[CheckoutPart]:
    with tenant_unit(tenant_of(by.tenant_id).id):
        return [part for part in queries.parts_of(checkout_id) if part.state == PartState.WAITING]


def _checkout(checkout_id: int, by: Actor) -> Checkout:
    with tenant_unit(tenant_of(by.tenant_id).id):
        return queries.get_checkout(checkout_id)
