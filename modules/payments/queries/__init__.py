"""Everything that reads payments."""

from modules.payments.models import Merchant, MerchantState
from modules.payments.queries.accounts import account_of, cash_moved, entries_of, find_account, lock_account
from modules.payments.queries.checks import check_payments
from modules.payments.queries.comparing import Movements, merchants_paid_since, movements, refunds_of_orders
from modules.payments.queries.due import centres_due
from modules.payments.queries.merchants import (
    access_of,
    active_channels,
    active_merchant,
    find_by_callback_key,
    get_merchant,
    list_merchants,
    same_number,
)
from modules.payments.queries.orders import (
    OrderView,
    find_order_by_number,
    get_order,
    get_refund,
    is_paid,
    list_orders,
    lock_order,
    lock_refund,
    order_view,
    orders_by_id,
    orders_due,
    orders_of,
    refunds_due,
    refunds_under_way,
    to_look_after,
)
from modules.payments.rules.states import OPEN, OUTSIDE, Channel, OrderState, RefundState, Surplus, Way

__all__ = [
    "OPEN",
    "OUTSIDE",
    "Channel",
    "Merchant",
    "MerchantState",
    "Movements",
    "OrderState",
    "OrderView",
    "RefundState",
    "Surplus",
    "Way",
    "access_of",
    "account_of",
    "active_channels",
    "active_merchant",
    "cash_moved",
    "centres_due",
    "check_payments",
    "entries_of",
    "find_account",
    "find_by_callback_key",
    "find_order_by_number",
    "get_merchant",
    "get_order",
    "get_refund",
    "is_paid",
    "list_merchants",
    "list_orders",
    "lock_account",
    "lock_order",
    "lock_refund",
    "merchants_paid_since",
    "movements",
    "order_view",
    "orders_by_id",
    "orders_due",
    "orders_of",
    "refunds_due",
    "refunds_of_orders",
    "refunds_under_way",
    "same_number",
    "to_look_after",
]
