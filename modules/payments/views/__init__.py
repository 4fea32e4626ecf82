"""Pages of unified payment, and the address where channels report."""

from modules.payments.views import accounts, merchants, orders
from modules.payments.views.pages import blueprint
from modules.payments.views.reports import reports

__all__ = ["accounts", "blueprint", "merchants", "orders", "reports"]
