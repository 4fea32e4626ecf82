"""What the steps of a settlement share: the row held in its state, what was said kept, counted in one place."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from app.actor import Actor
from app.db import db
from app.use_cases import Secret
from modules.insurance import queries
from modules.insurance.errors import WrongState
from modules.insurance.models import InsuranceExchange, InsuranceSettlement
from modules.insurance.rules.states import SettlementState
from modules.insurance.services.facts import ExchangeFact

GIVE_UP_WAITING = timedelta(seconds=20)  # longer than anybody waits for an answer
Exchanges = Annotated[list[ExchangeFact], Field(max_length=60), Secret()]
Reason = Annotated[str, Field(max_length=500)]
Number = Annotated[str, Field(max_length=40)]


def held(settlement_id: int, *states: SettlementState) -> InsuranceSettlement:
    """The settlement, held until commit, if it is in one of these states.

    Raises:
        WrongState: it is not.
    """
    row = queries.lock_settlement(settlement_id)
    if row.state not in states:
        raise WrongState(state=row.state.label)
    return row


def keep(exchanges: list[ExchangeFact], settlement_id: int | None, by: Actor) -> None:
    """Store what was said, word for word."""
    for fact in exchanges:
        row = InsuranceExchange(
            settlement_id=settlement_id,
            infno=fact.infno,
            msgid=fact.msgid,
            outcome=fact.outcome,
            said_at=fact.said_at,
            took_ms=fact.took_ms,
            account_id=by.account_id,
        )
        row.request, row.answer = fact.request, fact.answer
        db.session.add(row)
