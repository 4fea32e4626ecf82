"""Papers of the consulting room."""

from datetime import datetime

from app import printing
from modules.clinic.models import SignedRecord
from modules.clinic.rules.record import PART_LABELS
from tenants.queries import get_department
from tenants.style import letterhead


def record_paper(signed: SignedRecord, *, offset: tuple[float, float] = (0, 0)) -> bytes:
    """A signed outpatient record as A5 (门诊病历): signature with its moment, version and digest."""
    content = signed.content
    parts = [(PART_LABELS[name], content["record"].get(name, "")) for name in PART_LABELS]
    return printing.to_pdf(
        "clinic/record_paper.html",
        signed=signed,
        content=content,
        parts=[(label, text) for label, text in parts if text],
        centre=letterhead(signed.tenant_id),
        department=get_department(int(content["department_id"])).name,
        begun_at=datetime.fromisoformat(content["begun_at"]),
        offset=offset,
    )
