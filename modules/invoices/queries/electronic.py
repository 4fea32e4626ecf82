"""Electronic invoices, what is owed to the platform, and everything a message about one needs."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from app import clock
from app.db import Page, db, lock_row, locking, page_by_key
from modules.invoices.errors import ElectronicMissing
from modules.invoices.models import ElectronicInvoice, Exchange, Paper, PlatformConnection
from modules.invoices.rules.messages import Line
from modules.invoices.rules.states import OWED, ElectronicKind, ExchangeState, SendingState

_OWED_EXCHANGES = (ExchangeState.WAITING, ExchangeState.SENT)


def find_connection() -> PlatformConnection | None:
    """The institution's connection, in use or not."""
    return db.session.scalar(select(PlatformConnection))


def find_line() -> tuple[Line, str] | None:
    """The connection in use and the kind of institution, or None; one statement."""
    found = db.session.scalar(select(PlatformConnection).where(PlatformConnection.is_active))
    return (
        None if found is None else (Line(found.base_url, found.key, found.unit_code), found.institution_kind)
    )


def get_electronic(invoice_id: int) -> ElectronicInvoice:
    """The electronic invoice, or NotFound."""
    found = db.session.get(ElectronicInvoice, invoice_id)
    if found is None:
        raise ElectronicMissing(field="invoice_id")
    return found


def lock_electronic(invoice_id: int) -> ElectronicInvoice:
    """The electronic invoice, held until commit."""
    found = lock_row(ElectronicInvoice, invoice_id)
    if found is None:
        raise ElectronicMissing(field="invoice_id")
    return found


def electronic_of(settlement_id: int) -> ElectronicInvoice | None:
    """The electronic invoice of a settlement, or None."""
    return db.session.scalar(
        select(ElectronicInvoice).where(ElectronicInvoice.settlement_id == settlement_id)
    )


def lock_electronic_of(settlement_id: int) -> ElectronicInvoice | None:
    """The electronic invoice of a settlement, held until commit."""
    statement = select(ElectronicInvoice).where(ElectronicInvoice.settlement_id == settlement_id)
    return db.session.scalar(locking(statement, ElectronicInvoice))


def _red(blue_id: int) -> Select[ElectronicInvoice]:
    return select(ElectronicInvoice).where(
        ElectronicInvoice.blue_id == blue_id, ElectronicInvoice.kind == ElectronicKind.RED
    )


def red_of(blue_id: int) -> ElectronicInvoice | None:
    """The red invoice of a blue one, or None."""
    return db.session.scalar(_red(blue_id))


def list_electronic(
    *, state: SendingState | None = None, number: str = "", before: int | None = None
) -> Page[ElectronicInvoice]:
    """Electronic invoices, the newest first; of a state, or of a number."""
    statement = select(ElectronicInvoice)
    if state is not None:
        statement = statement.where(ElectronicInvoice.state == state)
    if number:
        statement = statement.where(ElectronicInvoice.number == number)
    return page_by_key(statement, ElectronicInvoice.id, before=before)


def waiting_electronic(*, size: int) -> tuple[int, list[ElectronicInvoice]]:
    """How many were refused by the platform, and the first of them; one statement."""
    statement = (
        select(ElectronicInvoice, func.count().over())
        .where(ElectronicInvoice.state == SendingState.REFUSED)
        .order_by(ElectronicInvoice.id)
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def exchange_of(electronic_id: int) -> Exchange | None:
    """The exchange of an electronic invoice for paper, or None."""
    return db.session.scalar(select(Exchange).where(Exchange.electronic_id == electronic_id))


def exchange_of_paper(paper_id: int) -> Exchange | None:
    """The exchange a paper was printed for, or None."""
    return db.session.scalar(select(Exchange).where(Exchange.paper_id == paper_id))


def lock_exchange(exchange_id: int) -> tuple[Exchange, Paper, ElectronicInvoice]:
    """An exchange with its paper and its electronic invoice, held until commit."""
    found = lock_row(Exchange, exchange_id)
    if found is None:
        raise ElectronicMissing(field="exchange_id")
    return (
        found,
        db.session.get_one(Paper, found.paper_id),
        db.session.get_one(ElectronicInvoice, found.electronic_id),
    )


def get_exchange(exchange_id: int) -> tuple[Exchange, Paper, ElectronicInvoice]:
    """An exchange with its paper and its electronic invoice, or NotFound."""
    found = db.session.get(Exchange, exchange_id)
    if found is None:
        raise ElectronicMissing(field="exchange_id")
    return (
        found,
        db.session.get_one(Paper, found.paper_id),
        db.session.get_one(ElectronicInvoice, found.electronic_id),
    )


def due_invoices(*, size: int = 30) -> list[int]:
    """Electronic invoices whose turn has come, blue ones before the red that reverse them."""
    statement = select(ElectronicInvoice.id).where(
        ElectronicInvoice.state.in_(OWED), ElectronicInvoice.try_at <= clock.now()
    )
    return list(db.session.scalars(statement.order_by(ElectronicInvoice.id).limit(size)))


def due_exchanges(*, size: int = 30) -> list[int]:
    """Exchanges the platform has still to be told of."""
    statement = select(Exchange.id).where(Exchange.state.in_(_OWED_EXCHANGES), Exchange.try_at <= clock.now())
    return list(db.session.scalars(statement.order_by(Exchange.id).limit(size)))


def centres_due(now: datetime) -> list[Select[Any]]:
    """Statements for the centres in which something is owed to the platform, see ``app.pursuit``."""
    invoices = select(ElectronicInvoice.tenant_id).where(
        ElectronicInvoice.state.in_(OWED), ElectronicInvoice.try_at <= now
    )
    exchanges = select(Exchange.tenant_id).where(Exchange.state.in_(_OWED_EXCHANGES), Exchange.try_at <= now)
    return [invoices.distinct(), exchanges.distinct()]
