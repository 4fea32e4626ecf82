"""Pages of the cashier: desk, shift, price list."""

from modules.charging.views.amounts import (
    listed_amounts,
    prescription_amounts,
    preview_amounts,
    preview_line_amount,
    visit_amounts,
)
from modules.charging.views.arrears import patient_arrears
from modules.charging.views.checkouts import show_checkout
from modules.charging.views.daily import show_daily
from modules.charging.views.deposits import deposit_receipt
from modules.charging.views.desk import show_desk
from modules.charging.views.insured import show_split
from modules.charging.views.packages import find_charge_items, find_price_items
from modules.charging.views.pages import blueprint
from modules.charging.views.reductions import list_reduction_rules
from modules.charging.views.refund_requests import ask_refund_link, ask_services_link
from modules.charging.views.shifts import show_shift

__all__ = [
    "ask_refund_link",
    "ask_services_link",
    "blueprint",
    "deposit_receipt",
    "find_charge_items",
    "find_price_items",
    "list_reduction_rules",
    "listed_amounts",
    "patient_arrears",
    "prescription_amounts",
    "preview_amounts",
    "preview_line_amount",
    "show_checkout",
    "show_daily",
    "show_desk",
    "show_shift",
    "show_split",
    "visit_amounts",
]
