"""What registration adds to the product."""

from datetime import time

from app.i18n import N_
from app.registry import Daily, Lookup, MenuEntry, Module, Permission, Plot, Setting, SettingKind, Waiting
from modules.registration import api, queries, views
from modules.registration.models import FeeScheme
from modules.registration.rules.settings import RegistrationSettings
from modules.registration.rules.visit_form import VISIT_FORM
from modules.registration.views.home import booked_heap, days_plot, hours_plot, waiting_heap
from modules.registration.views.lookups import find_departments, find_practitioners

WINDOW = ("registrar", "cashier", "triage_nurse", "administrator")
QUEUE = ("registrar", "triage_nurse", "doctor", "administrator")
DEFAULTS = RegistrationSettings()


def _number(field: str, label: str, *, least: int = 0, most: int = 365) -> Setting:
    default = getattr(DEFAULTS, field)
    return Setting(f"registration.{field}", label, SettingKind.NUMBER, default, least=least, most=most)


def _code(field: str, label: str) -> Setting:
    return Setting(f"registration.{field}", label, SettingKind.TEXT, getattr(DEFAULTS, field), most=20)


SETTINGS = (
    Setting(
        "registration.fee_scheme",
        N_("What a visit costs"),
        SettingKind.CHOICE,
        DEFAULTS.fee_scheme,
        options=tuple((scheme.value, scheme.msgid) for scheme in FeeScheme),
    ),
    _code("general_treatment_code", N_("Item of the general treatment fee")),
    _code("registration_fee_code", N_("Item of the registration fee (empty: there is none)")),
    _code("consultation_code", N_("Item of the consultation fee")),
    _code("emergency_consultation_code", N_("Item of the emergency consultation fee")),
    _number("free_return_days", N_("A return visit is free for so many days (0: never)")),
    Setting(
        "registration.check_in_needed",
        N_("Patients report in after registering"),
        SettingKind.SWITCH,
        DEFAULTS.check_in_needed,
    ),
    _number("elderly_from_years", N_("The elderly go first from this age"), least=60, most=100),
    _number("reenter_after", N_("Who was not there is called again after so many patients"), most=20),
    _number("return_every", N_("One with a report after so many others"), least=1, most=20),
    _number("generate_days", N_("Sessions are made so many days ahead"), least=1, most=60),
    _number("book_days_ahead", N_("Appointments so many days ahead"), most=60),
    _number("cancel_hours_before", N_("Appointments can be cancelled until so many hours before"), most=72),
    _number("no_show_limit", N_("So many missed appointments suspend booking"), least=1, most=20),
    _number("no_show_days", N_("Missed appointments count for so many days"), least=1),
    _number(
        "release_minutes_before",
        N_("Places of other channels open to the window so many minutes before (0: never)"),
        most=240,
    ),
)

module = Module(
    name="registration",
    label=N_("Registration"),
    requires=("patients",),
    is_optional=False,
    blueprints=(views.blueprint,),
    visits_on=lambda on: sum(queries.visits_by_day(on, on).values()),
    reads=(api.show_visit, api.list_slots),
    acts={
        "visit.read": N_("Visit read"),
        "window.read": N_("Resident looked at in the registration window"),
        "template.saved": N_("Line of the week saved"),
        "template.retired": N_("Line of the week taken out"),
        "session.added": N_("Session added"),
        "session.published": N_("Session published"),
        "session.withdrawn": N_("Session taken back"),
        "session.stopped": N_("Session stopped"),
        "session.substituted": N_("Stand-in named"),
        "sessions.generated": N_("Sessions made from the week"),
        "sessions.ended": N_("Sessions of past days ended"),
        "appointment.booked": N_("Appointment booked"),
        "appointment.cancelled": N_("Appointment given back"),
        "appointment.transferred": N_("Appointment moved"),
        "visit.registered": N_("Visit registered"),
        "visit.added_on": N_("Add-on number given"),
        "visit.cancelled": N_("Registration taken back"),
        "visit.transferred": N_("Visit moved"),
        "visit.checked_in": N_("Patient reported in"),
        "visit.called": N_("Patient called"),
        "visit.recalled": N_("Patient called again"),
        "visit.passed_over": N_("Patient passed over"),
        "visit.left": N_("Patient let go for a while"),
        "visit.returned": N_("Patient back in the queue"),
        "visit.begun": N_("Consultation begun"),
        "visit.finished": N_("Consultation finished"),
        "visit.priority_changed": N_("Priority changed"),
        "ticket.printed": N_("Ticket printed"),
    },
    permissions=(
        Permission(
            "registration.visit.view",
            N_("See visits and queues"),
            (*WINDOW, "doctor", "pharmacist", "auditor"),
        ),
        Permission("registration.visit.register", N_("Register visits"), WINDOW),
        Permission("registration.visit.cancel", N_("Cancel registrations"), WINDOW),
        Permission("registration.visit.transfer", N_("Move visits to another session"), WINDOW),
        Permission("registration.visit.add_on", N_("Give add-on numbers"), ("doctor", "administrator")),
        Permission("registration.visit.see", N_("Begin and finish visits"), ("doctor",)),
        Permission("registration.queue.manage", N_("Manage the waiting queue"), QUEUE),
        Permission("registration.queue.call", N_("Call patients"), ("triage_nurse", "doctor")),
        Permission("registration.appointment.book", N_("Book and cancel appointments"), (*WINDOW, "doctor")),
        Permission("registration.schedule.manage", N_("Edit the weekly schedule"), ("administrator",)),
        Permission("registration.session.manage", N_("Stop and change clinic sessions"), ("administrator",)),
    ),
    menu=(
        MenuEntry(
            N_("Registration"),
            "registration.show_window",
            icon="calendar-plus",
            permission="registration.visit.register",
            order=10,
        ),
        MenuEntry(
            N_("Appointments"),
            "registration.show_appointments",
            icon="calendar-event",
            permission="registration.appointment.book",
            order=12,
        ),
        MenuEntry(
            N_("Waiting queue"),
            "registration.show_queue",
            icon="list-numbers",
            permission="registration.visit.view",
            order=14,
        ),
        MenuEntry(
            N_("Visits"),
            "registration.list_visits",
            icon="ticket",
            permission="registration.visit.view",
            order=16,
        ),
        MenuEntry(
            N_("Weekly schedule"),
            "registration.show_schedule",
            icon="calendar-week",
            permission="registration.schedule.manage",
            group="administration",
            order=20,
        ),
        MenuEntry(
            N_("Clinic sessions"),
            "registration.list_sessions",
            icon="stethoscope",
            permission="registration.session.manage",
            group="administration",
            order=21,
        ),
    ),
    lookups=(
        Lookup("departments", "registration.visit.view", find_departments),
        Lookup("practitioners", "registration.visit.view", find_practitioners),
    ),
    waiting=(
        Waiting(
            N_("Patients waiting"),
            "registration.queue.manage",
            "registration.show_queue",
            waiting_heap,
            icon="users",
            nothing=N_("Patients appear here as soon as they have reported in."),
        ),
        Waiting(
            N_("Appointments today"),
            "registration.visit.register",
            "registration.show_appointments",
            booked_heap,
            icon="calendar-event",
            nothing=N_("Nobody is booked for the rest of today; appointments are made in the menu."),
        ),
    ),
    plots=(
        Plot(
            N_("Visits of today by hour"),
            "registration.visit.view",
            ("triage_nurse",),
            "bar",
            (N_("Hour"), N_("Visits")),
            hours_plot,
            nothing=N_("The first registration of the day begins this chart."),
        ),
        Plot(
            N_("Visits of the last 14 days"),
            "registration.visit.view",
            ("registrar", "doctor", "administrator"),
            "bar",
            (N_("Day"), N_("Visits")),
            days_plot,
            nothing=N_("The first visit begins this chart."),
        ),
    ),
    settings=SETTINGS,
    forms=(VISIT_FORM,),
    daily=(
        Daily("registration.generate_sessions", time(0, 5)),
        Daily("registration.end_sessions", time(0, 10)),
    ),
)
