"""Databases: sessions, routes, types, locks. Raw SQL lives here and nowhere else."""

from app.db.append_only import AppendOnly
from app.db.base import CONTROL, Control, Model, columns_of, db
from app.db.locks import lock_for_turn, lock_row, locking, locking_for_turn
from app.db.paging import Page, page_by_key
from app.db.scoped import TenantScoped
from app.db.text import contains_text, starts_with
from app.db.types import (
    amount_column,
    choice_column,
    id_column,
    quantity_column,
    search_key_column,
    text_column,
    unit_price_column,
)
from app.db.units import Mode, across_tenants, control_unit, current_unit, tenant_unit
from app.db.writes import update_rows

__all__ = [
    "CONTROL",
    "AppendOnly",
    "Control",
    "Mode",
    "Model",
    "Page",
    "TenantScoped",
    "across_tenants",
    "amount_column",
    "choice_column",
    "columns_of",
    "contains_text",
    "control_unit",
    "current_unit",
    "db",
    "id_column",
    "lock_for_turn",
    "lock_row",
    "locking",
    "locking_for_turn",
    "page_by_key",
    "quantity_column",
    "search_key_column",
    "starts_with",
    "tenant_unit",
    "text_column",
    "unit_price_column",
    "update_rows",
]
