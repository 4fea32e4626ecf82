"""Pages of pharmacy and storeroom."""

from modules.dispensing.views.codes import trace_code
from modules.dispensing.views.desk import find_prescribable_drugs
from modules.dispensing.views.pages import blueprint
from modules.dispensing.views.repacking import list_repackings
from modules.dispensing.views.special import show_register
from modules.dispensing.views.storeroom import find_stock_drugs
from modules.dispensing.views.window import show_window

__all__ = [
    "blueprint",
    "find_prescribable_drugs",
    "find_stock_drugs",
    "list_repackings",
    "show_register",
    "show_window",
    "trace_code",
]
