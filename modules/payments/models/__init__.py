"""Tables of unified payment."""

from modules.payments.models.accounts import EntryKind, PrepaidAccount, PrepaidEntry
from modules.payments.models.exchanges import Exchange
from modules.payments.models.merchants import Merchant, MerchantState
from modules.payments.models.orders import Order, Refund, StateMovedBack

__all__ = [
    "EntryKind",
    "Exchange",
    "Merchant",
    "MerchantState",
    "Order",
    "PrepaidAccount",
    "PrepaidEntry",
    "Refund",
    "StateMovedBack",
]
