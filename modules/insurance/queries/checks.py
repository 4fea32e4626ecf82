"""What must hold for every settled one; ``flask check`` proves it."""

from decimal import Decimal

from sqlalchemy import ColumnElement, Select, func, select

from app.checks import nobody
from app.db import tenant_unit
from app.i18n import N_
from app.registry import Finding
from modules.insurance.models import InsuranceSettlement, InsuranceSettlementLine
from modules.insurance.rules.states import SettlementState

_One = InsuranceSettlement


def check_settlements(tenant_id: int) -> list[Finding]:
    """Lines, parts and payers of every settled one make up its total (clinic.md C6)."""
    lines = (
        select(func.coalesce(func.sum(InsuranceSettlementLine.amount), Decimal(0)))
        .where(InsuranceSettlementLine.settlement_id == _One.id)
        .scalar_subquery()
    )
    parts = _One.full_own_amount + _One.over_limit_amount + _One.first_pay_amount + _One.in_scope_amount
    own = _One.account_amount + _One.mutual_aid_amount + _One.cash_amount
    with tenant_unit(tenant_id):
        return [
            nobody(
                N_("insurance: settlements whose lines are not their total"),
                _where(_One.total_amount != lines),
            ),
            nobody(
                N_("insurance: total = own + over limit + paid first + in scope"),
                _where(_One.total_amount != parts),
            ),
            nobody(
                N_("insurance: total = funds + hospital + account + cash"),
                _where(_One.total_amount != _One.fund_amount + _One.hospital_amount + own),
            ),
        ]


def _where(broken: ColumnElement[bool]) -> Select[str]:
    return select(_One.setl_id).where(_One.state == SettlementState.SETTLED, broken).order_by(_One.id)
