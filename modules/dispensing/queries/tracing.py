"""Reading traceability codes: packs, whom they served, their life, alarms and records for the insurer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app.db import Page, db, locking, page_by_key
from modules.dispensing.models import (
    ALARMS,
    Batch,
    Code,
    CodeEvent,
    CodeEventKind,
    CodePrefix,
    CodeUse,
    Document,
    UploadState,
)

MOVES = (CodeEventKind.SENT, CodeEventKind.MOVED, CodeEventKind.LEFT)


@dataclass(frozen=True, slots=True)
class Picked:
    """What of a pack serves a line; no code where it goes out with a reason."""

    use: CodeUse
    code: Code | None

    @property
    def text(self) -> str:
        """The code, or nothing."""
        return self.code.code if self.code else ""


@dataclass(frozen=True, slots=True)
class Life:
    """Everything known of a code."""

    code: str
    pack: Code | None
    batch: Batch | None
    receipt: Document | None
    paper: Document | None  # with which it left
    packs: Sequence[Code]  # of a carton
    events: Sequence[CodeEvent]


def find_prefix(prefix: str) -> CodePrefix | None:
    """Drug and pack of a code's first digits, once somebody has said so."""
    return db.session.scalar(select(CodePrefix).where(CodePrefix.prefix == prefix))


def prefixes_of(prefixes: Iterable[str]) -> dict[str, CodePrefix]:
    """Prefix → drug and pack, in one statement; unknown ones are absent."""
    rows = db.session.scalars(select(CodePrefix).where(CodePrefix.prefix.in_(sorted(set(prefixes)))))
    return {row.prefix: row for row in rows}


def lock_code(code: str) -> Code | None:
    """The pack with this code, held until commit."""
    return db.session.scalar(locking(select(Code).where(Code.code == code), Code))


def codes_known(codes: Iterable[str]) -> list[str]:
    """Which of these are in the books already."""
    return sorted(db.session.scalars(select(Code.code).where(Code.code.in_(sorted(set(codes))))))


def lock_packs(codes: Iterable[str]) -> list[Code]:
    """Packs with these codes, and those of cartons with them, held until commit."""
    wanted = sorted(set(codes))
    statement = select(Code).where(or_(Code.code.in_(wanted), Code.parent_code.in_(wanted)))
    return list(db.session.scalars(locking(statement.order_by(Code.id), Code)))


def lock_sent_codes(document_id: int, batch_ids: Iterable[int]) -> list[Code]:
    """Packs of some batches that were sent with a document and are on the way, held until commit."""
    source = select(func.coalesce(Batch.origin_id, Batch.id)).where(Batch.id.in_(sorted(set(batch_ids))))
    statement = select(Code).where(Code.away_id == document_id, Code.batch_id.in_(source))
    return list(db.session.scalars(locking(statement.order_by(Code.id), Code)))


def noted_on(document_id: int) -> dict[str, int]:
    """Code → batch of the packs that were noted as moved by a document."""
    statement = (
        select(Code.code, Code.batch_id)
        .join(CodeEvent, CodeEvent.code == Code.code)
        .where(CodeEvent.document_id == document_id, CodeEvent.kind.in_(MOVES))
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def is_carton(code: str) -> bool:
    """Whether packs came in under this code of a carton."""
    return db.session.scalar(select(Code.id).where(Code.parent_code == code).limit(1)) is not None


def picked(prescription_id: int) -> list[Picked]:
    """What serves the lines of a prescription, picked and sold, in the order of the scans. One statement."""
    statement = (
        select(CodeUse, Code)
        .outerjoin(Code, Code.id == CodeUse.code_id)
        .where(CodeUse.prescription_id == prescription_id, CodeUse.returned < CodeUse.quantity)
        .order_by(CodeUse.id)
    )
    return [Picked(row[0], row[1]) for row in db.session.execute(statement)]


def lock_codes_of(prescription_id: int) -> list[Picked]:
    """The same with the packs held until commit, in the order of their keys."""
    used = select(CodeUse.code_id).where(CodeUse.prescription_id == prescription_id)
    held = locking(select(Code).where(Code.id.in_(used)).order_by(Code.id), Code)
    db.session.scalars(held).all()
    return picked(prescription_id)


def collected(document_id: int) -> dict[int, int]:
    """Batch id → codes collected at a receipt."""
    statement = (
        select(Code.batch_id, func.count(Code.id))
        .where(Code.document_id == document_id)
        .group_by(Code.batch_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def life_of(code: str) -> Life:
    """Everything known of a code, the latest event first."""
    left = aliased(Document)
    found = db.session.execute(
        select(Code, Batch, Document, left)
        .join(Batch, Batch.id == Code.batch_id)
        .outerjoin(Document, Document.id == Code.document_id)
        .outerjoin(left, left.id == Code.away_id)
        .where(Code.code == code)
    ).one_or_none()
    packs = db.session.scalars(select(Code).where(Code.parent_code == code).order_by(Code.id).limit(500))
    events = db.session.scalars(
        select(CodeEvent).where(CodeEvent.code == code).order_by(CodeEvent.id.desc()).limit(200)
    )
    pack, batch, receipt, paper = found or (None, None, None, None)
    return Life(code, pack, batch, receipt, paper, list(packs), list(events))


def list_alarms(*, before: int | None = None, size: int = 40) -> Page[CodeEvent]:
    """Refused scans, the latest first."""
    statement = select(CodeEvent).where(CodeEvent.kind.in_(list(ALARMS)))
    return page_by_key(statement, CodeEvent.id, before=before, size=size)


def list_uploads(state: UploadState, *, before: int | None = None, size: int = 40) -> Page[CodeEvent]:
    """Records for the insurer in a state, the latest first."""
    statement = select(CodeEvent).where(CodeEvent.upload == state)
    return page_by_key(statement, CodeEvent.id, before=before, size=size)


def count_differing_codes() -> int:
    """Packs whose used units are not what their uses say."""
    uses = (
        select(CodeUse.code_id.label("code_id"), func.sum(CodeUse.quantity - CodeUse.returned).label("used"))
        .where(CodeUse.code_id.is_not(None))
        .group_by(CodeUse.code_id)
        .subquery()
    )
    statement = (
        select(func.count(Code.id))
        .outerjoin(uses, uses.c.code_id == Code.id)
        .where(Code.used != func.coalesce(uses.c.used, Decimal(0)))
    )
    return db.session.scalar(statement) or 0
