"""Everything that writes prices, bills, settlements and shifts."""

from modules.charging.services.bills import (
    add_charge,
    charge_prescription,
    open_bill,
    release_expired_charges,
    void_charge,
    void_prescription_charges,
    void_visit_charges,
)
from modules.charging.services.checkouts import (
    begin_checkout,
    collect_checkout,
    confirm_checkout,
    give_up_checkout,
    note_not_paid,
    note_paid,
)
from modules.charging.services.deposits import book_deposit
from modules.charging.services.execution import (
    note_dispensed,
    note_put_back,
    note_returned,
    note_visit_seen,
)
from modules.charging.services.insured import (
    allow_cancelling,
    allow_settling,
    note_insurance_cancelled,
    note_insured,
    note_not_insured,
    pay_without_insurer,
)
from modules.charging.services.insured_refunds import begin_refund, give_up_refund
from modules.charging.services.limits import set_limit
from modules.charging.services.packages import MemberInput, add_package, change_package, end_package
from modules.charging.services.parts import PART, live_channels
from modules.charging.services.prices import load_demo_prices, set_price, take_over_prices
from modules.charging.services.reductions import (
    add_reduction_rule,
    end_benefit,
    end_reduction_rule,
    enter_benefit,
    waive_charge,
)
from modules.charging.services.refund_requests import (
    AskedLineInput,
    confirm_refund_request,
    note_refusal_read,
    refuse_asked_back,
    refuse_refund_request,
    request_refund,
    withdraw_refund_request,
)
from modules.charging.services.refunds import RefundLineInput, refund_lines
from modules.charging.services.settlements import TenderInput, print_receipt, rounds_cash, settle_bill
from modules.charging.services.shifts import close_shift, confirm_shift, open_shift

__all__ = [
    "PART",
    "AskedLineInput",
    "MemberInput",
    "RefundLineInput",
    "TenderInput",
    "add_charge",
    "add_package",
    "add_reduction_rule",
    "allow_cancelling",
    "allow_settling",
    "begin_checkout",
    "begin_refund",
    "book_deposit",
    "change_package",
    "charge_prescription",
    "close_shift",
    "collect_checkout",
    "confirm_checkout",
    "confirm_refund_request",
    "confirm_shift",
    "end_benefit",
    "end_package",
    "end_reduction_rule",
    "enter_benefit",
    "give_up_checkout",
    "give_up_refund",
    "live_channels",
    "load_demo_prices",
    "note_dispensed",
    "note_insurance_cancelled",
    "note_insured",
    "note_not_insured",
    "note_not_paid",
    "note_paid",
    "note_put_back",
    "note_refusal_read",
    "note_returned",
    "note_visit_seen",
    "open_bill",
    "open_shift",
    "pay_without_insurer",
    "print_receipt",
    "refund_lines",
    "refuse_asked_back",
    "refuse_refund_request",
    "release_expired_charges",
    "request_refund",
    "rounds_cash",
    "set_limit",
    "set_price",
    "settle_bill",
    "take_over_prices",
    "void_charge",
    "void_prescription_charges",
    "void_visit_charges",
    "waive_charge",
    "withdraw_refund_request",
]
