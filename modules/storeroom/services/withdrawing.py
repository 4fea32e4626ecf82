"""An inspected delivery that waits for its second signature is taken back (撤回验收)."""

from app import audit
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.use_cases import use_case
from modules.storeroom import queries
from modules.storeroom.errors import WrongState
from modules.storeroom.models import Order, OrderStatus, Receipt, ReceiptStatus
from modules.storeroom.services.purchasing import Reason


@use_case("storeroom.delivery.receive")
def withdraw_delivery(*, receipt_id: int, reason: Reason, by: Actor) -> Receipt:
    """Take an inspection back that nobody has signed as the second person, with the reason.

    The paper stays as it was written; what it accepted is still to come, so that the delivery is inspected anew.

    Raises:
        NotFound: no such receipt here.
        WrongState: it waits for no signature.
    """
    receipt = lock_row(Receipt, receipt_id)
    if receipt is None:
        raise NotFound(field="receipt_id")
    if receipt.status != ReceiptStatus.TO_INSPECT:
        raise WrongState(number=receipt.number, status=receipt.status.label)
    order = lock_row(Order, receipt.order_id)
    known = {line.id: line for line in queries.lock_lines_of_order(receipt.order_id)}
    for row in queries.lines_of_receipt(receipt_id):
        known[row.order_line_id].received -= row.accepted
    if order is not None and order.status != OrderStatus.CLOSED:
        has_some = any(line.received for line in known.values())
        order.status = OrderStatus.PARTLY if has_some else OrderStatus.AWAITING
    receipt.status = ReceiptStatus.WITHDRAWN
    receipt.withdrawn_by_name, receipt.withdrawn_reason = by.name, reason
    db.session.flush()
    audit.record("delivery.withdrawn", receipt, by=by, number=receipt.number, reason=reason)
    return receipt
