"""Reading prices, bills, settlements and shifts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from app.db import columns_of, db, lock_row, locking
from app.errors import NotFound
from modules.charging.errors import BillMissing
from modules.charging.models import (
    DUE,
    LEFT_TO_PAY,
    Bill,
    Charge,
    ChargeStatus,
    Tender,
)
from modules.charging.models import ChargeSource as ChargeSource
from modules.charging.models import CheckoutState as CheckoutState
from modules.charging.models import ItemKind as ItemKind
from modules.charging.models import PartState as PartState
from modules.charging.models import RefundRequest as RefundRequest
from modules.charging.models import Settlement as Settlement
from modules.charging.models import SettlementKind as SettlementKind
from modules.charging.queries.arrears import AGES as AGES
from modules.charging.queries.arrears import arrears_by_age as arrears_by_age
from modules.charging.queries.arrears import list_arrears as list_arrears
from modules.charging.queries.arrears import owed_by as owed_by
from modules.charging.queries.checkouts import Held as Held
from modules.charging.queries.checkouts import charges_of_checkout as charges_of_checkout
from modules.charging.queries.checkouts import find_checkout as find_checkout
from modules.charging.queries.checkouts import find_open_checkout as find_open_checkout
from modules.charging.queries.checkouts import get_checkout as get_checkout
from modules.charging.queries.checkouts import get_part as get_part
from modules.charging.queries.checkouts import held_by as held_by
from modules.charging.queries.checkouts import insurance_is_gone as insurance_is_gone
from modules.charging.queries.checkouts import insurance_of as insurance_of
from modules.charging.queries.checkouts import insurance_stands as insurance_stands
from modules.charging.queries.checkouts import is_being_refunded as is_being_refunded
from modules.charging.queries.checkouts import is_settled_there as is_settled_there
from modules.charging.queries.checkouts import is_unsent as is_unsent
from modules.charging.queries.checkouts import lines_of as lines_of
from modules.charging.queries.checkouts import lock_checkout as lock_checkout
from modules.charging.queries.checkouts import orders_of_bill as orders_of_bill
from modules.charging.queries.checkouts import parts_of as parts_of
from modules.charging.queries.checkouts import taking_money as taking_money
from modules.charging.queries.checks import check_money as check_money
from modules.charging.queries.comparing import ChannelEntry as ChannelEntry
from modules.charging.queries.comparing import bills_of_orders as bills_of_orders
from modules.charging.queries.comparing import channel_entries as channel_entries
from modules.charging.queries.deposits import deposits_in_books as deposits_in_books
from modules.charging.queries.deposits import deposits_of_entries as deposits_of_entries
from modules.charging.queries.deposits import deposits_of_shift as deposits_of_shift
from modules.charging.queries.deposits import get_deposit as get_deposit
from modules.charging.queries.invoiced import amount_of as amount_of
from modules.charging.queries.invoiced import may_be_invoiced as may_be_invoiced
from modules.charging.queries.invoiced import mirrored_ids as mirrored_ids
from modules.charging.queries.invoiced import receipt_numbers as receipt_numbers
from modules.charging.queries.invoiced import settled_by as settled_by
from modules.charging.queries.left import Work as Work
from modules.charging.queries.left import centres_left as centres_left
from modules.charging.queries.left import work_left as work_left
from modules.charging.queries.limits import Item as Item
from modules.charging.queries.limits import charged_since as charged_since
from modules.charging.queries.limits import limit_history as limit_history
from modules.charging.queries.limits import lock_open_limit as lock_open_limit
from modules.charging.queries.packages import PackageView as PackageView
from modules.charging.queries.packages import get_package as get_package
from modules.charging.queries.packages import is_code_taken as is_code_taken
from modules.charging.queries.packages import is_package as is_package
from modules.charging.queries.packages import list_packages as list_packages
from modules.charging.queries.packages import lock_package as lock_package
from modules.charging.queries.packages import package_history as package_history
from modules.charging.queries.packages import package_in_force as package_in_force
from modules.charging.queries.packages import packages_to_charge as packages_to_charge
from modules.charging.queries.packages import versions_of as versions_of
from modules.charging.queries.prices import DECOCTION_CODE as DECOCTION_CODE
from modules.charging.queries.prices import Priced as Priced
from modules.charging.queries.prices import drug_prices as drug_prices
from modules.charging.queries.prices import list_prices_in_force as list_prices_in_force
from modules.charging.queries.prices import lock_open_price as lock_open_price
from modules.charging.queries.prices import pays_at_end as pays_at_end
from modules.charging.queries.prices import price_history as price_history
from modules.charging.queries.prices import price_of as price_of
from modules.charging.queries.prices import priced_ids as priced_ids
from modules.charging.queries.prices import priced_item as priced_item
from modules.charging.queries.prices import priced_services as priced_services
from modules.charging.queries.prices import prices_for_prescription as prices_for_prescription
from modules.charging.queries.prices import search_prices as search_prices
from modules.charging.queries.prices import service_prices as service_prices
from modules.charging.queries.prices import unknown_codes as unknown_codes
from modules.charging.queries.reductions import benefits_of as benefits_of
from modules.charging.queries.reductions import list_reduction_rules as list_reduction_rules
from modules.charging.queries.reductions import lock_benefit as lock_benefit
from modules.charging.queries.reductions import lock_reduction_rule as lock_reduction_rule
from modules.charging.queries.reductions import lock_to_settle as lock_to_settle
from modules.charging.queries.reductions import reduced_in_books as reduced_in_books
from modules.charging.queries.reductions import reductions_by_line as reductions_by_line
from modules.charging.queries.reductions import reductions_of as reductions_of
from modules.charging.queries.reductions import settled_reductions as settled_reductions
from modules.charging.queries.refund_requests import AskedLine as AskedLine
from modules.charging.queries.refund_requests import RequestView as RequestView
from modules.charging.queries.refund_requests import asked_of_prescription as asked_of_prescription
from modules.charging.queries.refund_requests import asked_unlike_open_lines as asked_unlike_open_lines
from modules.charging.queries.refund_requests import first_for_doctor as first_for_doctor
from modules.charging.queries.refund_requests import first_to_refund as first_to_refund
from modules.charging.queries.refund_requests import get_request as get_request
from modules.charging.queries.refund_requests import has_open_lines as has_open_lines
from modules.charging.queries.refund_requests import lines_of_request as lines_of_request
from modules.charging.queries.refund_requests import list_requests as list_requests
from modules.charging.queries.refund_requests import open_lines as open_lines
from modules.charging.queries.refund_requests import open_request_of as open_request_of
from modules.charging.queries.refund_requests import prescriptions_asked_back as prescriptions_asked_back
from modules.charging.queries.refund_requests import request_view as request_view
from modules.charging.queries.refund_requests import requestable as requestable
from modules.charging.queries.refund_requests import requests_of_visit as requests_of_visit
from modules.charging.queries.reported import DayPrices as DayPrices
from modules.charging.queries.reported import FeeEntry as FeeEntry
from modules.charging.queries.reported import TenderEntry as TenderEntry
from modules.charging.queries.reported import UnpaidBill as UnpaidBill
from modules.charging.queries.reported import UnpaidDay as UnpaidDay
from modules.charging.queries.reported import day_prices as day_prices
from modules.charging.queries.reported import fee_entries as fee_entries
from modules.charging.queries.reported import page_of_unpaid as page_of_unpaid
from modules.charging.queries.reported import settled_days as settled_days
from modules.charging.queries.reported import settlement_totals as settlement_totals
from modules.charging.queries.reported import settlements_by_id as settlements_by_id
from modules.charging.queries.reported import tender_entries as tender_entries
from modules.charging.queries.reported import unpaid_by_day as unpaid_by_day
from modules.charging.queries.returned import OWED
from modules.charging.queries.returned import owed_for_return as owed_for_return
from modules.charging.queries.returned import receipt_with_returns as receipt_with_returns
from modules.charging.queries.settlements import SettlementView as SettlementView
from modules.charging.queries.settlements import count_prints as count_prints
from modules.charging.queries.settlements import first_shifts as first_shifts
from modules.charging.queries.settlements import get_receipt_print as get_receipt_print
from modules.charging.queries.settlements import get_settlement as get_settlement
from modules.charging.queries.settlements import is_mirrored as is_mirrored
from modules.charging.queries.settlements import settled_lines as settled_lines
from modules.charging.queries.settlements import settlement_view as settlement_view
from modules.charging.queries.settlements import tenders_of as tenders_of
from modules.charging.queries.shifts import DayReport as DayReport
from modules.charging.queries.shifts import confirmations_of as confirmations_of
from modules.charging.queries.shifts import day_report as day_report
from modules.charging.queries.shifts import find_open_shift as find_open_shift
from modules.charging.queries.shifts import first_unconfirmed as first_unconfirmed
from modules.charging.queries.shifts import get_shift as get_shift
from modules.charging.queries.shifts import list_forgotten as list_forgotten
from modules.charging.queries.shifts import list_shifts as list_shifts
from modules.charging.queries.shifts import lock_open_shift as lock_open_shift
from modules.charging.queries.shifts import lock_shift as lock_shift
from modules.charging.queries.shifts import shift_entries as shift_entries
from modules.charging.queries.shifts import shift_sums as shift_sums
from modules.charging.queries.shifts import takings_by_day as takings_by_day
from modules.charging.queries.shifts import takings_by_tender as takings_by_tender
from modules.charging.rules.fee_classes import INVOICE_ORDER as INVOICE_ORDER
from modules.charging.rules.fee_classes import FeeClass as FeeClass
from modules.charging.rules.reductions import Reduction, total_of
from modules.charging.rules.tenders import INSURED as INSURED
from modules.charging.rules.tenders import TenderMethod as TenderMethod

_DUE_AMOUNT = case((Charge.status.in_(DUE), LEFT_TO_PAY), else_=Decimal("0.00"))
_RETURNED = case((and_(*OWED), 1), else_=0)

# Bills


@dataclass(frozen=True, slots=True)
class BillSummary:
    """A bill with what is due, as a list shows it."""

    bill: Bill
    due_amount: Decimal
    unpaid_count: int
    returned_count: int = 0  # lines whose drugs came back; their money is to go back


@dataclass(frozen=True, slots=True)
class BillView:
    """A bill with everything on it."""

    bill: Bill
    charges: list[Charge]
    settlements: list[Settlement]
    tenders: dict[int, list[Tender]]  # by settlement
    reductions: dict[int, list[Reduction]]  # by unpaid line: what rules and waivers take off

    @property
    def unpaid(self) -> list[Charge]:
        """Lines that wait for payment."""
        return [charge for charge in self.charges if charge.status == ChargeStatus.UNPAID]

    @property
    def due_amount(self) -> Decimal:
        """Yuan that wait for payment, what is taken off left out."""
        return self.full_amount - self.reduced_amount

    @property
    def full_amount(self) -> Decimal:
        """Yuan of the unpaid lines at their full prices."""
        return sum((charge.amount for charge in self.unpaid), Decimal("0.00"))

    @property
    def reduced_amount(self) -> Decimal:
        """Yuan that are taken off the unpaid lines."""
        return sum((total_of(members) for members in self.reductions.values()), Decimal("0.00"))

    @property
    def paid_amount(self) -> Decimal:
        """Yuan taken less yuan given back."""
        return sum((settlement.amount for settlement in self.settlements), Decimal("0.00"))

    @property
    def refundable(self) -> list[Settlement]:
        """Settlements that are no reversal and were not reversed."""
        reversed_ids = {settlement.mirrors_id for settlement in self.settlements}
        return [
            settlement
            for settlement in self.settlements
            if settlement.kind != SettlementKind.MIRROR and settlement.id not in reversed_ids
        ]


def find_bill(visit_id: int) -> Bill | None:
    """The bill of a visit, or None."""
    return db.session.scalar(select(Bill).where(Bill.visit_id == visit_id))


def get_bill(bill_id: int) -> Bill:
    """The bill, or NotFound."""
    found = db.session.get(Bill, bill_id)
    if found is None:
        raise NotFound(field="bill_id")
    return found


def lock_bill(bill_id: int) -> Bill:
    """The bill, held against other windows until the transaction ends."""
    bill = lock_row(Bill, bill_id)
    if bill is None:
        raise NotFound(field="bill_id")
    return bill


def lock_bill_of_visit(visit_id: int) -> Bill:
    """The bill of a visit, held until the transaction ends."""
    bill = db.session.scalar(locking(select(Bill).where(Bill.visit_id == visit_id), Bill))
    if bill is None:
        raise BillMissing(field="visit_id")
    return bill


def charges_of(bill_id: int, *, status: ChargeStatus | None = None) -> list[Charge]:
    """Lines of a bill, oldest first."""
    statement = select(Charge).where(Charge.bill_id == bill_id).order_by(Charge.id)
    if status is not None:
        statement = statement.where(Charge.status == status)
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def charges_of_prescription(prescription_id: int) -> list[Charge]:
    """Lines of a prescription that stand on a bill, oldest first."""
    return list(
        db.session.scalars(
            select(Charge)
            .where(Charge.prescription_id == prescription_id, Charge.status != ChargeStatus.VOIDED)
            .order_by(Charge.id)
            .execution_options(populate_existing=True)
        )
    )


def bill_view(bill_id: int) -> BillView:
    """A bill with its lines, settlements and tenders, in four statements; two more where rules reduce."""
    bill = get_bill(bill_id)
    settlements = list(
        db.session.scalars(select(Settlement).where(Settlement.bill_id == bill_id).order_by(Settlement.id))
    )
    tenders: dict[int, list[Tender]] = {settlement.id: [] for settlement in settlements}
    if tenders:
        for tender in db.session.scalars(
            select(Tender).where(Tender.settlement_id.in_(sorted(tenders))).order_by(Tender.id)
        ):
            tenders[tender.settlement_id].append(tender)
    charges = charges_of(bill_id)
    unpaid = [charge for charge in charges if charge.status == ChargeStatus.UNPAID]
    return BillView(bill, charges, settlements, tenders, reductions_by_line(reductions_of(bill, unpaid)))


def find_bill_by_number(number: str) -> Bill | None:
    """The bill whose visit or receipt has this number (a scan)."""
    wanted = number.strip().upper()
    if not wanted:
        return None
    found = db.session.scalar(select(Bill).where(Bill.visit_number == wanted))
    if found is None:
        found = db.session.scalar(
            select(Bill).join(Settlement, Settlement.bill_id == Bill.id).where(Settlement.number == wanted)
        )
    return found


def list_due_bills(*, on: date | None = None, size: int = 40) -> list[BillSummary]:
    """Bills with unpaid lines (`on` keeps one day) or with drugs that came back, the latest first."""
    unpaid_count = case((Charge.status.in_(DUE), 1), else_=0)
    statement = (
        select(Bill, func.sum(_DUE_AMOUNT), func.sum(unpaid_count), func.sum(_RETURNED))
        .join(Charge, Charge.bill_id == Bill.id)
        .where(_waits(on))
    )
    return _summaries(statement, size)


def _waits(on: date | None) -> ColumnElement[bool]:
    due = Charge.status.in_(DUE)
    return or_(due if on is None else and_(due, Bill.on == on), and_(*OWED))


def list_bills(
    *, on: date | None = None, patient_ids: Iterable[int] | None = None, size: int = 40
) -> list[BillSummary]:
    """Bills of a day or of patients, the latest first, with what is due on each."""
    unpaid_count = case((Charge.status.in_(DUE), 1), else_=0)
    statement = select(Bill, func.sum(_DUE_AMOUNT), func.sum(unpaid_count), func.sum(_RETURNED)).outerjoin(
        Charge, Charge.bill_id == Bill.id
    )
    if on is not None:
        statement = statement.where(Bill.on == on)
    if patient_ids is not None:
        statement = statement.where(Bill.patient_id.in_(sorted(set(patient_ids))))
    return _summaries(statement, size)


def _summaries(statement: "Select[Bill, Decimal, int, int]", size: int) -> list[BillSummary]:
    grouped = statement.group_by(*columns_of(Bill)).order_by(Bill.id.desc()).limit(size)
    return [
        BillSummary(row[0], row[1] or Decimal("0.00"), row[2] or 0, row[3] or 0)
        for row in db.session.execute(grouped)
    ]


def amounts_of_visits(visit_ids: Iterable[int]) -> dict[int, tuple[Decimal, Decimal]]:
    """Visit → what is due and what was paid, in yuan; for a whole list in two statements."""
    wanted = sorted(set(visit_ids))
    found = {visit_id: (Decimal("0.00"), Decimal("0.00")) for visit_id in wanted}
    due = (
        select(Bill.visit_id, func.sum(LEFT_TO_PAY))
        .join(Charge, Charge.bill_id == Bill.id)
        .where(Bill.visit_id.in_(wanted), Charge.status.in_(DUE))
        .group_by(Bill.visit_id)
    )
    for visit_id, amount in db.session.execute(due):
        found[visit_id] = (amount, found[visit_id][1])
    paid = (
        select(Bill.visit_id, func.sum(Settlement.amount))
        .join(Settlement, Settlement.bill_id == Bill.id)
        .where(Bill.visit_id.in_(wanted))
        .group_by(Bill.visit_id)
    )
    for visit_id, amount in db.session.execute(paid):
        found[visit_id] = (found[visit_id][0], amount)
    return found


@dataclass(frozen=True, slots=True)
class DueBill:
    """A bill that waits for payment or a refund: since when, and how much."""

    bill_id: int
    patient_id: int
    since: datetime
    due_amount: Decimal
    returned_count: int


def first_due_bills(on: date, *, size: int) -> tuple[int, list[DueBill]]:
    """How many bills of a day wait for payment, or of any day for a refund, and the latest. One statement."""
    statement = (
        select(
            Bill.id,
            Bill.patient_id,
            func.min(Charge.added_at),
            func.sum(_DUE_AMOUNT),
            func.sum(_RETURNED),
            func.count().over(),
        )
        .join(Charge, Charge.bill_id == Bill.id)
        .where(_waits(on))
        .group_by(Bill.id, Bill.patient_id)
        .order_by(Bill.id.desc())
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][5] if rows else 0), [DueBill(*row[:5]) for row in rows]
