"""Tables of the storeroom's papers; stock itself lies in the ledger of dispensing."""

from modules.storeroom.models.adjustments import (
    Adjustment,
    AdjustmentLine,
    AdjustmentStatus,
    Revaluation,
)
from modules.storeroom.models.closings import Closing, ClosingLine
from modules.storeroom.models.counts import CountLine, CountMode, CountStatus, Stocktake
from modules.storeroom.models.purchasing import (
    DrugRule,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    Order,
    OrderLine,
    OrderStatus,
    Plan,
    PlanLine,
    PlanStatus,
    Receipt,
    ReceiptLine,
    ReceiptStatus,
    Supplier,
)
from modules.storeroom.models.removals import (
    Quarantine,
    Recall,
    Removal,
    RemovalKind,
    RemovalStatus,
)
from modules.storeroom.models.requisitions import (
    Outcome,
    Requisition,
    RequisitionLine,
    RequisitionStatus,
    ShippedPart,
)

__all__ = [
    "Adjustment",
    "AdjustmentLine",
    "AdjustmentStatus",
    "Closing",
    "ClosingLine",
    "CountLine",
    "CountMode",
    "CountStatus",
    "DrugRule",
    "Invoice",
    "InvoiceLine",
    "InvoiceStatus",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Outcome",
    "Plan",
    "PlanLine",
    "PlanStatus",
    "Quarantine",
    "Recall",
    "Receipt",
    "ReceiptLine",
    "ReceiptStatus",
    "Removal",
    "RemovalKind",
    "RemovalStatus",
    "Requisition",
    "RequisitionLine",
    "RequisitionStatus",
    "Revaluation",
    "ShippedPart",
    "Stocktake",
    "Supplier",
]
