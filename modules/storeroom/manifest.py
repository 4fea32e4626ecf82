"""What the storeroom adds to the product."""

from app.i18n import N_
from app.registry import MenuEntry, Module, Permission, Waiting
from modules.storeroom import queries, views

module = Module(
    name="storeroom",
    label=N_("Purchasing and storeroom"),
    requires=("dispensing",),
    blueprints=(views.blueprint,),
    menu=(
        MenuEntry(
            N_("Purchasing"), "storeroom.list_plans", "shopping-cart", "storeroom.purchase.view", order=72
        ),
    ),
    waiting=(
        Waiting(
            N_("Purchase plans to approve"),
            "storeroom.purchase.approve",
            "storeroom.list_plans",
            lambda by: queries.waiting_plans(),
            "shopping-cart",
            nothing=N_("Plans appear here when the storeroom hands them in."),
        ),
    ),
    acts={
        "supplier.saved": N_("Supplier saved"),
        "drug_rule.set": N_("Limits of a drug set"),
        "plan.proposed": N_("Purchase plan reckoned"),
        "plan.changed": N_("Purchase plan changed"),
        "plan.submitted": N_("Purchase plan handed in"),
        "plan.approved": N_("Purchase plan approved"),
        "plan.sent_back": N_("Purchase plan sent back"),
        "plan.ordered": N_("Purchase orders placed"),
        "order.closed": N_("Purchase order closed"),
        "delivery.inspected": N_("Delivery inspected"),
        "delivery.signed": N_("Delivery signed by a second person"),
        "invoice.entered": N_("Supplier's invoice entered"),
        "invoice.difference_accepted": N_("Difference of an invoice accepted"),
    },
    permissions=(
        Permission(
            "storeroom.purchase.view",
            N_("See purchasing"),
            ("storekeeper", "pharmacist", "administrator", "auditor"),
        ),
        Permission("storeroom.supplier.manage", N_("Keep suppliers and limits"), ("storekeeper",)),
        Permission("storeroom.purchase.plan", N_("Plan and order purchases"), ("storekeeper",)),
        Permission("storeroom.purchase.approve", N_("Approve purchase plans"), ("administrator",)),
        Permission("storeroom.delivery.receive", N_("Inspect deliveries"), ("storekeeper", "pharmacist")),
        Permission("storeroom.invoice.enter", N_("Enter suppliers' invoices"), ("storekeeper",)),
        Permission("storeroom.invoice.accept", N_("Accept differences of invoices"), ("administrator",)),
    ),
)
