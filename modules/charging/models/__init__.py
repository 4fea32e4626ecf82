"""What charging keeps."""

from modules.charging.models.bills import DUE, LEFT_TO_PAY, PAID, Bill, Charge, ChargeSource, ChargeStatus
from modules.charging.models.checkouts import (
    Checkout,
    CheckoutKind,
    CheckoutLine,
    CheckoutPart,
    CheckoutState,
    PartState,
)
from modules.charging.models.deposits import Deposit
from modules.charging.models.packages import (
    AgeUnit,
    ItemLimit,
    LimitSex,
    Package,
    PackageMember,
    PackageVersion,
)
from modules.charging.models.prices import ItemKind, Price
from modules.charging.models.reductions import Benefit, BenefitKind, Reduction, ReductionRule, Waiver
from modules.charging.models.refund_requests import (
    OPEN_REQUESTS,
    RefundRequest,
    RefundRequestLine,
    RefundRequestStep,
    RequestState,
)
from modules.charging.models.settlements import (
    ReceiptPrint,
    Settlement,
    SettlementKind,
    SettlementLine,
    Tender,
)
from modules.charging.models.shifts import Shift, ShiftConfirmation, ShiftStatus, ShiftSum

__all__ = [
    "DUE",
    "LEFT_TO_PAY",
    "OPEN_REQUESTS",
    "PAID",
    "AgeUnit",
    "Benefit",
    "BenefitKind",
    "Bill",
    "Charge",
    "ChargeSource",
    "ChargeStatus",
    "Checkout",
    "CheckoutKind",
    "CheckoutLine",
    "CheckoutPart",
    "CheckoutState",
    "Deposit",
    "ItemKind",
    "ItemLimit",
    "LimitSex",
    "Package",
    "PackageMember",
    "PackageVersion",
    "PartState",
    "Price",
    "ReceiptPrint",
    "Reduction",
    "ReductionRule",
    "RefundRequest",
    "RefundRequestLine",
    "RefundRequestStep",
    "RequestState",
    "Settlement",
    "SettlementKind",
    "SettlementLine",
    "Shift",
    "ShiftConfirmation",
    "ShiftStatus",
    "ShiftSum",
    "Tender",
    "Waiver",
]
