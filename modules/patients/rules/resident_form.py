"""The form of a resident's file, as a centre may arrange it."""

from app.i18n import N_
from app.main_forms import FormField, MainForm

RESIDENT_FORM = MainForm(
    name="patients.resident",
    label=N_("Resident's file"),
    cases=("patients.create_patient", "patients.change_patient"),
    fields=(
        FormField(name="name", label=N_("Full name"), span=4, maxlength=50, is_needed=True),
        FormField(
            name="document_kind",
            label=N_("Document"),
            type="select",
            span=4,
            options="document_kinds",
            blank=N_("By the number"),
            stays=True,
            may_be_required=False,  # it follows from the number
        ),
        FormField(name="document_number", label=N_("Document number"), span=4, maxlength=40, stays=True),
        FormField(
            name="sex",
            label=N_("Sex"),
            type="select",
            options="sexes",
            blank=N_("From the number"),
            stays=True,
            may_be_required=False,
        ),
        FormField(
            name="born_on",
            label=N_("Date of birth"),
            type="date",
            placeholder=N_("From the number"),
            stays=True,
            may_be_required=False,
        ),
        FormField(name="phone", label=N_("Phone"), type="tel", maxlength=30),
        FormField(
            name="cost_type",
            label=N_("Paid by"),
            type="select",
            options="cost_types",
            blank=False,
            may_be_required=False,
        ),
        FormField(name="address", label=N_("Address"), span=6, maxlength=200),
        FormField(
            name="guardian_name", label=N_("Guardian"), maxlength=50, stays=True, may_be_required=False
        ),
        FormField(
            name="guardian_phone",
            label=N_("Guardian's phone"),
            type="tel",
            maxlength=30,
            may_be_required=False,
        ),
        FormField(
            name="ethnicity", label=N_("Ethnicity"), type="select", options="ethnicities", can_wait=True
        ),
        FormField(name="occupation", label=N_("Occupation"), maxlength=50, can_wait=True),
        FormField(
            name="is_proxy_document",
            label=N_("The mother's document (newborn)"),
            type="checkbox",
            span=4,
            can_wait=True,
        ),
        FormField(
            name="has_no_known_allergies", label=N_("Asked: no known allergies"), type="checkbox", span=4
        ),
        FormField(
            name="is_another_person",
            label=N_("I have looked: this is another person"),
            type="checkbox",
            span=4,
            stays=True,
        ),
    ),
)
NOT_IN_CORRECTIONS = ("is_proxy_document", "has_no_known_allergies", "is_another_person")
