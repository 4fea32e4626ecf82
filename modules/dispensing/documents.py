"""Papers of the pharmacy: labels for bags and the slip for who decocts."""

from dataclasses import dataclass
from typing import Any

from app import clock
from app.printing import to_pdf
from modules.catalogue import queries as catalogue
from modules.dispensing.queries import Repacked
from modules.dispensing.rules.cautions import cautions
from modules.dispensing.rules.decoction import (
    FIRST_MINUTES,
    SECOND_MINUTES,
    SOAK_MINUTES,
    in_order,
)
from modules.prescriptions import queries as prescriptions
from modules.prescriptions.queries import Prescription
from tenants.style import letterhead


@dataclass(frozen=True, slots=True)
class Label:
    """One label: the signed line and what to beware of."""

    item: Any
    cautions: list[str]


def bag_labels(prescription: Prescription) -> bytes:
    """A label for each drug (用药标签), one a page, 60 × 40 mm as label printers take them."""
    items = prescriptions.list_items(prescription)
    drugs = catalogue.drugs_by_id({item.drug_id for item in items})
    labels = [
        Label(
            item,
            cautions(
                route=item.route,
                form=item.form,
                classes=[str(one) for one in drugs[item.drug_id].classes] if item.drug_id in drugs else [],
                special_control=drugs[item.drug_id].special_control if item.drug_id in drugs else "",
            ),
        )
        for item in items
    ]
    return to_pdf(
        "dispensing/labels_paper.html",
        prescription=prescription,
        labels=labels,
        centre=letterhead(prescription.tenant_id),
        today=clock.today(),
    )


def lot_labels(repacked: Repacked) -> bytes:
    """A label for each bag of a lot, one a page, 60 × 40 mm."""
    return to_pdf(
        "dispensing/lot_labels_paper.html",
        row=repacked.row,
        lot=repacked.lot,
        centre=letterhead(repacked.row.tenant_id),
    )


def decoction_slip(prescription: Prescription) -> bytes:
    """How the herbs of a sheet are decocted (煎药单), A5."""
    items = prescriptions.list_items(prescription)
    return to_pdf(
        "dispensing/decoction_paper.html",
        prescription=prescription,
        groups=in_order([(item.footnote, item) for item in items]),
        soak_minutes=SOAK_MINUTES,
        first_minutes=FIRST_MINUTES,
        second_minutes=SECOND_MINUTES,
        centre=letterhead(prescription.tenant_id),
        printed_at=clock.now(),
    )
