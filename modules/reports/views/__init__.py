"""Pages of the reports."""

from modules.reports.views import files, money, papers, stock
from modules.reports.views.pages import blueprint, find_drugs

__all__ = ["blueprint", "files", "find_drugs", "money", "papers", "stock"]
