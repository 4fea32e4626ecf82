"""Everything that writes payments; ``conduct`` works with the channels and is called outside every transaction."""

from modules.payments.services import conduct
from modules.payments.services.accounts import pay_out, top_up
from modules.payments.services.exchanges import (
    begin_close,
    begin_payment,
    begin_qr,
    begin_query,
    begin_refund,
    note_answer,
    take_report,
)
from modules.payments.services.merchants import retire_merchant, set_up_merchant
from modules.payments.services.orders import close_order, open_order
from modules.payments.services.prepaid import pay_from_account
from modules.payments.services.refunds import give_back, open_refund
from modules.payments.services.reports import Report, find_reporter

__all__ = [
    "Report",
    "begin_close",
    "begin_payment",
    "begin_qr",
    "begin_query",
    "begin_refund",
    "close_order",
    "conduct",
    "find_reporter",
    "give_back",
    "note_answer",
    "open_order",
    "open_refund",
    "pay_from_account",
    "pay_out",
    "retire_merchant",
    "set_up_merchant",
    "take_report",
    "top_up",
]
