"""What registration adds to the product."""

from app.i18n import N_
from app.registry import Module, Permission, Setting, SettingKind
from modules.registration import api

WINDOW = ("registrar", "cashier", "triage_nurse", "administrator")
QUEUE = ("registrar", "triage_nurse", "doctor", "administrator")

SETTINGS = (  # read through rules/settings.py, which holds the same defaults; a test compares them
    Setting(
        "registration.fee_scheme",
        N_("Fee of a visit"),
        SettingKind.CHOICE,
        "general_treatment",
        options=(
            ("general_treatment", N_("General treatment fee")),
            ("registration_and_consultation", N_("Registration and consultation fee")),
        ),
    ),
    Setting(
        "registration.general_treatment_code",
        N_("Item: general treatment"),
        SettingKind.TEXT,
        "X0001",
        most=30,
    ),
    Setting("registration.registration_fee_code", N_("Item: registration"), SettingKind.TEXT, "", most=30),
    Setting("registration.consultation_code", N_("Item: consultation"), SettingKind.TEXT, "X0002", most=30),
    Setting(
        "registration.emergency_consultation_code",
        N_("Item: emergency consultation"),
        SettingKind.TEXT,
        "X0003",
        most=30,
    ),
    Setting(
        "registration.free_return_days", N_("Days in which a return visit is free"), SettingKind.NUMBER, 0
    ),
    Setting(
        "registration.check_in_needed", N_("Patients report in after registering"), SettingKind.SWITCH, False
    ),
    Setting("registration.elderly_from_years", N_("Elderly from (years)"), SettingKind.NUMBER, 65, most=120),
    Setting(
        "registration.reenter_after", N_("Missed patients come again after"), SettingKind.NUMBER, 3, most=50
    ),
    Setting("registration.return_every", N_("One return for every"), SettingKind.NUMBER, 3, least=1, most=50),
    Setting(
        "registration.generate_days", N_("Sessions are opened ahead (days)"), SettingKind.NUMBER, 14, most=90
    ),
    Setting("registration.book_days_ahead", N_("Appointments ahead (days)"), SettingKind.NUMBER, 14, most=90),
    Setting(
        "registration.cancel_hours_before", N_("Cancel until (hours before)"), SettingKind.NUMBER, 2, most=72
    ),
    Setting("registration.no_show_limit", N_("Missed appointments allowed"), SettingKind.NUMBER, 3, most=50),
    Setting("registration.no_show_days", N_("Missed appointments count for (days)"), SettingKind.NUMBER, 90),
    Setting(
        "registration.release_minutes_before",
        N_("Kept places are released (minutes before)"),
        SettingKind.NUMBER,
        30,
        most=720,
    ),
)

module = Module(
    name="registration",
    label=N_("Registration"),
    requires=("patients",),
    is_optional=False,
    settings=SETTINGS,
    reads=(api.show_visit, api.list_slots),
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
)
