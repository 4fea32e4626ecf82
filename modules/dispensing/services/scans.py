"""Packs scanned at the window for the lines of a prescription: each serves as much as it holds, and once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, ids
from app.actor import Actor
from app.db import db
from app.errors import NotFound
from app.money import Quantity, format_quantity
from app.use_cases import use_case
from modules.dispensing import queries
from modules.dispensing.errors import (
    CodeIsCarton,
    CodeOfOtherBatch,
    CodeOfOtherDrug,
    CodeScannedAlready,
    CodeSold,
    CodeUnreadable,
    NothingToScan,
    PackExceeded,
    PrefixUnknown,
    WrongStep,
)
from modules.dispensing.models import (
    Code,
    CodeEvent,
    CodeEventKind,
    CodeUse,
    NoCodeReason,
    Task,
    TaskStatus,
)
from modules.dispensing.queries import Allocated, Picked
from modules.dispensing.rules.tracing import LONGEST, PackFault, ReadCode, pack_fault, read_code
from modules.dispensing.services.codes import ResultT, alarming, keep_alarm, learn_prefix, note_event
from modules.dispensing.services.moved_codes import take_place

Scanned = Annotated[str, Field(min_length=1, max_length=60)]
SCANNABLE = (
    TaskStatus.WAITING,
    TaskStatus.REVIEWED,
    TaskStatus.PREPARED,
    TaskStatus.PARTLY_DISPENSED,
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a prescription as the window scans it."""

    item_id: int
    drug_id: int
    drug_name: str
    holds: list[Allocated]
    missing: Decimal  # minimum units without a code yet


@use_case("dispensing.prescription.dispense")
def scan_code(
    *,
    prescription_id: int,
    code: Scanned,
    item_id: int | None = None,
    quantity: Quantity | None = None,
    by: Actor,
) -> CodeUse:
    """Take a pack for the line it belongs to; a line that needs less than the pack opens it (拆零).

    ``item_id`` says which line codes of an unknown kind belong to. Ask it through `scanning`, which keeps alarms.

    Raises:
        NotFound: the pharmacy does not know the prescription.
        WrongStep: it is not paid, or was handed out.
        CodeUnreadable, CodeIsCarton: no code of a pack.
        PrefixUnknown: a new kind of code, and no line chosen.
        CodeOfOtherDrug, CodeOfOtherBatch: the pack is not what is held.
        CodeElsewhere, CodeGone: the books say it lies at another place, or left for good.
        CodeScannedAlready, NothingToScan: the pack or the line is done.
        CodeSold, PackExceeded: sold before, or more than is left in it.
    """
    read = read_code(code)
    if read is None:
        raise CodeUnreadable(field="code", code=code[:LONGEST])
    task, lines, taken = _open(prescription_id)
    if any(one.text == read.code for one in taken):
        raise CodeScannedAlready(field="code", code=read.code)
    line = _line_of(read, lines, item_id, by)
    if line.missing <= 0:
        raise NothingToScan(field="code", drug=line.drug_name)
    pack = _pack(read, line)
    _refuse_batch(pack, line)
    take_place(pack, task.location_id, by)
    wanted = min(quantity or line.missing, line.missing, pack.pack_factor)
    _refuse_used(pack, wanted)
    pack.used += wanted
    is_split = wanted < pack.pack_factor
    return _take(task, line, wanted, by, pack=pack, is_split=is_split)


@use_case("dispensing.prescription.dispense")
def pass_without_code(*, prescription_id: int, item_id: int, reason: NoCodeReason, by: Actor) -> CodeUse:
    """Let what is left of a line go out without a code, with the reason (无码库).

    Raises:
        NotFound: no such prescription or line at the pharmacy.
        WrongStep: it is not paid, or was handed out.
        NothingToScan: the line has all its codes.
    """
    task, lines, _ = _open(prescription_id)
    line = next((line for line in lines if line.item_id == item_id), None)
    if line is None:
        raise NotFound(field="item_id")
    if line.missing <= 0:
        raise NothingToScan(field="item_id", drug=line.drug_name)
    return _take(task, line, line.missing, by, reason=reason)


@use_case("dispensing.prescription.dispense")
def remove_scan(*, prescription_id: int, use_id: int, by: Actor) -> Task:
    """Take a scanned pack off a prescription that was not handed out.

    Raises:
        NotFound: no such scan on it.
        WrongStep: it was handed out.
    """
    task, _ = _held(prescription_id)  # nothing is read before this lock: what is read stays as it was read
    taken = queries.lock_codes_of(prescription_id)  # the packs are held: another window may take from one
    found = next((one for one in taken if one.use.id == use_id), None)
    if found is None:
        raise NotFound(field="use_id")
    _refuse_step(task)
    if found.use.document_id is not None:
        raise NotFound(field="use_id")
    _drop([found])
    audit.record("code.scan_removed", task, by=by, number=task.prescription_number)
    return task


@use_case("dispensing.prescription.dispense")
def note_alarm(*, prescription_id: int, code: Scanned, kind: CodeEventKind, by: Actor) -> CodeEvent:
    """Keep a refused scan as an alarm.

    Raises:
        NotFound: the pharmacy does not know the prescription, or there is no such alarm.
    """
    task = queries.get_task(prescription_id)
    row = note_event(
        code[:LONGEST],
        kind,
        by,
        prescription_id=prescription_id,
        prescription_number=task.prescription_number,
    )
    return keep_alarm(row, by)


def scanning(scan: Callable[[], ResultT], *, prescription_id: int, by: Actor) -> ResultT:
    """Carry out a scan; a refusal that is an alarm is kept before it rises.

    Raises:
        DomainError: as the scan was refused.
    """
    return alarming(
        scan, lambda code, kind: note_alarm(prescription_id=prescription_id, code=code, kind=kind, by=by)
    )


def drop_scans(task: Task, item_ids: Iterable[int] | None = None) -> None:
    """Let go of packs picked for lines whose stock is released; with no lines given, of all."""
    if not task.is_scanned:
        return
    wanted = None if item_ids is None else set(item_ids)
    found = [one for one in queries.lock_codes_of(task.prescription_id) if one.use.document_id is None]
    _drop([one for one in found if wanted is None or one.use.item_id in wanted])


def _drop(found: Iterable[Picked]) -> None:
    """The rows stay, serving nothing."""
    for one in found:
        if one.code is not None:
            one.code.used -= one.use.quantity
        one.use.returned = one.use.quantity
    db.session.flush()


def _open(prescription_id: int) -> tuple[Task, list[_Line], list[Picked]]:
    """The held prescription, its lines with what they still need, and what is scanned."""
    task, holds = _held(prescription_id)
    _refuse_step(task)
    taken = queries.picked(prescription_id)
    lines: dict[int, list[Allocated]] = {}
    for found in holds:
        lines.setdefault(found.hold.item_id, []).append(found)
    return task, [_line(item_id, parts, taken) for item_id, parts in lines.items()], taken


def _held(prescription_id: int) -> tuple[Task, list[Allocated]]:
    """The prescription and what still waits on it, held until commit."""
    task = queries.get_task(prescription_id)
    return task, [found for found in queries.lock_holds(task) if found.hold.waiting]


def _refuse_step(task: Task) -> None:
    if task.status not in SCANNABLE:
        raise WrongStep(number=task.prescription_number, status=task.status.label)


def _line(item_id: int, holds: list[Allocated], taken: list[Picked]) -> _Line:
    wanted = sum((found.hold.waiting for found in holds), Decimal(0))
    served = sum(
        (one.use.quantity for one in taken if one.use.item_id == item_id and one.use.document_id is None),
        Decimal(0),
    )
    hold = holds[0].hold
    return _Line(item_id, hold.drug_id, hold.drug_name, holds, wanted - served)


def _line_of(read: ReadCode, lines: list[_Line], item_id: int | None, by: Actor) -> _Line:
    prefix = queries.find_prefix(read.prefix)
    if prefix is None:
        if queries.is_carton(read.code):
            raise CodeIsCarton(field="code", code=read.code)
        chosen = next((line for line in lines if line.item_id == item_id), None)
        if chosen is None:
            raise PrefixUnknown(field="code", prefix=read.prefix)
        prefix = learn_prefix(read, chosen.holds[0].batch, by)
    fitting = [line for line in lines if line.drug_id == prefix.drug_id]
    if not fitting:
        raise CodeOfOtherDrug(field="code", code=read.code)
    open_ones = [line for line in fitting if line.missing > 0]
    return next((line for line in open_ones if line.item_id == item_id), (open_ones or fitting)[0])


def _pack(read: ReadCode, line: _Line) -> Code:
    """The pack, held; one that came before codes were collected enters the books by its sale."""
    found = queries.lock_code(read.code)
    if found is not None:
        return found
    batch = line.holds[0].batch
    pack = Code(
        id=ids.new_id(),
        code=read.code,
        drug_id=batch.drug_id,
        batch_id=batch.source_id,
        pack_factor=Decimal(batch.pack_factor),
        used=Decimal(0),
    )
    try:
        with db.session.begin_nested():
            db.session.add(pack)
            db.session.flush()
    except IntegrityError:  # another window has just scanned it
        raise CodeSold(field="code", code=read.code) from None
    return pack


def _refuse_batch(pack: Code, line: _Line) -> None:
    held = {
        found.batch.source_id: found.batch.makers_no for found in line.holds
    }  # bags have their packs' codes
    if pack.batch_id not in held:
        batch = queries.batches_by_id([pack.batch_id])[pack.batch_id]
        raise CodeOfOtherBatch(
            field="code", code=pack.code, batch=batch.batch_no, held=", ".join(sorted(held.values()))
        )


def _refuse_used(pack: Code, wanted: Decimal) -> None:
    fault = pack_fault(used=pack.used, pack_factor=pack.pack_factor, quantity=wanted)
    if fault is PackFault.SOLD:
        raise CodeSold(field="code", code=pack.code)
    if fault is PackFault.OVER_SPLIT:
        raise PackExceeded(
            field="code",
            code=pack.code,
            left=format_quantity(pack.pack_factor - pack.used),
            wanted=format_quantity(wanted),
        )


def _take(
    task: Task,
    line: _Line,
    quantity: Decimal,
    by: Actor,
    *,
    pack: Code | None = None,
    reason: NoCodeReason | None = None,
    is_split: bool = False,
) -> CodeUse:
    task.is_scanned = True
    use = CodeUse(
        id=ids.new_id(),
        prescription_id=task.prescription_id,
        item_id=line.item_id,
        code_id=pack.id if pack else None,
        reason=reason,
        quantity=quantity,
        returned=Decimal(0),
        is_split=is_split,
    )
    db.session.add(use)
    db.session.flush()
    audit.record(
        "code.scanned" if pack else "code.passed_without",
        use,
        by=by,
        number=task.prescription_number,
        code=pack.code if pack else "",
    )
    return use
