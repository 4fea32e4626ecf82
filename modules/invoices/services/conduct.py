"""Conductors: they speak with the platform; before and after each word a use case notes what is known.

No transaction is open while anybody waits for the platform.
"""

from typing import Any

import structlog

from app.actor import Actor, system_actor
from app.db import tenant_unit
from app.errors import DomainError
from app.faults import fault_of
from app.i18n import gettext
from modules.invoices import queries
from modules.invoices.gateways.platform import Outcome, Said, say
from modules.invoices.models import ElectronicInvoice
from modules.invoices.rules.messages import Issued, Line, NotUnderstood, exchange_told, issued_of
from modules.invoices.rules.states import ElectronicKind
from modules.invoices.services import steps
from modules.invoices.services.facts import told_of

log = structlog.get_logger()


def carry(invoice_id: int, *, by: Actor) -> ElectronicInvoice:
    """Have an electronic invoice issued, or find out whether it was; returns it as it stands afterwards.

    Raises:
        NotFound: no such invoice here.
    """
    _carry(invoice_id, by)
    with tenant_unit(by.tenant_id or 0):
        return queries.get_electronic(invoice_id)


def _carry(invoice_id: int, by: Actor) -> bool:
    """Whether the platform is there, as far as it was asked."""
    with tenant_unit(by.tenant_id or 0):
        found = queries.find_line()
    if found is None:
        return False
    row = steps.begin_sending(invoice_id=invoice_id, by=by)
    if row is None:
        return True
    line, institution_kind = found
    if row.asks_first:
        asked = say(line, "query", {"busNo": row.business_no})
        if asked.outcome is not Outcome.DONE:
            steps.note_unanswered(invoice_id=row.id, fault=_fault(asked), by=by)
            return asked.outcome is not Outcome.UNREACHABLE
        if asked.told.get("found"):
            return _believe(row, asked, by)
    return _issue(row, line, institution_kind, by)


def _issue(row: ElectronicInvoice, line: Line, institution_kind: str, by: Actor) -> bool:
    with tenant_unit(by.tenant_id or 0):
        told = told_of(row.id, institution_kind)
    said = say(line, "red" if row.kind is ElectronicKind.RED else "issue", told)
    if said.outcome is Outcome.DONE:
        return _believe(row, said, by)
    note = steps.note_unanswered
    if said.outcome is Outcome.REFUSED:
        note = steps.note_refused
    elif said.outcome is Outcome.UNREACHABLE and not row.asks_first:  # an earlier message may still arrive
        note = steps.note_unsent
    note(invoice_id=row.id, fault=_fault(said), by=by)
    return said.outcome is not Outcome.UNREACHABLE


def _believe(row: ElectronicInvoice, said: Said, by: Actor) -> bool:
    """What the platform says is kept when it is an invoice, and of this amount."""
    try:
        issued: Issued | None = issued_of(said.told)
    except NotUnderstood:
        issued = None
    if issued is None or issued.total != row.total_amount:
        fault = gettext("The answer is not of this invoice")
        steps.note_unanswered(invoice_id=row.id, fault=fault, by=by)
    else:
        steps.note_issued(invoice_id=row.id, issued=issued, by=by)
    return True


def _fault(said: Said) -> str:
    words = {
        Outcome.UNREACHABLE: gettext("The platform was not reached"),
        Outcome.UNANSWERED: gettext("No answer"),
        Outcome.NOT_TRUSTED: gettext("Answer not trusted"),
    }
    return words.get(said.outcome, said.fault)[:200]


def tell_exchange(exchange_id: int, *, by: Actor) -> bool:
    """Tell the platform which paper stands for an electronic invoice; whether it answered."""
    with tenant_unit(by.tenant_id or 0):
        found = queries.find_line()
    if found is None or steps.begin_telling(exchange_id=exchange_id, by=by) is None:
        return found is not None
    number, told = _exchange(exchange_id, by)
    said = say(found[0], "exchange", told)
    if said.outcome is Outcome.DONE:
        steps.note_told(exchange_id=exchange_id, number=number, by=by)
    else:
        is_refused = said.outcome is Outcome.REFUSED
        steps.note_not_told(exchange_id=exchange_id, is_refused=is_refused, fault=_fault(said), by=by)
    return said.outcome is not Outcome.UNREACHABLE


def _exchange(exchange_id: int, by: Actor) -> tuple[str, dict[str, Any]]:
    with tenant_unit(by.tenant_id or 0):
        row, paper, electronic = queries.get_exchange(exchange_id)
        return paper.number, exchange_told(
            blue_no=electronic.business_no, code=paper.code, number=paper.number, replaces=row.told_number
        )


def pursue(tenant_id: int) -> int:
    """Try everything an institution is owed whose turn has come; returns how many were tried.

    A platform that is not there is not asked about the rest: their turn comes again.
    """
    by = system_actor(tenant_id, origin="job")
    with tenant_unit(tenant_id):
        invoices, exchanges = queries.due_invoices(), queries.due_exchanges()
    tried = 0
    for invoice_id in invoices:
        tried += 1
        if not _try_invoice(invoice_id, by):
            return tried
    for exchange_id in exchanges:
        tried += 1
        if not _try_exchange(exchange_id, by):
            return tried
    return tried


def _try_invoice(invoice_id: int, by: Actor) -> bool:
    """Whether the platform is there."""
    try:
        return _carry(invoice_id, by)
    except DomainError as refusal:
        log.warning("invoices.pursuit_failed", row=invoice_id, error=refusal.code)
    except Exception as failure:  # one that cannot be issued keeps no other from its turn
        log.error("invoices.pursuit_failed", row=invoice_id, error=fault_of(failure))
        steps.note_unanswered(invoice_id=invoice_id, fault=fault_of(failure)[:200], by=by)
    return True


def _try_exchange(exchange_id: int, by: Actor) -> bool:
    try:
        return tell_exchange(exchange_id, by=by)
    except DomainError as refusal:
        log.warning("invoices.pursuit_failed", row=exchange_id, error=refusal.code)
    except Exception as failure:
        log.error("invoices.pursuit_failed", row=exchange_id, error=fault_of(failure))
    return True
