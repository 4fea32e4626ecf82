"""Which accounts an amount of money or stock belongs to, by day: hints that events carry for the accountant's vouchers.

Source: government accounting system with its primary-care supplement (财会〔2018〕25号); clinic.md C1, F3. Codes are
those of ``modules/catalogue/reference_data/chart_of_accounts.csv``. A change of the chart is a new entry of ``CHARTS``;
what was told before keeps the accounts of its day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class FeeAccounts:
    """Where income of a fee class is credited: at once (R1), or pending until the bureau decides (R2, 2308)."""

    income: str
    pending: str


@dataclass(frozen=True, slots=True)
class TenderAccounts:
    """Where a way of paying is debited, and what the budget books say of it; nothing where no own money came in."""

    account: str
    budget_debit: str = ""
    budget_credit: str = ""


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of an entry; `approved` takes the pending loss or gain (1902) over once it is approved."""

    debit: str
    credit: str
    approved: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The accounts in force from a day on."""

    since: date
    fees: Mapping[str, FeeAccounts]  # by the insurer's med_chrgitm_type, as charging codes fee classes
    tenders: Mapping[str, str]  # by way of paying
    own_money: frozenset[str]  # ways that are budget income when they come in
    stock: Mapping[str, str]  # by kind of drug: W, P, H
    any_stock: str
    rounding: tuple[str, str]  # given up, gained
    budget: tuple[str, str]
    prepaid: str
    payable: str
    cost: str
    pending_loss: str
    loss: str
    gain: str


CHARTS = (
    Chart(
        since=date(2019, 1, 1),
        fees={
            "13": FeeAccounts("4101010101", "23080101"),
            "02": FeeAccounts("4101010102", "23080102"),
            "03": FeeAccounts("4101010103", "23080103"),
            "04": FeeAccounts("4101010104", "23080104"),
            "05": FeeAccounts("4101010105", "23080105"),
            "06": FeeAccounts("4101010106", "23080106"),
            "08": FeeAccounts("4101010107", "23080107"),
            "09": FeeAccounts("41010101080101", "230801080101"),
            "11": FeeAccounts("410101010802", "2308010802"),
            "10": FeeAccounts("410101010803", "2308010803"),
            "12": FeeAccounts("4101010109", "23080109"),
            "14": FeeAccounts("4101010110", "23080110"),
        },
        tenders={
            "cash": "1001",
            "wechat": "1021",
            "alipay": "1021",
            "digital_yuan": "1021",
            "bank_card": "1002",
            "prepaid": "23050102",
            "pooled_fund": "12120201",
            "personal_account": "12120201",
            "hospital_part": "4101010111",
            "reduced": "4101010111",
            "owed": "12120202",
        },
        own_money=frozenset({"cash", "wechat", "alipay", "digital_yuan", "bank_card"}),
        stock={"W": "13020101", "P": "13020102", "H": "13020103"},
        any_stock="130201",
        rounding=("5901", "4609"),
        budget=("800102", "61010101"),
        prepaid="23050102",
        payable="2302",
        cost="500101",
        pending_loss="1902",
        loss="5301",
        gain="5101",
    ),
)


def chart_on(on: date) -> Chart:
    """The chart in force on a day; before the first one, the first."""
    return next((chart for chart in reversed(CHARTS) if chart.since <= on), CHARTS[0])


def fee_accounts(fee_class: str, on: date) -> FeeAccounts:
    """Where income of a fee class is credited."""
    return chart_on(on).fees[fee_class]


def tender_accounts(method: str, amount: Decimal, on: date) -> TenderAccounts:
    """Where a way of paying is debited; a negative amount is the same entry in red."""
    chart = chart_on(on)
    if method == "rounding":
        return TenderAccounts(chart.rounding[0] if amount > 0 else chart.rounding[1])
    budget = chart.budget if method in chart.own_money else ("", "")
    return TenderAccounts(chart.tenders[method], *budget)


def prepaid_sides(on: date) -> tuple[Sides, Sides]:
    """Cash laid into a prepaid account: the entry, and the budget's. What was paid out is the same in red.

    The general rule: budget income when it comes in, none when the account pays (`prepaid_budget` = on receipt).
    """
    chart = chart_on(on)
    return Sides(chart.tenders["cash"], chart.prepaid), Sides(*chart.budget)


def stock_sides(drug_kind: str, source: str, target: str, on: date) -> Sides:
    """Both sides of a movement of stock at cost, by what stands on either side of it (a place, a supplier, …)."""
    chart = chart_on(on)
    stock = chart.stock.get(drug_kind, chart.any_stock)
    outside = {
        "supplier": chart.payable,
        "patient": chart.cost,
        "loss": chart.pending_loss,
        "count": chart.pending_loss,
        "opening": "",  # carried over from the books before: no voucher
    }
    approved = ""
    if target in ("loss", "count"):
        approved = chart.loss
    elif source == "count":
        approved = chart.gain
    return Sides(outside.get(target, stock), outside.get(source, stock), approved)
