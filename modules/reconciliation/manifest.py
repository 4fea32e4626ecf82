"""What reconciliation adds to the product."""

from datetime import time

from app.i18n import N_
from app.registry import Daily, MenuEntry, Module, Permission, Pursuit, Waiting
from modules.charging.events import BillRefunded, BillSettled
from modules.reconciliation import queries, subscribers, views
from modules.reconciliation.services import conduct

module = Module(
    name="reconciliation",
    label=N_("Reconciliation"),
    requires=("charging",),
    blueprints=(views.blueprint,),
    menu=(
        MenuEntry(
            N_("Reconciliation"),
            "reconciliation.show_calendar",
            "checklist",
            "reconciliation.day.view",
            "administration",
            38,
        ),
    ),
    waiting=(
        Waiting(
            N_("Differences to handle"),
            "reconciliation.difference.handle",
            "reconciliation.show_calendar",
            lambda by: queries.waiting_differences(),
            "checklist",
            nothing=N_("Differences appear here when a statement says something else than our books."),
            order=52,
        ),
    ),
    acts={
        "day.begun": N_("Days to reconcile begun"),
        "day.compared": N_("Day compared with the other side"),
        "day.confirmed": N_("Day tied out"),
        "statement.taken": N_("Statement of a channel taken"),
        "statement.missing": N_("No statement to be had"),
        "difference.taken": N_("Difference handled"),
        "difference.reviewed": N_("Difference reviewed"),
        "difference.sent_back": N_("Difference sent back"),
        "arrival.noted": N_("Arrival at the bank noted"),
        "arrival.brought": N_("Arrivals at the bank brought"),
        "arrival.taken_back": N_("Arrival at the bank taken back"),
        "terms.set": N_("Terms of a merchant set"),
    },
    permissions=(
        Permission(
            "reconciliation.day.view",
            N_("See the reconciliation"),
            ("accountant", "administrator", "auditor"),
        ),
        Permission("reconciliation.day.compare", N_("Fetch and compare statements"), ("accountant",)),
        Permission("reconciliation.day.confirm", N_("Tie days out"), ("accountant",)),
        Permission("reconciliation.difference.handle", N_("Handle differences"), ("accountant",)),
        Permission(
            "reconciliation.difference.review",
            N_("Review handled differences"),
            ("accountant", "administrator"),
        ),
        Permission("reconciliation.arrival.enter", N_("Enter arrivals at the bank"), ("accountant",)),
        Permission("reconciliation.terms.change", N_("Set forms of statements and fees"), ("administrator",)),
    ),
    now=((BillSettled, subscribers.keep_tied_out), (BillRefunded, subscribers.keep_tied_out)),
    daily=(Daily("reconciliation.begin_days", time(9, 30)),),
    pursues=(Pursuit(queries.centres_due, conduct.pursue),),
    checks=(queries.check_days,),
)
