"""What a hand-out and a return do to the codes of their packs, and what the insurer is told of it."""

from collections.abc import Mapping, Sequence
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from app import clock
from app.actor import Actor
from app.db import db
from app.money import format_quantity
from app.tenancy import setting_of
from modules.dispensing import queries
from modules.dispensing.errors import CodesDiffer, CodesMissing, ReturnCodesMissing, ReturnCodeStranger
from modules.dispensing.models import (
    CodeEventKind,
    Document,
    Task,
)
from modules.dispensing.queries import Allocated, Picked
from modules.dispensing.rules.tracing import SoldPack, codes_in, give_back, read_code
from modules.dispensing.services.codes import note_event

HERB = "H"  # slices carry no code
Part = tuple[Allocated, Decimal]  # what is handed out of a hold


def must_scan(by: Actor) -> bool:
    """Whether the centre hands nothing out without codes (its setting)."""
    return bool(setting_of(by.tenant_id, "trace_codes"))


def check_scans(task: Task, parts: Sequence[Part], by: Actor) -> list[Picked]:
    """What was scanned for what is about to be handed out. At most one statement.

    Raises:
        CodesMissing: a line has units without a code, and the centre wants one.
        CodesDiffer: more was scanned than is handed out.
    """
    taken = queries.picked(task.prescription_id) if task.is_scanned else []
    found = [one for one in taken if one.use.document_id is None]
    served: dict[int, Decimal] = {}
    for one in found:
        served[one.use.item_id] = served.get(one.use.item_id, Decimal(0)) + one.use.quantity
    is_wanted = must_scan(by)
    for item_id, (quantity, hold) in _wanted(parts).items():
        missing = quantity - served.pop(item_id, Decimal(0))
        if missing < 0:
            raise CodesDiffer(field="code", drug=hold.hold.drug_name)
        if missing and is_wanted and hold.batch.drug_kind != HERB:
            unit = hold.batch.min_unit
            raise CodesMissing(
                field="code", drug=hold.hold.drug_name, missing=f"{format_quantity(missing)} {unit}"
            )
    return found


def sell(
    task: Task, handed_out: Sequence[Part], found: Sequence[Picked], document: Document, by: Actor
) -> None:
    """The scanned packs are the patient's; the records for the insurer wait."""
    if not found:
        return
    for one in found:
        one.use.document_id = document.id
    parts = [(one, one.use.quantity) for one in found]
    _tell(task, parts, [hold for hold, _ in handed_out], document, CodeEventKind.SOLD, by)


def take_back(
    task: Task,
    quantities: Mapping[int, Decimal],
    holds: Sequence[Allocated],
    typed: str,
    document: Document,
    by: Actor,
) -> None:
    """Release the codes of packs that came back: the same packs that were sold, or nothing comes back.

    ``holds`` stand as after the return.

    Raises:
        ReturnCodeStranger: a scanned pack was not handed out on this prescription.
        ReturnCodesMissing: part of it was sold under a code that was not scanned.
    """
    taken = queries.lock_codes_of(task.prescription_id) if task.is_scanned else []
    found = [one for one in taken if one.use.document_id is not None]
    given = [read.code if (read := read_code(part)) else part for part in codes_in(typed)]
    for code in given:
        if code not in {one.text for one in found}:
            raise ReturnCodeStranger(field="codes", code=code[:40])
    if not found:
        return
    parts: list[tuple[Picked, Decimal]] = []
    for item_id, quantity in quantities.items():
        parts += _back(item_id, quantity, found, given, holds)
    for one, part in parts:
        one.use.returned += part
        if one.code is not None:
            one.code.used -= part
            one.code.location_id, one.code.away_id = document.location_id, None
    _tell(task, parts, holds, document, CodeEventKind.RETURNED, by)


def _back(
    item_id: int,
    quantity: Decimal,
    found: Sequence[Picked],
    given: Sequence[str],
    holds: Sequence[Allocated],
) -> list[tuple[Picked, Decimal]]:
    mine = {one.use.id: one for one in found if one.use.item_id == item_id}
    packs = [SoldPack(key, one.text, one.use.with_patient) for key, one in mine.items()]
    back, uncovered = give_back(packs, quantity, given)
    own = [part for part in holds if part.hold.item_id == item_id]
    with_patient = quantity + sum((part.hold.with_patient for part in own), Decimal(0))
    never_scanned = with_patient - sum((pack.with_patient for pack in packs), Decimal(0))
    if uncovered > never_scanned:
        codes = ", ".join(pack.code for pack in packs if pack.code)
        raise ReturnCodesMissing(field="codes", drug=own[0].hold.drug_name, codes=codes)
    return [(mine[key], part) for key, part in back]


def _tell(
    task: Task,
    parts: Sequence[tuple[Picked, Decimal]],
    holds: Sequence[Allocated],
    document: Document,
    kind: CodeEventKind,
    by: Actor,
) -> None:
    """Rows of the codes' lives, each with its record for the insurer.

    What is handed out before its bill is settled is told of the next day: only then it is known who paid.
    """
    told_from = clock.moment_of(clock.today() + timedelta(days=1), time(0)) if task.is_on_account else None
    first_hold = {found.hold.item_id: found for found in reversed(holds)}
    db.session.add_all(
        note_event(
            one.text,
            kind,
            by,
            quantity=part,
            document_id=document.id,
            prescription_id=task.prescription_id,
            prescription_number=task.prescription_number,
            content=_content(one, part, first_hold[one.use.item_id], document, task),
            told_from=told_from,
        )
        for one, part in parts
        if one.code is not None
    )


def _content(
    one: Picked, quantity: Decimal, found: Allocated, document: Document, task: Task
) -> dict[str, Any]:
    """As the trades 3505 and 3506 take it; what names the institution and the item is put in when it is sent."""
    return {
        "fixmedins_hilist_id": found.batch.drug_code,
        "fixmedins_hilist_name": found.batch.drug_name,
        "fixmedins_bchno": f"{document.number}-{one.use.id}",
        "manu_lotnum": found.batch.makers_no,
        "expy_end": found.batch.expires_on.isoformat(),
        "sel_retn_cnt": format_quantity(quantity),
        "sel_retn_time": f"{clock.local(document.at):%Y-%m-%d %H:%M:%S}",
        "sel_retn_opter_name": document.by_name,
        "stoout_no": document.number,
        "trdn_flag": "1" if one.use.is_split else "0",
        "mdtrt_setl_type": "1" if task.is_insured else "2",
        "drugtracinfo": [{"drug_trac_codg": one.text}],
    }


def _wanted(parts: Sequence[Part]) -> dict[int, tuple[Decimal, Allocated]]:
    wanted: dict[int, tuple[Decimal, Allocated]] = {}
    for found, part in parts:
        quantity, first = wanted.get(found.hold.item_id, (Decimal(0), found))
        wanted[found.hold.item_id] = (quantity + part, first)
    return wanted
