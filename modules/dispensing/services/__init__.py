"""Everything that moves stock and works on prescriptions at the pharmacy."""

from modules.dispensing.rules.review import ReviewCheck
from modules.dispensing.services.holds import hold_stock, release_prescription, release_refunded
from modules.dispensing.services.returns import ReturnLineInput, return_drugs
from modules.dispensing.services.storeroom import (
    StockLineInput,
    TransferLineInput,
    post_opening_stock,
    receive_stock,
    set_up_all_locations,
    set_up_location,
    transfer_stock,
    write_off_stock,
)
from modules.dispensing.services.tasks import (
    dispense_prescription,
    is_single_pharmacist,
    prepare_prescription,
    put_back_prescription,
    review_prescription,
    take_up_paid,
)

__all__ = [
    "ReturnLineInput",
    "ReviewCheck",
    "StockLineInput",
    "TransferLineInput",
    "dispense_prescription",
    "hold_stock",
    "is_single_pharmacist",
    "post_opening_stock",
    "prepare_prescription",
    "put_back_prescription",
    "receive_stock",
    "release_prescription",
    "release_refunded",
    "return_drugs",
    "review_prescription",
    "set_up_all_locations",
    "set_up_location",
    "take_up_paid",
    "transfer_stock",
    "write_off_stock",
]
