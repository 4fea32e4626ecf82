"""Reading sums, and the papers behind them."""

from modules.reports.queries.arrears import arrears, unpaid, unpaid_table
from modules.reports.queries.asked import Asked
from modules.reports.queries.checks import check_sums, findings
from modules.reports.queries.days import (
    AsOf,
    as_of,
    centres_due,
    count_stale_days,
    stale_days,
    unfinished_days,
)
from modules.reports.queries.entries import antimicrobials, money_entries, prescribing_entries
from modules.reports.queries.income import by_of, income, receipt_table, receipts
from modules.reports.queries.money import By, MoneyFilter, Taken, receipts_of, takings, takings_by_day
from modules.reports.queries.moved import document_table, documents, documents_table, drug_names, stock
from modules.reports.queries.moved import filter_of as stock_filter
from modules.reports.queries.reach import Reach, reach_of, reading
from modules.reports.queries.stock import (
    StockFilter,
    flows,
    flows_by_day,
    level_to_carry_from,
    month_of_places,
    openings,
    prescribing,
    stock_at,
)
from modules.reports.queries.use import issues_table, prescription_table, use, with_antimicrobials

__all__ = [
    "AsOf",
    "Asked",
    "By",
    "MoneyFilter",
    "Reach",
    "StockFilter",
    "Taken",
    "antimicrobials",
    "arrears",
    "as_of",
    "by_of",
    "centres_due",
    "check_sums",
    "count_stale_days",
    "document_table",
    "documents",
    "documents_table",
    "drug_names",
    "findings",
    "flows",
    "flows_by_day",
    "income",
    "issues_table",
    "level_to_carry_from",
    "money_entries",
    "month_of_places",
    "openings",
    "prescribing",
    "prescribing_entries",
    "prescription_table",
    "reach_of",
    "reading",
    "receipt_table",
    "receipts",
    "receipts_of",
    "stale_days",
    "stock",
    "stock_at",
    "stock_filter",
    "takings",
    "takings_by_day",
    "unfinished_days",
    "unpaid",
    "unpaid_table",
    "use",
    "with_antimicrobials",
]
