"""What the window shows of scanned packs."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.actor import Actor
from app.web.forms import Form
from modules.dispensing import queries, services
from modules.dispensing.models import NoCodeReason, Task
from modules.dispensing.queries import Allocated
from modules.dispensing.services.scans import SCANNABLE

HERB = "H"


def scan_facts(task: Task, holds: Sequence[Allocated], by: Actor) -> dict[str, Any]:
    """Scanned packs by line, what each line still needs, and the forms."""
    scans = queries.picked(task.prescription_id) if task.is_scanned else []
    names = {found.hold.item_id: found.hold.drug_name for found in holds}
    open_scans = [one for one in scans if one.use.document_id is None]
    missing: dict[int, Decimal] = {}
    for found in holds:
        if found.batch.drug_kind != HERB and found.hold.waiting:
            item_id = found.hold.item_id
            missing[item_id] = missing.get(item_id, Decimal(0)) + found.hold.waiting
    for one in open_scans:
        if one.use.item_id in missing:
            missing[one.use.item_id] -= one.use.quantity
    left = [key for key, quantity in missing.items() if quantity > 0]
    return {
        "scans": scans,
        "missing": left,
        "missing_options": [(str(key), names[key]) for key in left],
        "drug_names": names,
        "may_scan": task.status in SCANNABLE and bool(missing),
        "must_scan": services.must_scan(by),
        "scan_form": Form(services.scan_code, prescription_id=task.prescription_id),
        "no_code_form": Form(services.pass_without_code, prescription_id=task.prescription_id),
        "no_code_reasons": NoCodeReason.options(),
    }
