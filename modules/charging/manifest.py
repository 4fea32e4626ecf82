"""What charging adds to the product."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import url_for

from app import clock
from app.actor import Actor
from app.i18n import N_, gettext
from app.money import format_amount
from app.registry import (
    FIRST_ROWS,
    Heap,
    Lookup,
    MenuEntry,
    Module,
    Permission,
    Plot,
    Preparation,
    Pursuit,
    Setting,
    SettingKind,
    Waiting,
    WaitingRow,
)
from modules.charging import api, queries, services, subscribers, views
from modules.charging.queries.checks import check_money
from modules.charging.services import left
from modules.clinic.events import EncounterBegun
from modules.insurance.events import (
    InsuranceCancelled,
    InsuranceCancelling,
    InsuranceFailed,
    InsuranceSettled,
    InsuranceSettling,
)
from modules.patients import queries as patients
from modules.payments.events import PaymentEnded, PaymentSucceeded, PrepaidPaidOut, PrepaidToppedUp
from modules.prescriptions.events import (
    PrescriptionExpired,
    PrescriptionSigned,
    PrescriptionVoided,
    PrescriptionWithdrawn,
)
from modules.registration.events import VisitCancelled, VisitRegistered

_DAYS = 14


def due_heap(by: Actor) -> Heap:
    """Today's bills that wait for payment, and those whose drugs came back, the latest first."""
    count, bills = queries.first_due_bills(clock.today(), size=FIRST_ROWS)
    people = patients.patients_by_id(bill.patient_id for bill in bills) if bills else {}
    rows = [
        WaitingRow(
            bill.since,
            people[bill.patient_id].name,
            gettext("%(n)s lines came back", n=bill.returned_count)
            if bill.returned_count
            else f"¥ {format_amount(bill.due_amount)}",
            url_for("charging.show_bill", bill_id=bill.bill_id, returned=1 if bill.returned_count else None),
            "w",
        )
        for bill in bills
    ]
    return Heap(count, rows)


def refunds_heap(by: Actor) -> Heap:
    """What doctors asked back and everybody has agreed to, the oldest first."""
    count, requests = queries.first_to_refund(size=FIRST_ROWS)
    return _request_heap(
        count,
        requests,
        lambda request: url_for("charging.show_bill", bill_id=request.bill_id, returned=1),
    )


def requests_heap(by: Actor) -> Heap:
    """Refusals that the doctor has not read, and what colleagues ask the department to confirm."""
    count, requests = queries.first_for_doctor(by, size=FIRST_ROWS)
    return _request_heap(
        count,
        requests,
        lambda request: url_for("charging.show_refund_request", request_id=request.id),
    )


def _request_heap(
    count: int, requests: list[queries.RefundRequest], url: Callable[[queries.RefundRequest], str]
) -> Heap:
    people = patients.patients_by_id(request.patient_id for request in requests) if requests else {}
    rows = [
        WaitingRow(
            request.asked_at,
            people[request.patient_id].name,
            f"{request.state.label} · {request.answer or request.reason}",
            url(request),
            "d" if request.answer else "w",
        )
        for request in requests
    ]
    return Heap(count, rows)


def shifts_heap(by: Actor) -> Heap:
    """Closed shifts whose cash has not been received."""
    count, shifts = queries.first_unconfirmed(size=FIRST_ROWS)
    rows = [
        WaitingRow(
            shift.closed_at,
            shift.cashier_name,
            f"¥ {format_amount(shift.cash_to_hand_in)}",
            url_for("charging.show_daily", on=clock.local(shift.closed_at).date().isoformat()),
            "w",
        )
        for shift in shifts
        if shift.closed_at
    ]
    return Heap(count, rows)


def shift_plot(by: Actor) -> list[tuple[Any, ...]]:
    """What the open shift has taken, by way of payment."""
    return [(method.label, format_amount(amount)) for method, amount in queries.takings_by_tender(by)]


def takings_plot(by: Actor) -> list[tuple[Any, ...]]:
    """The centre's takings of the last fourteen days."""
    today = clock.today()
    since = today - timedelta(days=_DAYS - 1)
    found = queries.takings_by_day(since, today)
    days = [since + timedelta(days=number) for number in range(_DAYS)]
    nothing = Decimal("0.00")
    return [(f"{day:%m-%d}", format_amount(found.get(day, nothing))) for day in days] if found else []


def fill_price_list(taken: dict[str, Any], by: Actor) -> None:
    """The prices of a new centre: a template's own list, the one that is shipped, or none."""
    prices = taken.get("prices", [])
    if prices == "shipped":
        services.load_demo_prices(by=by)
    elif prices:
        services.take_over_prices(rows=prices, by=by)


module = Module(
    name="charging",
    label=N_("Charging"),
    requires=("prescriptions", "payments", "insurance"),
    blueprints=(views.blueprint,),
    prepares=Preparation(lambda: {"prices": queries.list_prices_in_force()}, fill_price_list),
    menu=(
        MenuEntry(N_("Cashier's desk"), "charging.show_desk", "cash", "charging.bill.view", order=60),
        MenuEntry(
            N_("Rules of reduction"),
            "charging.list_reduction_rules",
            "adjustments",
            "charging.price.view",
            "administration",
            31,
        ),
        MenuEntry(
            N_("Packages"), "charging.list_packages", "package", "charging.price.view", "administration", 30
        ),
        MenuEntry(
            N_("Refund requests"),
            "charging.list_refund_requests",
            "arrow-back-up",
            "charging.request.view",
            order=61,
        ),
        MenuEntry(N_("Arrears"), "charging.list_arrears", "clock", "charging.bill.view", order=61),
        MenuEntry(N_("My shift"), "charging.show_shift", "receipt", "charging.shift.close", order=61),
        MenuEntry(
            N_("Shifts"), "charging.list_shifts", "report-money", "charging.shift.view", "administration", 40
        ),
        MenuEntry(
            N_("Day's report"), "charging.show_daily", "report", "charging.shift.view", "administration", 39
        ),
        MenuEntry(
            N_("Price list"), "charging.list_prices", "tag", "charging.price.view", "administration", 30
        ),
    ),
    lookups=(
        Lookup("charge-items", "charging.charge.add", views.find_charge_items),
        Lookup("price-items", "charging.price.change", views.find_price_items),
    ),
    waiting=(
        Waiting(
            N_("Bills to settle or refund"),
            "charging.bill.settle",
            "charging.show_desk",
            due_heap,
            "cash",
            nothing=N_("Everything of today is paid. Look up a patient at the cashier's desk to see a bill."),
            order=45,
        ),
        Waiting(
            N_("Refunds that wait"),
            "charging.settlement.refund",
            "charging.list_refund_requests",
            refunds_heap,
            "arrow-back-up",
            nothing=N_("Nothing that a doctor asked back waits for its refund."),
            order=46,
        ),
        Waiting(
            N_("Refund requests"),
            "charging.request.ask",
            "charging.list_refund_requests",
            requests_heap,
            "arrow-back-up",
            nothing=N_("No request was refused, and none waits for your department."),
        ),
        Waiting(
            N_("Shifts to confirm"),
            "charging.shift.confirm",
            "charging.show_daily",
            shifts_heap,
            "report",
            nothing=N_("A shift appears here as soon as its cashier has closed it."),
        ),
    ),
    plots=(
        Plot(
            N_("Takings of my shift"),
            "charging.shift.close",
            ("cashier",),
            "hbar",
            (N_("Way of payment"), N_("Yuan")),
            shift_plot,
            nothing=N_("No shift is open, or nothing was taken yet."),
        ),
        Plot(
            N_("Takings of the last 14 days"),
            "charging.shift.view",
            ("accountant", "auditor"),
            "bar",
            (N_("Day"), N_("Yuan")),
            takings_plot,
            nothing=N_("The first payment begins this chart."),
        ),
    ),
    places={
        "payments.account.entry": views.deposit_receipt,
        "registration.window.patient": views.patient_arrears,
        "registration.window.fee": views.visit_amounts,
        "registration.visits.fee": views.listed_amounts,
        "prescriptions.preview.amounts": views.preview_amounts,
        "prescriptions.preview.line-amount": views.preview_line_amount,
        "prescriptions.sheet.amounts": views.prescription_amounts,
        "prescriptions.orders.actions": views.ask_refund_link,
        "prescriptions.orders.services": views.ask_services_link,
        "prescriptions.paper.amounts": views.prescription_amounts,
    },
    reads=(api.bill_of_visit,),
    settings=(
        Setting(
            "pays_at_end",
            N_("Treat first, settle once when the patient leaves"),
            SettingKind.SWITCH,
            False,
            help=N_("Holds for visits that begin from now on; bills that are open stay as they began."),
        ),
        Setting(
            "reduces_by_rule",
            N_("Reduce charges by the centre's rules"),
            SettingKind.SWITCH,
            False,
            help=N_(
                "Full prices stay on the bill; what is taken off stands beside them. The insurer sees full prices."
            ),
        ),
        Setting(
            "waiver_limit",
            N_("Reductions by hand up to so many yuan on a bill need no second person"),
            SettingKind.NUMBER,
            20,
            most=10_000,
        ),
        Setting(
            "refunds_need_request",
            N_("Prescriptions are refunded on a doctor's request only"),
            SettingKind.SWITCH,
            False,
            help=N_(
                "Cashiers still put right what they took in their own open shift, before the pharmacy hands out."
            ),
        ),
        Setting(
            "rounds_cash",
            N_("Round cash to the jiao"),
            SettingKind.SWITCH,
            False,
            help=N_("The difference is a line of its own on the receipt. Other ways are never rounded."),
        ),
    ),
    acts={
        "checkout.begun": N_("Settlement begun"),
        "checkout.confirmed": N_("Split agreed to"),
        "checkout.collected": N_("Way of paying changed"),
        "checkout.given_up": N_("Settlement given up"),
        "checkout.settled": N_("Settlement finished"),
        "checkout.split": N_("Split shown"),
        "checkout.uninsured": N_("Insurer left out"),
        "checkout.settled_later": N_("Settled with the insurer later"),
        "checkout.reopened": N_("Insurer not reached"),
        "refund.begun": N_("Insured refund begun"),
        "refund.given_up": N_("Insured refund given up"),
        "refund.finished": N_("Insured refund finished"),
        "refund_request.made": N_("Refund asked for"),
        "refund_request.withdrawn": N_("Request for a refund withdrawn"),
        "refund_request.confirmed": N_("Request for a refund confirmed"),
        "refund_request.refused": N_("Request for a refund refused"),
        "refund_request.refunded": N_("Request for a refund carried out"),
        "refund_request.refusal_read": N_("Refusal of a refund read"),
        "refund_request.read": N_("Request for a refund read"),
        "bill.read": N_("Bill read"),
        "deposit.read": N_("Deposit receipt read"),
        "receipt.read": N_("Receipt read"),
        "bill.settled": N_("Bill settled"),
        "bill.refunded": N_("Bill refunded"),
        "charge.added": N_("Charge added"),
        "charge.waived": N_("Charge reduced by hand"),
        "reduction.rule_added": N_("Rule of reduction added"),
        "reduction.rule_ended": N_("Rule of reduction ended"),
        "benefit.entered": N_("Entitlement noted"),
        "benefit.ended": N_("Entitlement ended"),
        "benefit.read": N_("Entitlements read"),
        "charge.voided": N_("Charge taken off"),
        "receipt.printed": N_("Receipt printed"),
        "price.set": N_("Price set"),
        "limit.set": N_("Limit of an item set"),
        "package.set": N_("Package made or changed"),
        "package.ended": N_("Package ended"),
        "price_list.loaded": N_("Price list loaded"),
        "shift.opened": N_("Shift begun"),
        "shift.closed": N_("Shift closed"),
        "shift.confirmed": N_("Cash of a shift received"),
    },
    permissions=(
        Permission(
            "charging.price.view",
            N_("See prices"),
            ("cashier", "registrar", "doctor", "pharmacist", "storekeeper", "administrator", "auditor"),
        ),
        Permission("charging.price.change", N_("Change prices"), ("administrator",)),
        Permission(
            "charging.bill.view",
            N_("See bills"),
            ("cashier", "registrar", "accountant", "administrator", "auditor"),
        ),
        Permission("charging.bill.settle", N_("Take payment"), ("cashier", "registrar")),
        Permission("charging.charge.add", N_("Add service items to a bill"), ("cashier", "registrar")),
        Permission("charging.charge.void", N_("Take unpaid items off a bill"), ("cashier", "registrar")),
        Permission("charging.reduction.manage", N_("Make and end rules of reduction"), ("administrator",)),
        Permission("charging.benefit.enter", N_("Note patients' entitlements"), ("cashier", "registrar")),
        Permission("charging.charge.waive", N_("Reduce charges by hand"), ("cashier",)),
        Permission(
            "charging.waiver.approve",
            N_("Agree to reductions by hand as the second person"),
            ("accountant", "administrator"),
        ),
        Permission("charging.settlement.refund", N_("Refund"), ("cashier",)),
        Permission("charging.request.ask", N_("Ask for refunds"), ("doctor",)),
        Permission(
            "charging.request.confirm", N_("Confirm refunds for one's department"), ("doctor", "triage_nurse")
        ),
        Permission(
            "charging.request.view",
            N_("See requests for refunds"),
            ("doctor", "triage_nurse", "pharmacist", "cashier", "administrator", "auditor"),
        ),
        Permission("charging.receipt.print", N_("Print receipts"), ("cashier", "registrar")),
        Permission("charging.shift.close", N_("Open and close one's own shift"), ("cashier", "registrar")),
        Permission(
            "charging.shift.view", N_("See everybody's shifts"), ("accountant", "administrator", "auditor")
        ),
        Permission("charging.shift.confirm", N_("Confirm the cash of closed shifts"), ("accountant",)),
    ),
    now=(
        (VisitRegistered, subscribers.open_bill),
        (VisitCancelled, subscribers.void_visit_charges),
        (InsuranceSettling, services.allow_settling),
        (InsuranceCancelling, services.allow_cancelling),
        (InsuranceSettled, services.note_insured),
        (InsuranceFailed, services.note_not_insured),
        (InsuranceCancelled, services.note_insurance_cancelled),
        (PaymentSucceeded, subscribers.note_paid),
        (PaymentEnded, subscribers.note_not_paid),
        (PrepaidToppedUp, subscribers.book_deposit),
        (PrepaidPaidOut, subscribers.book_deposit_back),
        (EncounterBegun, subscribers.note_visit_seen),
        (PrescriptionSigned, subscribers.charge_prescription),
        (PrescriptionWithdrawn, subscribers.void_withdrawn),
        (PrescriptionVoided, subscribers.void_voided),
        (PrescriptionExpired, subscribers.void_expired),
    ),
    pursues=(Pursuit(queries.centres_left, left.pursue),),
    checks=(check_money,),
)
