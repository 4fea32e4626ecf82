"""The prescription sheet: its kind and colour, how long it is valid, how much may stand on it.

Source, unless a rule names another: the prescription order (处方管理办法, 卫生部令第53号, 2007).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MAX_LINES = 5  # article 6
MAX_VALID_DAYS = 3  # article 18, the day of issue counted as the first
ORDINARY_DAYS = 7  # article 19
EMERGENCY_DAYS = 3  # article 19


class Control(StrEnum):
    """Special control of a drug (特殊管理)."""

    NONE = "none"
    NARCOTIC = "narcotic"
    PSYCHOTROPIC_1 = "psychotropic_1"
    PSYCHOTROPIC_2 = "psychotropic_2"
    TOXIC = "toxic"


class DrugKind(StrEnum):
    """Western drug, Chinese patent medicine, herbal slice."""

    WESTERN = "W"
    PATENT = "P"
    HERBAL = "H"


class SheetKind(StrEnum):
    """Kinds of prescription sheet (order 53, annex 1)."""

    ORDINARY = "ordinary"
    EMERGENCY = "emergency"
    PAEDIATRIC = "paediatric"
    NARCOTIC = "narcotic"  # narcotic and first-class psychotropic drugs share one sheet
    PSYCHOTROPIC_2 = "psychotropic_2"
    TOXIC = "toxic"
    HERBAL = "herbal"


@dataclass(frozen=True, slots=True)
class SheetStyle:
    """Paper colour as a CSS value and the years a sheet is kept (annex 1; article 50)."""

    paper: str
    keep_years: int


SHEET_STYLES = {
    SheetKind.ORDINARY: SheetStyle("#FFFFFF", 1),
    SheetKind.EMERGENCY: SheetStyle("#FFF7C9", 1),
    SheetKind.PAEDIATRIC: SheetStyle("#DDF3DD", 1),
    SheetKind.NARCOTIC: SheetStyle("#FBE0E0", 3),
    SheetKind.PSYCHOTROPIC_2: SheetStyle("#FFFFFF", 2),
    SheetKind.TOXIC: SheetStyle("#FFFFFF", 2),
    SheetKind.HERBAL: SheetStyle("#FFFFFF", 1),
}

_SHEET_OF_CONTROL = {
    Control.NARCOTIC: SheetKind.NARCOTIC,
    Control.PSYCHOTROPIC_1: SheetKind.NARCOTIC,
    Control.PSYCHOTROPIC_2: SheetKind.PSYCHOTROPIC_2,
    Control.TOXIC: SheetKind.TOXIC,
}


@dataclass(frozen=True, slots=True)
class SheetDrug:
    """What the sheet needs to know about one line's drug."""

    kind: DrugKind
    control: Control = Control.NONE


def sheet_kind(
    drugs: Sequence[SheetDrug], *, age_years: int, is_emergency: bool, paediatric_below_years: int = 14
) -> SheetKind:
    """Return the sheet: the strictest control first, then herbs, emergency, children, ordinary.

    The order names no age for children; below 14 is the usual practice and a tenant's parameter.
    """
    controls = {drug.control for drug in drugs}
    for control, kind in _SHEET_OF_CONTROL.items():
        if control in controls:
            return kind
    if any(drug.kind is DrugKind.HERBAL for drug in drugs):
        return SheetKind.HERBAL
    if is_emergency:
        return SheetKind.EMERGENCY
    return SheetKind.PAEDIATRIC if age_years < paediatric_below_years else SheetKind.ORDINARY


class SheetFault(StrEnum):
    """Why the lines cannot stand on one sheet."""

    EMPTY = "empty"
    TOO_MANY_LINES = "too_many_lines"
    HERBS_MIXED = "herbs_mixed"
    CONTROLS_MIXED = "controls_mixed"


def sheet_faults(drugs: Sequence[SheetDrug]) -> tuple[SheetFault, ...]:
    """Return what is wrong with the composition of a sheet; all of it blocks.

    At most five Western or patent drugs (drugs of one infusion count each); herbs on a sheet of their own,
    where the limit does not hold (article 6). Drugs of different control need different sheets (annex 1).
    """
    herbs = sum(drug.kind is DrugKind.HERBAL for drug in drugs)
    sheets = {_SHEET_OF_CONTROL.get(drug.control) for drug in drugs}
    faults = (
        (SheetFault.EMPTY, not drugs),
        (SheetFault.TOO_MANY_LINES, len(drugs) - herbs > MAX_LINES),
        (SheetFault.HERBS_MIXED, 0 < herbs < len(drugs)),
        (SheetFault.CONTROLS_MIXED, len(sheets) > 1),
    )
    return tuple(fault for fault, holds in faults if holds)


def valid_until(issued_on: date, *, days: int = 1) -> date:
    """Return the last day of validity; `days` is 1-3 with the day of issue as the first (article 18)."""
    if not 1 <= days <= MAX_VALID_DAYS:
        raise ValueError("a prescription is valid for 1-3 days")
    return issued_on + timedelta(days=days - 1)


def quantity_needs_reason(supply_days: int, *, is_emergency: bool) -> bool:
    """Tell whether a quantity needs a written reason: above 7 days, above 3 in an emergency (article 19)."""
    return supply_days > (EMERGENCY_DAYS if is_emergency else ORDINARY_DAYS)


class DoseForm(StrEnum):
    """Form groups of the quantity limits for controlled drugs."""

    INJECTION = "injection"
    EXTENDED_RELEASE = "extended_release"
    OTHER = "other"


# Days per prescription; 0 stands for one single dose (articles 23 and 24).
_NARCOTIC_DAYS = {
    False: {DoseForm.INJECTION: 0, DoseForm.EXTENDED_RELEASE: 7, DoseForm.OTHER: 3},
    True: {DoseForm.INJECTION: 3, DoseForm.EXTENDED_RELEASE: 15, DoseForm.OTHER: 7},
}


def controlled_days_limit(control: Control, form: DoseForm, *, has_lasting_pain: bool = False) -> int | None:
    """Return the most days of a controlled drug on one sheet: 0 is a single dose, None is no such limit.

    `has_lasting_pain` is an outpatient with cancer pain or moderate to severe chronic pain (articles 23-24).
    Second-class psychotropics 7 days (article 23), toxic drugs 2 days (regulation on toxic drugs, 1988).
    """
    if control in (Control.NARCOTIC, Control.PSYCHOTROPIC_1):
        return _NARCOTIC_DAYS[has_lasting_pain][form]
    return {Control.PSYCHOTROPIC_2: 7, Control.TOXIC: 2}.get(control)
