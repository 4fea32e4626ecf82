"""Exchanging an electronic invoice for paper (换开纸质): once, on whatever sheet came through the printer."""

from app import clock
from app.db import db
from modules.invoices import queries
from modules.invoices.models import ElectronicInvoice, Exchange, Paper
from modules.invoices.rules.states import ExchangeState


def put_on_paper(electronic: ElectronicInvoice, paper: Paper) -> Exchange:
    """Note that the platform has to be told of this paper; after a jam it is told of the next sheet."""
    row = queries.exchange_of(electronic.id)
    if row is None:
        row = Exchange(electronic_id=electronic.id)
        db.session.add(row)
    row.paper_id, row.state, row.try_at, row.attempts = paper.id, ExchangeState.WAITING, clock.now(), 0
    db.session.flush()
    return row
