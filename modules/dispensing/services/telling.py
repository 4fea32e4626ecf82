"""Telling the insurer of stock and of sales with their codes: after the commit, until it has heard."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor, system_actor
from app.db import lock_row, tenant_unit
from app.errors import DomainError, NotFound
from app.i18n import N_, gettext
from app.use_cases import use_case
from modules.dispensing import queries
from modules.dispensing.errors import RecordNotRefused
from modules.dispensing.models import CodeEvent, StockReport, UploadState
from modules.dispensing.queries import Owed, Record
from modules.dispensing.rules.reports import NODES
from modules.insurance import queries as insurance
from modules.insurance import services as insurer
from modules.insurance.errors import InsurerAway, NotConnected

FIRST_WAIT, LONGEST_WAIT = 15, 3600  # seconds
DRUG = "drug"
Answer = Annotated[str, Field(max_length=400)]


@use_case("dispensing.record.send", is_step=True)
def note_heard(*, record_id: int, is_code: bool, state: UploadState, answer: Answer = "", by: Actor) -> None:
    """Note what became of sending a record; what was heard once stays heard.

    Raises:
        NotFound: no such record here.
    """
    row = _lock(record_id, is_code)
    if row.upload != UploadState.PENDING:
        return
    row.tries += 1
    row.upload, row.answer = state, answer
    row.next_try_at = _next_try(row.tries) if state is UploadState.PENDING else None
    row.sent_at = clock.now() if state is UploadState.SENT else None
    audit.record("record.told", row, by=by, state=state.value)


@use_case("dispensing.record.send")
def send_again(*, record_id: int, is_code: bool = False, by: Actor) -> StockReport | CodeEvent:
    """Have a refused record sent again, once its cause is put right.

    Raises:
        NotFound: no such record here.
        RecordNotRefused: it was not refused.
    """
    row = _lock(record_id, is_code)
    if row.upload != UploadState.REFUSED:
        raise RecordNotRefused
    row.upload, row.next_try_at = UploadState.PENDING, clock.now()
    audit.record("record.sent_again", row, by=by)
    return row


def pursue(tenant_id: int) -> int:
    """Send what is due in a centre; returns how many records were taken or refused. Outside every unit."""
    by, ended = system_actor(tenant_id, origin="job"), 0
    with tenant_unit(tenant_id):
        records = queries.due_records()
        items = [(DRUG, str(record.content["fixmedins_hilist_id"])) for record in records]
        national = {key[1]: row.national_code for key, row in insurance.mappings_of(items).items()}
    for record in records:
        try:
            _tell(record, national, by)
        except NotConnected:
            return ended
        except InsurerAway as away:
            _note(record, UploadState.PENDING, away.text, by)
            return ended  # the others wait as well
        except DomainError as refusal:
            _note(record, UploadState.PENDING, refusal.text, by)
            return ended  # nobody could sign in
        ended += 1
    return ended


def _tell(record: Record, national: dict[str, str], by: Actor) -> None:
    if record.is_unsold:
        reason = gettext(N_("The insurer has not taken the sale of this pack."))
        return _note(record, UploadState.REFUSED, reason, by)
    code = national.get(record.content["fixmedins_hilist_id"], "")
    if not code:
        reason = gettext(N_("The drug is not mapped to the insurer's catalogue."))
        return _note(record, UploadState.REFUSED, reason, by)
    inputs = {NODES[record.infno]: [record.content | {"med_list_codg": code}]}
    heard = insurer.tell_record(record.infno, inputs, by=by)
    return _note(record, UploadState.SENT if heard.is_taken else UploadState.REFUSED, heard.reason, by)


def _note(record: Record, state: UploadState, answer: str, by: Actor) -> None:
    is_code = isinstance(record.row, CodeEvent)
    note_heard(record_id=record.row.id, is_code=is_code, state=state, answer=answer[:400], by=by)


def _next_try(tries: int) -> datetime:
    return clock.now() + timedelta(seconds=min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tries, 10)))


def _lock(record_id: int, is_code: bool) -> Owed:
    row = lock_row(CodeEvent, record_id) if is_code else lock_row(StockReport, record_id)
    if row is None:
        raise NotFound(field="record_id")
    return row
