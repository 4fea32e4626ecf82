"""Everything that changes distribution's papers: the district's and the centres'."""

from modules.distribution.services.purchasing import (
    ApprovedInput,
    PurchaseLineInput,
    approve_purchase,
    change_purchase,
    close_request,
    hand_in_plan,
    merge_requests,
    save_supplier,
    send_purchase_back,
    submit_purchase,
    take_request,
)
from modules.distribution.services.receiving import (
    ArrivedInput,
    expect_delivery,
    receive_shipment,
    sign_shipment,
    withdraw_inspection,
)
from modules.distribution.services.settling import end_difference, note_arrival
from modules.distribution.services.shipping import (
    SupplierLineInput,
    WarehouseLineInput,
    send_from_supplier,
    send_from_warehouse,
    stock_warehouse,
)

__all__ = [
    "ApprovedInput",
    "ArrivedInput",
    "PurchaseLineInput",
    "SupplierLineInput",
    "WarehouseLineInput",
    "approve_purchase",
    "change_purchase",
    "close_request",
    "end_difference",
    "expect_delivery",
    "hand_in_plan",
    "merge_requests",
    "note_arrival",
    "receive_shipment",
    "save_supplier",
    "send_from_supplier",
    "send_from_warehouse",
    "send_purchase_back",
    "sign_shipment",
    "stock_warehouse",
    "submit_purchase",
    "take_request",
    "withdraw_inspection",
]
