"""The prescription on paper (处方笺), A5, in the colour of its kind (order 53, annex 1)."""

from collections.abc import Sequence

import segno

from app import printing
from app.i18n import N_
from modules.prescriptions.models import Item, Prescription, Sheet
from modules.prescriptions.rules.code128 import bars
from modules.prescriptions.rules.sheets import SHEET_STYLES, SheetKind
from tenants.queries import get_department
from tenants.style import letterhead

CORNERS = {
    Sheet.ORDINARY: "",
    Sheet.EMERGENCY: N_("Emergency"),
    Sheet.PAEDIATRIC: N_("Paediatric"),
    Sheet.NARCOTIC: N_("Narcotic, psychotropic I"),
    Sheet.PSYCHOTROPIC_2: N_("Psychotropic II"),
    Sheet.TOXIC: N_("Toxic"),
    Sheet.HERBAL: N_("Herbal"),
}


def prescription_paper(
    prescription: Prescription,
    items: Sequence[Item],
    *,
    amounts: str = "",
    offset: tuple[float, float] = (0, 0),
) -> bytes:
    """The signed sheet. ``amounts`` comes from charging; ``offset`` in millimetres, right and down."""
    code = segno.make(f"{prescription.number}|{prescription.digest[:16]}", micro=False, error="m")
    return printing.to_pdf(
        "prescriptions/paper.html",
        prescription=prescription,
        heading=prescription.heading,
        items=items,
        centre=letterhead(prescription.tenant_id),
        department=get_department(prescription.department_id).name,
        paper=SHEET_STYLES[SheetKind(prescription.sheet.value)].paper,
        corner=CORNERS[prescription.sheet],
        qr=code.svg_data_uri(scale=2, border=0),
        barcode=bars(prescription.number),
        amounts=amounts,
        offset=offset,
    )
