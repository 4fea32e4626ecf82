"""Codes of packs that change their place (追溯码随货): sent, arrived, carried over, or left for good."""

from collections.abc import Callable, Collection, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Annotated

from pydantic import Field

from app import audit
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.money import format_quantity
from app.tenancy import setting_of
from app.use_cases import use_case
from modules.dispensing import queries
from modules.dispensing.errors import (
    CodeElsewhere,
    CodeGone,
    CodeMovedBefore,
    CodeNotOfDocument,
    CodeSold,
    CodeUnknown,
    TooManyCodesMoved,
)
from modules.dispensing.models import (
    Batch,
    Code,
    CodeEvent,
    CodeEventKind,
    Document,
    DocumentKind,
    StockMove,
)
from modules.dispensing.rules.tracing import LONGEST, PlaceFault, place_fault
from modules.dispensing.services.codes import ResultT, alarming, keep_alarm, note_event, read_codes

Line = tuple[StockMove, Batch]
THE_WAY = 0  # a place of its own: nowhere in the centre
MOVED_WITH = {
    DocumentKind.SHIPMENT: CodeEventKind.SENT,
    DocumentKind.ARRIVAL: CodeEventKind.MOVED,
    DocumentKind.TRANSFER: CodeEventKind.MOVED,
    DocumentKind.SUPPLIER_RETURN: CodeEventKind.LEFT,
    DocumentKind.LOSS: CodeEventKind.LEFT,
}


@use_case("dispensing.stock.transfer")
def move_codes(
    *, document_id: int, codes: Annotated[str, Field(min_length=1, max_length=20000)], by: Actor
) -> Document:
    """Note the codes of packs that a document moved; a carton's code stands for all its packs.

    What is refused is refused whole. Ask it through `moving`, which keeps alarms.

    Raises:
        NotFound: no such document here, or it moved nothing from place to place.
        CodeUnreadable, CodeDoubled: a text is no code, or stands twice.
        CodeUnknown, CodeMovedBefore: it never came in here, or was noted on this document.
        CodeNotOfDocument, CodeSold, CodeElsewhere, CodeGone: the pack is not what was moved.
        TooManyCodesMoved: more packs than the document moved.
    """
    document = lock_row(Document, document_id)
    if document is None or document.kind not in MOVED_WITH:
        raise NotFound(field="document_id")
    lines = queries.moves_of(document_id)
    packs = _packs([one.code for one in read_codes(codes)])
    noted = queries.noted_on(document_id)
    papers = queries.documents_by_id(pack.away_id for pack in packs if pack.away_id)
    for pack in packs:
        if pack.code in noted:
            raise CodeMovedBefore(field="codes", code=pack.code)
        _refuse(pack, lines, papers, by)
    _refuse_too_many(packs, list(noted.values()), lines)
    _set(packs, document, by)
    audit.record("codes.moved", document, by=by, number=document.number, count=len(packs))
    return document


@use_case("dispensing.stock.transfer")
def note_refused_move(
    *,
    document_id: int,
    code: Annotated[str, Field(min_length=1, max_length=60)],
    kind: CodeEventKind,
    by: Actor,
) -> CodeEvent:
    """Keep a pack that was refused on a document as an alarm.

    Raises:
        NotFound: no such document here, or no such alarm.
    """
    row = note_event(code[:LONGEST], kind, by, document_id=queries.get_document(document_id).id)
    return keep_alarm(row, by)


def moving(move: Callable[[], ResultT], *, document_id: int, by: Actor) -> ResultT:
    """Carry out a scan on a document; a refusal that is an alarm is kept before it rises.

    Raises:
        DomainError: as the scan was refused.
    """
    return alarming(
        move, lambda code, kind: note_refused_move(document_id=document_id, code=code, kind=kind, by=by)
    )


def bring_codes(*, sent_with: int, document: Document, batch_ids: Collection[int], by: Actor) -> None:
    """Packs that were scanned when they were sent are where all of their batch came to. At most one statement."""
    if batch_ids:
        _set(queries.lock_sent_codes(sent_with, batch_ids), document, by)


def take_place(pack: Code, location_id: int, by: Actor) -> None:
    """The pack lies here from now on.

    Raises:
        CodeGone, CodeElsewhere: it left for good; or the books say another place, and the centre follows its packs.
    """
    papers = queries.documents_by_id([pack.away_id]) if pack.away_id else {}
    _refuse_place(pack, location_id, papers, "code", by)
    pack.location_id, pack.away_id = location_id, None


def must_follow(by: Actor) -> bool:
    """Whether packs are scanned whenever they change their place (the centre's setting)."""
    return bool(setting_of(by.tenant_id, "trace_moves"))


def _packs(codes: Sequence[str]) -> list[Code]:
    """The packs, held, with those of cartons; each once."""
    found = queries.lock_packs(codes)
    known = {pack.code for pack in found} | {pack.parent_code for pack in found}
    for code in codes:
        if code not in known:
            raise CodeUnknown(field="codes", code=code)
    return found


def _refuse(pack: Code, lines: Sequence[Line], papers: dict[int, Document], by: Actor) -> None:
    if pack.batch_id not in {batch.source_id for _, batch in lines}:
        batch = queries.batches_by_id([pack.batch_id])[pack.batch_id]
        raise CodeNotOfDocument(field="codes", code=pack.code, batch=batch.batch_no)
    if pack.used >= pack.pack_factor:
        raise CodeSold(field="codes", code=pack.code)
    _refuse_place(pack, lines[0][0].from_location_id or THE_WAY, papers, "codes", by)


def _refuse_place(pack: Code, place: int, papers: dict[int, Document], field: str, by: Actor) -> None:
    paper = papers.get(pack.away_id or 0)
    fault = place_fault(
        lies_at=THE_WAY if paper else pack.location_id,
        wanted_at=place,
        is_gone=paper is not None and MOVED_WITH[paper.kind] is CodeEventKind.LEFT,
        is_followed=must_follow(by),
    )
    if fault is PlaceFault.GONE and paper is not None:
        raise CodeGone(field=field, code=pack.code, number=paper.number)
    if fault is PlaceFault.ELSEWHERE:
        raise CodeElsewhere(field=field, code=pack.code, place=queries.name_of_place(pack.location_id))


def _refuse_too_many(packs: Sequence[Code], noted: Sequence[int], lines: Sequence[Line]) -> None:
    moved: dict[int, Decimal] = {}
    for move, batch in lines:
        held = moved.get(batch.source_id, Decimal(0))
        moved[batch.source_id] = held + move.quantity / batch.pack_factor
    for batch_id, exact in moved.items():
        most = exact.to_integral_value(ROUND_CEILING)  # an opened pack has a code too
        count = sum(1 for pack in packs if pack.batch_id == batch_id) + noted.count(batch_id)
        if count > most:
            raise TooManyCodesMoved(field="codes", packs=format_quantity(most), codes=count)


def _set(packs: Sequence[Code], document: Document, by: Actor) -> None:
    kind = MOVED_WITH[document.kind]
    stays = kind is CodeEventKind.MOVED
    for pack in packs:
        pack.location_id = (document.to_location_id or document.location_id) if stays else None
        pack.away_id = None if stays else document.id
    db.session.add_all(
        note_event(pack.code, kind, by, quantity=pack.pack_factor - pack.used, document_id=document.id)
        for pack in packs
    )
    db.session.flush()
