"""The doctor's record and the nurse's vital signs, as a centre may arrange them."""

from app.i18n import N_
from app.main_forms import FormField, MainForm

_MORE = N_("Glucose, waist, Chinese medicine")


def _measured(
    name: str, label: str, unit: str, span: int, *, stays: bool = False, part: str = ""
) -> FormField:
    return FormField(
        name=f"vitals-{name}", label=label, type="number", unit=unit, span=span, stays=stays, part=part
    )


def _written(
    name: str,
    label: str,
    span: int,
    *,
    is_needed: bool = False,
    maxlength: int = 2000,
    type: str = "text",
    part: str = "",
) -> FormField:
    return FormField(
        name=f"record-{name}",
        label=label,
        type=type,
        span=span,
        maxlength=maxlength,
        is_needed=is_needed,
        part=part,
    )


def _asked(name: str, label: str) -> FormField:
    """A question that safety rules need the answer to; asked of women only, so it is never insisted on."""
    return FormField(
        name=f"record-{name}",
        label=label,
        type="select",
        span=2,
        options="yes_no",
        blank=N_("not asked"),
        stays=True,
        may_be_required=False,
    )


RECORD_FORM = MainForm(
    name="clinic.record",
    label=N_("Outpatient record"),
    cases=("clinic.sign_record", "clinic.complete_visit"),
    drafts=("clinic.save_record",),
    fields=(
        _written("chief_complaint", N_("Chief complaint"), 6, is_needed=True, maxlength=200),
        FormField(
            name="record-kind",
            label=N_("Kind of visit"),
            type="select",
            span=2,
            options="kinds",
            blank=False,
            stays=True,
            may_be_required=False,
        ),
        _measured("temperature", N_("Temp."), "℃", 2),
        _measured("pulse", N_("Pulse"), N_("/min"), 2),
        _written("present_illness", N_("Present illness"), 8, is_needed=True, type="textarea"),
        _measured("systolic", N_("Systolic"), "mmHg", 2, stays=True),
        _measured("diastolic", N_("Diastolic"), "mmHg", 2, stays=True),
        _written("past_history", N_("Past history"), 4, is_needed=True),
        _written("physical_exam", N_("Signs"), 4, is_needed=True),
        _measured("respiration", N_("Respiration"), N_("/min"), 2),
        _measured("spo2", N_("SpO₂"), "%", 2),
        _written("auxiliary_results", N_("Results"), 4),
        _written("treatment_advice", N_("Advice"), 4, is_needed=True),
        _measured("height", N_("Height"), "cm", 2),
        _measured("weight", N_("Weight"), "kg", 2),
        _asked("is_pregnant", N_("Pregnant")),
        _asked("is_lactating", N_("Breast-feeding")),
        _measured("glucose", N_("Glucose"), "mmol/L", 2, part=_MORE),
        _measured("waist", N_("Waist"), "cm", 2, part=_MORE),
        _written("tcm_examination", N_("Four examinations"), 8, part=_MORE),
        _written("tcm_pattern", N_("Pattern"), 6, maxlength=200, part=_MORE),
        _written("tcm_principle", N_("Principle and method"), 6, maxlength=200, part=_MORE),
    ),
)
OF_WOMEN = ("record-is_pregnant", "record-is_lactating")
VITAL_SIGNS_FORM = MainForm(
    name="clinic.vital_signs",
    label=N_("Vital signs"),
    cases=("clinic.record_vital_signs",),
    fields=(
        _measured("temperature", N_("Temp."), "℃", 3),
        _measured("pulse", N_("Pulse"), N_("/min"), 3),
        _measured("respiration", N_("Respiration"), N_("/min"), 3),
        _measured("systolic", N_("Systolic"), "mmHg", 3, stays=True),
        _measured("diastolic", N_("Diastolic"), "mmHg", 3, stays=True),
        _measured("spo2", N_("SpO₂"), "%", 3),
        _measured("height", N_("Height"), "cm", 3),
        _measured("weight", N_("Weight"), "kg", 3),
        _measured("waist", N_("Waist"), "cm", 3),
        _measured("glucose", N_("Glucose"), "mmol/L", 3),
        FormField(
            name="vitals-glucose_moment",
            label=N_("Blood taken"),
            type="select",
            options="glucose_moments",
            may_be_required=False,  # only when blood was taken
        ),
    ),
)
