"""Reading stock, documents, ledger and tasks."""

from modules.dispensing.queries.checks import check_stock
from modules.dispensing.queries.ledger import StockCard, get_document, list_documents, moves_of, stock_card
from modules.dispensing.queries.stock import (
    StockLine,
    available_stock,
    batches_of,
    find_pharmacy,
    get_location,
    list_balances,
    list_locations,
    list_near_expiry,
    lock_balances,
    lock_batches_at,
    lock_drug_stock,
    lock_pharmacy_stock,
)
from modules.dispensing.queries.tasks import (
    Allocated,
    count_tasks,
    find_task,
    find_task_by_number,
    get_task,
    list_tasks,
    lock_holds,
    lock_task,
    task_view,
)

__all__ = [
    "Allocated",
    "StockCard",
    "StockLine",
    "available_stock",
    "batches_of",
    "check_stock",
    "count_tasks",
    "find_pharmacy",
    "find_task",
    "find_task_by_number",
    "get_document",
    "get_location",
    "get_task",
    "list_balances",
    "list_documents",
    "list_locations",
    "list_near_expiry",
    "list_tasks",
    "lock_balances",
    "lock_batches_at",
    "lock_drug_stock",
    "lock_holds",
    "lock_pharmacy_stock",
    "lock_task",
    "moves_of",
    "stock_card",
    "task_view",
]
