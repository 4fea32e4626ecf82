"""What prescriptions tell those who charge for drugs, hold them and hand them out."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLine:
    """One line as signed; ``quantity`` is in the drug's minimum units, for herbs grams × doses."""

    item_id: int
    line_no: int
    drug_id: int
    drug_code: str
    drug_name: str
    quantity: Decimal
    is_whole_packs: bool  # priced by the pack, because it may not be split


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionSigned(Event):
    """A doctor has signed; the drugs join the bill and their stock is held, or nothing is signed."""

    prescription_id: int
    number: str
    kind: str  # western | herbal
    visit_id: int
    patient_id: int
    practitioner_id: int
    department_id: int
    valid_until: datetime
    on: date
    lines: tuple[SignedLine, ...]
    doses: int = 1  # 付数 of a herbal sheet
    decoction: str = ""  # self | clinic | granules: the clinic charges for decocting


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionWithdrawn(Event):
    """The doctor took a signed, unpaid prescription back: charges and holds go."""

    prescription_id: int
    visit_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionVoided(Event):
    """A prescription is void, with a reason."""

    prescription_id: int
    visit_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionExpired(Event):
    """Nobody paid or fetched it within its validity: holds are released."""

    prescription_id: int
    visit_id: int
