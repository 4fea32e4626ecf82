"""Tables of pharmacy and storeroom."""

from modules.dispensing.models.repacking import Repacking
from modules.dispensing.models.special import AmpouleReturn, Handover, HandoverLine, RegisterEntry
from modules.dispensing.models.stock import (
    Account,
    Balance,
    Batch,
    Document,
    DocumentKind,
    Location,
    LocationKind,
    StockMove,
)
from modules.dispensing.models.tasks import OPEN_STATUSES, Hold, Task, TaskStatus
from modules.dispensing.models.tracing import (
    ALARMS,
    TOLD,
    Code,
    CodeEvent,
    CodeEventKind,
    CodePrefix,
    CodeUse,
    NoCodeReason,
    StockReport,
    StockTrade,
    UploadState,
)

__all__ = [
    "ALARMS",
    "OPEN_STATUSES",
    "TOLD",
    "Account",
    "AmpouleReturn",
    "Balance",
    "Batch",
    "Code",
    "CodeEvent",
    "CodeEventKind",
    "CodePrefix",
    "CodeUse",
    "Document",
    "DocumentKind",
    "Handover",
    "HandoverLine",
    "Hold",
    "Location",
    "LocationKind",
    "NoCodeReason",
    "RegisterEntry",
    "Repacking",
    "StockMove",
    "StockReport",
    "StockTrade",
    "Task",
    "TaskStatus",
    "UploadState",
]
