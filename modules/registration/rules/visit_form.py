"""What the registration window may note with a visit, as a centre may arrange it; who comes and where is no choice."""

from app.i18n import N_
from app.main_forms import FormField, MainForm

VISIT_FORM = MainForm(
    name="registration.visit",
    label=N_("Registration window"),
    cases=("registration.register_visit",),
    fields=(
        FormField(name="is_emergency", label=N_("Emergency"), type="checkbox", stays=True),
        FormField(name="is_military", label=N_("Soldier"), type="checkbox"),
        FormField(name="is_disabled", label=N_("Disabled person"), type="checkbox"),
        FormField(name="is_free_return", label=N_("Free return visit"), type="checkbox"),
    ),
)
