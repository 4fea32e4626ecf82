"""Codes of packs that came in (追溯码采集): collected from a receipt, and the life they begin."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Any, TypeVar

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock, ids
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.money import format_quantity
from app.use_cases import use_case
from modules.dispensing import queries
from modules.dispensing.errors import (
    CodeAlarm,
    CodeDoubled,
    CodeKnown,
    CodeOfOtherDrug,
    CodeUnreadable,
    TooManyCodes,
)
from modules.dispensing.models import (
    ALARMS,
    Batch,
    Code,
    CodeEvent,
    CodeEventKind,
    CodePrefix,
    Document,
    DocumentKind,
    UploadState,
)
from modules.dispensing.rules.tracing import LONGEST, ReadCode, codes_in, read_code

ResultT = TypeVar("ResultT")
COLLECTED_AT = (DocumentKind.RECEIPT, DocumentKind.OPENING)


@use_case("dispensing.stock.receive")
def collect_codes(
    *,
    document_id: int,
    batch_id: int,
    codes: Annotated[str, Field(min_length=1, max_length=20000)],
    carton: Annotated[str, Field(max_length=LONGEST)] = "",
    by: Actor,
) -> Document:
    """Note the codes of packs that came in with a receipt; a carton's code stands for the list of its packs.

    What is refused is refused whole, so that a list is scanned again from its beginning.

    Raises:
        NotFound: no such receipt or batch here.
        CodeUnreadable, CodeDoubled: a text is no code, or stands twice.
        CodeOfOtherDrug: the code's first digits belong to another drug.
        CodeKnown: a code came in before.
        TooManyCodes: more codes than packs.
    """
    document = lock_row(Document, document_id)
    if document is None or document.kind not in COLLECTED_AT:
        raise NotFound(field="document_id")
    came = [(move, batch) for move, batch in queries.moves_of(document_id) if batch.id == batch_id]
    if not came:
        raise NotFound(field="batch_id")
    batch = came[0][1]
    read = read_codes(codes)
    _refuse_too_many(sum((move.quantity for move, _ in came), Decimal(0)), batch, document_id, len(read))
    _refuse_strangers(read, batch, by)
    _store(read, batch, document, carton.strip(), by)
    audit.record("codes.collected", document, by=by, number=document.number, count=len(read))
    return document


def note_event(
    code: str,
    kind: CodeEventKind,
    by: Actor,
    *,
    quantity: Decimal | None = None,
    document_id: int | None = None,
    prescription_id: int | None = None,
    prescription_number: str = "",
    content: dict[str, Any] | None = None,
    told_from: datetime | None = None,
) -> CodeEvent:
    """A row of a code's life, not yet stored; with a record for the insurer it waits to be sent, from a moment on."""
    return CodeEvent(
        id=ids.new_id(),
        code=code,
        kind=kind,
        quantity=quantity,
        document_id=document_id,
        prescription_id=prescription_id,
        prescription_number=prescription_number,
        at=clock.now(),
        by_name=by.name,
        content=content or {},
        upload=UploadState.PENDING if content else UploadState.NONE,
        tries=0,
        next_try_at=(told_from or clock.now()) if content else None,
    )


def keep_alarm(row: CodeEvent, by: Actor) -> CodeEvent:
    """Store a pack that was refused, with its row in the trail.

    Raises:
        NotFound: no alarm; what befell a pack is noted by whoever does it to the pack.
    """
    if row.kind not in ALARMS:
        raise NotFound(field="kind")
    db.session.add(row)
    db.session.flush()
    audit.record("code.refused", row, by=by, code=row.code, kind=row.kind.value)
    return row


def alarming(scan: Callable[[], ResultT], keep: Callable[[str, CodeEventKind], object]) -> ResultT:
    """Carry out a scan; a refusal that is an alarm is kept before it rises.

    Raises:
        DomainError: as the scan was refused.
    """
    try:
        return scan()
    except CodeAlarm as alarm:
        keep(str(alarm.details["code"]), CodeEventKind(alarm.alarm))
        raise


def learn_prefix(read: ReadCode, batch: Batch, by: Actor) -> CodePrefix:
    """Note which drug and pack the first digits of a code stand for; two windows may learn it at once."""
    row = CodePrefix(
        prefix=read.prefix,
        drug_id=batch.drug_id,
        pack_factor=batch.pack_factor,
        noted_at=clock.now(),
        noted_by_name=by.name,
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
    except IntegrityError:
        return queries.find_prefix(read.prefix) or row
    return row


def read_codes(text: str, *, field: str = "codes") -> list[ReadCode]:
    """The codes of a list that was scanned or pasted.

    Raises:
        CodeUnreadable, CodeDoubled: a text is no code, or stands twice.
    """
    found: dict[str, ReadCode] = {}
    for part in codes_in(text):
        read = read_code(part)
        if read is None:
            raise CodeUnreadable(field=field, code=part[:LONGEST])
        if read.code in found:
            raise CodeDoubled(field=field, code=read.code)
        found[read.code] = read
    return list(found.values())


def _refuse_too_many(quantity: Decimal, batch: Batch, document_id: int, count: int) -> None:
    packs = (quantity / batch.pack_factor).to_integral_value(ROUND_CEILING)  # an opened pack has a code too
    if queries.collected(document_id).get(batch.id, 0) + count > packs:
        raise TooManyCodes(field="codes", packs=format_quantity(packs), codes=count)


def _refuse_strangers(read: Sequence[ReadCode], batch: Batch, by: Actor) -> None:
    known = queries.prefixes_of(one.prefix for one in read)
    for one in read:
        if one.prefix not in known:
            known[one.prefix] = learn_prefix(one, batch, by)
        if known[one.prefix].drug_id != batch.drug_id:
            raise CodeOfOtherDrug(field="codes", code=one.code)
    if again := queries.codes_known(one.code for one in read):
        raise CodeKnown(field="codes", code=again[0])


def _store(read: Sequence[ReadCode], batch: Batch, document: Document, carton: str, by: Actor) -> None:
    packs = [
        Code(
            id=ids.new_id(),
            code=one.code,
            parent_code=carton,
            drug_id=batch.drug_id,
            batch_id=batch.id,
            document_id=document.id,
            pack_factor=Decimal(batch.pack_factor),
            used=Decimal(0),
            location_id=document.location_id,
        )
        for one in read
    ]
    try:
        with db.session.begin_nested():
            db.session.add_all(packs)
            db.session.flush()
    except IntegrityError:
        raise CodeKnown(field="codes", code=read[0].code) from None
    db.session.add_all(
        note_event(
            pack.code,
            CodeEventKind.RECEIVED,
            by,
            quantity=pack.pack_factor,
            document_id=document.id,
        )
        for pack in packs
    )
    db.session.flush()
