"""Tables of pharmacy and storeroom."""

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
    UploadState,
)

__all__ = [
    "ALARMS",
    "OPEN_STATUSES",
    "TOLD",
    "Account",
    "Balance",
    "Batch",
    "Code",
    "CodeEvent",
    "CodeEventKind",
    "CodePrefix",
    "CodeUse",
    "Document",
    "DocumentKind",
    "Hold",
    "Location",
    "LocationKind",
    "NoCodeReason",
    "StockMove",
    "Task",
    "TaskStatus",
    "UploadState",
]
