"""What prescriptions tell those who charge for drugs, hold them and hand them out."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from app.events import Event, Private


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLine:
    """One line as signed; ``quantity`` is in the drug's minimum units, for herbs grams × doses."""

    item_id: int
    line_no: int
    drug_id: Annotated[int, Private()]
    drug_code: Annotated[str, Private()]
    drug_name: Annotated[str, Private()]
    quantity: Annotated[Decimal, Private()]
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
    reason: Annotated[str, Private()]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionExpired(Event):
    """Nobody paid or fetched it within its validity: holds are released."""

    prescription_id: int
    visit_id: int
