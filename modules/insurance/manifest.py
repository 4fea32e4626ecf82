"""What insurance adds to the product."""

from app.actor import Actor
from app.i18n import N_
from app.registry import Heap, Lookup, MenuEntry, Module, Permission, Pursuit, Waiting
from modules.insurance import jobs, queries, services, views

JOBS = jobs  # imported so that every process knows them
_DESKS = ("cashier", "registrar")


def later_heap(by: Actor) -> Heap:
    """How many insured settlements were put off."""
    return Heap(queries.count_deferred())


module = Module(
    name="insurance",
    label=N_("Insurance"),
    requires=("catalogue", "patients"),
    is_optional=False,
    blueprints=(views.blueprint,),
    pursues=(Pursuit(queries.centres_due, services.pursue),),
    checks=(queries.check_settlements,),
    lookups=(Lookup("insurance-items", "insurance.mapping.view", views.find_items),),
    menu=(
        MenuEntry(
            N_("Insured settlements"),
            "insurance.list_settlements",
            "shield",
            "insurance.settlement.view",
            order=62,
        ),
        MenuEntry(
            N_("Insurance mapping"),
            "insurance.show_coverage",
            "copy",
            "insurance.mapping.view",
            "administration",
            32,
        ),
        MenuEntry(
            N_("Insurer"),
            "insurance.show_connection",
            "shield",
            "insurance.connection.view",
            "administration",
            33,
        ),
    ),
    waiting=(
        Waiting(
            N_("Insurance to settle later"),
            "insurance.settlement.settle",
            "insurance.list_deferred",
            later_heap,
            "shield",
            nothing=N_("Nothing was put off."),
            order=47,
        ),
    ),
    acts={
        "connection.changed": N_("Connection to the insurer changed"),
        "operator.signed_in": N_("Operator signed in with the insurer"),
        "person.read": N_("Insured person read"),
        "exchange.kept": N_("Messages with the insurer kept"),
        "exchange.read": N_("Messages with the insurer read"),
        "settlement.read": N_("Insured settlement read"),
        "settlement.asked": N_("Insurer asked to reckon"),
        "settlement.presettled": N_("Reckoned by the insurer"),
        "settlement.failed": N_("Insured settlement failed"),
        "settlement.unanswered": N_("Insurer did not answer"),
        "settlement.deferred": N_("Insured settlement put off"),
        "settlement.dropped": N_("Insured settlement dropped"),
        "settlement.sent": N_("Insured settlement sent"),
        "settlement.settled": N_("Settled with the insurer"),
        "settlement.reversed": N_("Insured settlement reversed"),
        "settlement.cancelling": N_("Cancellation sent to the insurer"),
        "settlement.cancelled": N_("Cancelled with the insurer"),
        "settlement.not_cancelled": N_("Cancellation refused by the insurer"),
        "visit.told": N_("Visit told to the insurer"),
        "visit.cancelled": N_("Visit taken back from the insurer"),
        "catalogue.downloaded": N_("Insurer's catalogue downloaded"),
        "item.mapped": N_("Item mapped for insurance"),
        "mapping.uploaded": N_("Mappings told to the insurer"),
        "mapping.ended": N_("Insurance mapping ended"),
        "mapping.loaded": N_("Demonstration mappings loaded"),
        "rule.set": N_("Insurance rule set"),
    },
    permissions=(
        Permission(
            "insurance.connection.view", N_("See the connection to the insurer"), ("administrator", "auditor")
        ),
        Permission(
            "insurance.connection.change", N_("Change the connection to the insurer"), ("administrator",)
        ),
        Permission("insurance.rule.change", N_("Change insurance rules"), ("administrator",)),
        Permission("insurance.operator.sign_in", N_("Sign in with the insurer"), (*_DESKS, "administrator")),
        Permission("insurance.person.read", N_("Read insured people's cards"), _DESKS),
        Permission("insurance.settlement.view", N_("See insured settlements"), (*_DESKS, "auditor")),
        Permission("insurance.settlement.settle", N_("Settle with the insurer"), _DESKS),
        Permission("insurance.settlement.cancel", N_("Cancel insured settlements"), ("cashier",)),
        Permission("insurance.exchange.view", N_("Read messages with the insurer"), ("cashier", "auditor")),
        Permission(
            "insurance.mapping.view", N_("See insurance mappings"), ("administrator", *_DESKS, "auditor")
        ),
        Permission("insurance.mapping.change", N_("Change insurance mappings"), ("administrator",)),
    ),
)
