"""What the reports add to the product."""

from datetime import time

from app.i18n import N_
from app.registry import Daily, Duty, Lookup, MenuEntry, Module, Permission, Pursuit, Scope
from modules.charging.events import BillRefunded, BillSettled
from modules.dispensing.events import DrugsReturned, StockReceived
from modules.reports import cli, jobs, queries, services, subscribers, views

JOBS = jobs  # imported so that every process knows them
READERS = ("administrator", "accountant", "auditor", "supervisor")

module = Module(
    name="reports",
    label=N_("Reports"),
    requires=("charging", "dispensing"),
    blueprints=(views.blueprint,),
    commands=cli.COMMANDS,
    menu=(
        MenuEntry(
            N_("Reports"), "reports.show_income", "chart-bar", "reports.report.view", "administration", 39
        ),
    ),
    lookups=(Lookup("report-drugs", "reports.report.view", views.find_drugs),),
    permissions=(
        Permission("reports.report.view", N_("See reports"), READERS, scope=Scope.ANYWHERE),
        Permission(
            "reports.paper.open",
            N_("Open receipts and prescriptions behind a report"),
            ("accountant", "auditor", "supervisor"),
            scope=Scope.ANYWHERE,
            duty=Duty.RECORD,
        ),
        Permission("reports.file.make", N_("Take reports as files"), READERS, scope=Scope.ANYWHERE),
        Permission("reports.sums.build", N_("Have the sums of the reports made anew")),
    ),
    acts={
        "sheet.taken": N_("Report taken as a sheet"),
        "receipt.read_in_report": N_("Receipt opened from a report"),
        "prescription.read_in_report": N_("Prescription opened from a report"),
    },
    later=(
        (BillSettled, subscribers.note_movement),
        (BillRefunded, subscribers.note_movement),
        (StockReceived, subscribers.note_movement),
        (DrugsReturned, subscribers.note_movement),
    ),
    daily=(Daily("reports.begin_day", time(0, 10)),),
    pursues=(Pursuit(queries.centres_due, services.pursue),),
    checks=(queries.check_sums,),
)
