"""What charging keeps."""

from modules.charging.models.bills import PAID, Bill, Charge, ChargeSource, ChargeStatus
from modules.charging.models.prices import ItemKind, Price
from modules.charging.models.settlements import (
    ReceiptPrint,
    Settlement,
    SettlementKind,
    SettlementLine,
    Tender,
)
from modules.charging.models.shifts import Shift, ShiftStatus, ShiftSum

__all__ = [
    "PAID",
    "Bill",
    "Charge",
    "ChargeSource",
    "ChargeStatus",
    "ItemKind",
    "Price",
    "ReceiptPrint",
    "Settlement",
    "SettlementKind",
    "SettlementLine",
    "Shift",
    "ShiftStatus",
    "ShiftSum",
    "Tender",
]
