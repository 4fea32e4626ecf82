from datetime import date
from itertools import pairwise, product

import pytest

from modules.prescriptions.rules.sheets import (
    SHEET_STYLES,
    Control,
    DoseForm,
    DrugKind,
    SheetDrug,
    SheetFault,
    SheetKind,
    controlled_days_limit,
    quantity_needs_reason,
    sheet_faults,
    sheet_kind,
    valid_until,
)
from modules.prescriptions.rules.states import PrescriptionState, is_editable, may_move

WESTERN, PATENT, HERB = (SheetDrug(kind) for kind in DrugKind)
S = PrescriptionState


def controlled(control):
    return SheetDrug(DrugKind.WESTERN, control)


@pytest.mark.parametrize(
    ("drugs", "age", "emergency", "kind"),
    [
        ([WESTERN, PATENT], 40, False, SheetKind.ORDINARY),
        ([WESTERN], 13, False, SheetKind.PAEDIATRIC),
        ([WESTERN], 14, False, SheetKind.ORDINARY),
        ([WESTERN], 13, True, SheetKind.EMERGENCY),
        ([HERB], 40, True, SheetKind.HERBAL),
        ([controlled(Control.NARCOTIC)], 40, True, SheetKind.NARCOTIC),
        ([controlled(Control.PSYCHOTROPIC_1)], 40, False, SheetKind.NARCOTIC),
        ([controlled(Control.PSYCHOTROPIC_2)], 13, False, SheetKind.PSYCHOTROPIC_2),
        ([controlled(Control.TOXIC)], 40, False, SheetKind.TOXIC),
    ],
)
def test_the_paper_follows_the_drugs_then_the_patient(drugs, age, emergency, kind):
    assert sheet_kind(drugs, age_years=age, is_emergency=emergency) is kind


def test_every_kind_of_sheet_has_its_paper_and_is_kept():
    assert set(SHEET_STYLES) == set(SheetKind)
    assert {kind: style.keep_years for kind, style in SHEET_STYLES.items() if style.keep_years > 1} == {
        SheetKind.NARCOTIC: 3,
        SheetKind.PSYCHOTROPIC_2: 2,
        SheetKind.TOXIC: 2,
    }


@pytest.mark.parametrize(
    ("drugs", "faults"),
    [
        ([], (SheetFault.EMPTY,)),
        ([WESTERN] * 4 + [PATENT], ()),
        ([WESTERN] * 5 + [PATENT], (SheetFault.TOO_MANY_LINES,)),
        ([HERB] * 18, ()),
        ([HERB, PATENT], (SheetFault.HERBS_MIXED,)),
        ([WESTERN, controlled(Control.NARCOTIC)], (SheetFault.CONTROLS_MIXED,)),
        ([controlled(Control.NARCOTIC), controlled(Control.PSYCHOTROPIC_1)], ()),
    ],
)
def test_a_sheet_holds_five_drugs_and_herbs_stand_alone(drugs, faults):
    assert sheet_faults(drugs) == faults


def test_a_prescription_is_valid_for_three_days_at_most():
    issued = date(2026, 11, 21)
    assert valid_until(issued) == issued
    assert valid_until(issued, days=3) == date(2026, 11, 23)
    with pytest.raises(ValueError, match="1-3"):
        valid_until(issued, days=4)


def test_more_than_a_week_or_three_emergency_days_needs_a_reason():
    assert [quantity_needs_reason(days, is_emergency=False) for days in (7, 8)] == [False, True]
    assert [quantity_needs_reason(days, is_emergency=True) for days in (3, 4)] == [False, True]


def test_controlled_drugs_have_short_limits():
    limits = [controlled_days_limit(Control.NARCOTIC, form) for form in DoseForm]
    in_pain = [controlled_days_limit(Control.NARCOTIC, form, has_lasting_pain=True) for form in DoseForm]
    assert (limits, in_pain) == ([0, 7, 3], [3, 15, 7])
    assert controlled_days_limit(Control.PSYCHOTROPIC_2, DoseForm.OTHER) == 7
    assert controlled_days_limit(Control.TOXIC, DoseForm.OTHER) == 2
    assert controlled_days_limit(Control.NONE, DoseForm.OTHER) is None


def test_the_ordinary_life_of_a_prescription():
    life = [
        S.DRAFT,
        S.SUBMITTED,
        S.REVIEW_PASSED,
        S.PAID,
        S.PREPARED,
        S.DISPENSED,
        S.PARTIALLY_RETURNED,
        S.FULLY_RETURNED,
    ]
    assert all(may_move(a, b) for a, b in pairwise(life))


def test_nothing_leaves_unreviewed_or_unpaid():
    before = (S.DRAFT, S.SUBMITTED, S.RETURNED, S.VOIDED, S.EXPIRED)
    assert not any(may_move(state, S.PREPARED, settles_at_end=True) for state in before)
    assert not any(
        may_move(state, S.DISPENSED, settles_at_end=True) for state in S if state is not S.PREPARED
    )
    assert not may_move(S.REVIEW_PASSED, S.PREPARED)
    assert may_move(S.REVIEW_PASSED, S.PREPARED, settles_at_end=True)


def test_a_paid_prescription_is_not_withdrawn_without_a_refund():
    assert may_move(S.REVIEW_PASSED, S.DRAFT)
    assert not may_move(S.PAID, S.DRAFT)
    assert may_move(S.PAID, S.REVIEW_PASSED)


def test_what_has_left_the_pharmacy_is_never_voided_or_edited():
    gone = (S.DISPENSED, S.PARTIALLY_RETURNED, S.FULLY_RETURNED, S.VOIDED)
    assert not any(may_move(a, b) for a, b in product(gone, (S.DRAFT, S.VOIDED, S.PAID, S.EXPIRED)))
    assert [state for state in S if is_editable(state)] == [S.DRAFT, S.RETURNED]
