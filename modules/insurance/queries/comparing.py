"""What is compared with the insurer's books: settlements of a day that stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from app.db import db
from modules.insurance.models import InsurancePerson, InsuranceSettlement, InsuranceVisit
from modules.insurance.rules.states import SettlementState

Number = Annotated[str, Field(max_length=40)]


@dataclass(frozen=True, slots=True)
class Settled:
    """A settlement as the insurer is told of it (3201, 3202)."""

    settlement_id: int
    setl_id: Number
    mdtrt_id: Number
    person_no: Number
    insutype: Number
    at: datetime
    total: Decimal
    fund: Decimal
    account: Decimal


def settled_between(begins: datetime, ends: datetime) -> list[Settled]:
    """Settlements between two moments that the insurer still counts. One statement."""
    statement = (
        select(InsuranceSettlement, InsuranceVisit.mdtrt_id, InsurancePerson)
        .join(InsuranceVisit, InsuranceVisit.id == InsuranceSettlement.visit_row_id)
        .join(InsurancePerson, InsurancePerson.id == InsuranceSettlement.person_id)
        .where(
            InsuranceSettlement.settled_at >= begins,
            InsuranceSettlement.settled_at < ends,
            InsuranceSettlement.state.in_((SettlementState.SETTLED, SettlementState.CANCELLING)),
        )
        .order_by(InsuranceSettlement.id)
    )
    return [_settled(row[0], row[1], row[2]) for row in db.session.execute(statement)]


def _settled(row: InsuranceSettlement, mdtrt_id: str, person: InsurancePerson) -> Settled:
    return Settled(
        row.id,
        row.setl_id,
        mdtrt_id,
        person.person_no,
        row.insutype,
        row.settled_at or row.asked_at,
        row.total_amount,
        row.fund_amount,
        row.account_amount,
    )


def settlements_by_number(setl_ids: Iterable[str]) -> dict[str, InsuranceSettlement]:
    """Settlements by the insurer's number, however they stand. One statement."""
    wanted = sorted({number for number in setl_ids if number})[:900]
    rows = db.session.scalars(select(InsuranceSettlement).where(InsuranceSettlement.setl_id.in_(wanted)))
    return {row.setl_id: row for row in rows}
