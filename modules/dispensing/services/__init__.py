"""Everything that moves stock and works on prescriptions at the pharmacy."""

from modules.dispensing.rules.review import ReviewCheck
from modules.dispensing.services.acts import (
    Part,
    Taken,
    Wanted,
    arrive,
    close_books,
    freeze,
    lose_on_the_way,
    open_balance,
    post_differences,
    recall,
    release_recalled,
    ship,
    stand_still,
    take_out_frozen,
    thaw,
)
from modules.dispensing.services.codes import COLLECTED_AT, collect_codes, read_codes
from modules.dispensing.services.handing_out import (
    OwedLineInput,
    dispense_prescription,
    hand_out_rest,
)
from modules.dispensing.services.holds import (
    hold_stock,
    refuse_prepared,
    release_prescription,
    release_refunded,
)
from modules.dispensing.services.moved_codes import MOVED_WITH, bring_codes, move_codes, moving
from modules.dispensing.services.repacking import repack
from modules.dispensing.services.returns import ReturnLineInput, refuse_return, return_drugs
from modules.dispensing.services.scans import (
    note_alarm,
    pass_without_code,
    remove_scan,
    scan_code,
    scanning,
)
from modules.dispensing.services.sold_codes import must_scan
from modules.dispensing.services.special import CountInput, hand_over_cupboard, take_ampoules_back
from modules.dispensing.services.storeroom import (
    StockLineInput,
    TransferLineInput,
    post_opening_stock,
    receive_stock,
    set_up_all_locations,
    set_up_location,
    take_in,
    transfer_stock,
)
from modules.dispensing.services.tasks import (
    is_single_pharmacist,
    prepare_prescription,
    put_back_prescription,
    rehold_prescription,
    review_prescription,
    reviews_first,
    take_up_paid,
)
from modules.dispensing.services.telling import pursue, send_again

__all__ = [
    "COLLECTED_AT",
    "MOVED_WITH",
    "CountInput",
    "OwedLineInput",
    "Part",
    "ReturnLineInput",
    "ReviewCheck",
    "StockLineInput",
    "Taken",
    "TransferLineInput",
    "Wanted",
    "arrive",
    "bring_codes",
    "close_books",
    "collect_codes",
    "dispense_prescription",
    "freeze",
    "hand_out_rest",
    "hand_over_cupboard",
    "hold_stock",
    "is_single_pharmacist",
    "lose_on_the_way",
    "move_codes",
    "moving",
    "must_scan",
    "note_alarm",
    "open_balance",
    "pass_without_code",
    "post_differences",
    "post_opening_stock",
    "prepare_prescription",
    "pursue",
    "put_back_prescription",
    "read_codes",
    "recall",
    "receive_stock",
    "refuse_prepared",
    "refuse_return",
    "rehold_prescription",
    "release_prescription",
    "release_recalled",
    "release_refunded",
    "remove_scan",
    "repack",
    "return_drugs",
    "review_prescription",
    "reviews_first",
    "scan_code",
    "scanning",
    "send_again",
    "set_up_all_locations",
    "set_up_location",
    "ship",
    "stand_still",
    "take_ampoules_back",
    "take_in",
    "take_out_frozen",
    "take_up_paid",
    "thaw",
    "transfer_stock",
]
