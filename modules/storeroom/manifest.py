"""What the storeroom adds to the product."""

from datetime import time

from app.i18n import N_
from app.registry import Daily, Duty, MenuEntry, Module, Permission, Setting, SettingKind, Waiting
from modules.storeroom import queries, services, views

module = Module(
    name="storeroom",
    label=N_("Purchasing and storeroom"),
    requires=("dispensing",),
    blueprints=(views.blueprint,),
    menu=(
        MenuEntry(
            N_("Purchasing"), "storeroom.list_plans", "shopping-cart", "storeroom.purchase.view", order=72
        ),
        MenuEntry(
            N_("Requisitions"),
            "storeroom.list_requisitions",
            "transfer",
            "storeroom.requisition.view",
            order=73,
        ),
        MenuEntry(
            N_("Stocktakes"),
            "storeroom.list_stocktakes",
            "clipboard-check",
            "storeroom.stocktake.view",
            order=74,
        ),
        MenuEntry(
            N_("Price adjustments"), "storeroom.list_adjustments", "coin", "storeroom.price.view", order=76
        ),
        MenuEntry(
            N_("Losses and recalls"), "storeroom.list_removals", "trash", "storeroom.stock.view", order=75
        ),
        MenuEntry(
            N_("Stock reports"), "storeroom.show_period", "chart-bar", "storeroom.report.view", order=77
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
        Waiting(
            N_("Losses and returns to approve"),
            "storeroom.stock.approve",
            "storeroom.list_removals",
            lambda by: queries.waiting_removals(),
            "trash",
            nothing=N_("Applications for losses and returns appear here."),
        ),
        Waiting(
            N_("Open requisitions"),
            "storeroom.requisition.ship",
            "storeroom.list_requisitions",
            lambda by: queries.open_requisitions(),
            "transfer",
            nothing=N_("Requisitions of the pharmacies appear here."),
        ),
    ),
    settings=(
        Setting(
            "zero_margin",
            N_("Drugs are sold without margin"),
            SettingKind.SWITCH,
            True,
            help=N_("A new retail price must be the purchase price, but for herbs and the exempt drugs."),
        ),
        Setting(
            "margin_exempt",
            N_("Codes of drugs exempt from this, with commas between"),
            SettingKind.TEXT,
            "",
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
        "delivery.withdrawn": N_("Inspection of a delivery taken back"),
        "invoice.entered": N_("Supplier's invoice entered"),
        "invoice.difference_accepted": N_("Difference of an invoice accepted"),
        "requisition.applied": N_("Requisition applied for"),
        "requisition.approved": N_("Requisition approved"),
        "requisition.rejected": N_("Requisition rejected"),
        "requisition.given_up": N_("Approved requisition not sent"),
        "requisition.shipped": N_("Requisition sent"),
        "requisition.received": N_("Requisition received"),
        "removal.applied": N_("Loss or return applied for"),
        "removal.approved": N_("Loss or return approved"),
        "removal.rejected": N_("Loss or return rejected"),
        "stock.quarantined": N_("Stock set apart"),
        "stock.quarantine_ended": N_("Stock let go"),
        "batch.recalled": N_("Batch recalled"),
        "batch.recall_ended": N_("Recall ended"),
        "recall.read": N_("Recall with its patients read"),
        "adjustment.proposed": N_("New prices proposed"),
        "adjustment.approved": N_("New prices approved"),
        "adjustment.cancelled": N_("New prices given up"),
        "adjustment.in_force": N_("New prices in force"),
        "month.closed": N_("Month of the storeroom closed"),
        "stocktake.begun": N_("Stocktake begun"),
        "stocktake.batch_added": N_("Batch added to a stocktake"),
        "stocktake.counted": N_("Stock counted"),
        "stocktake.round_finished": N_("Round of a stocktake finished"),
        "stocktake.approved": N_("Stocktake approved"),
        "stocktake.cancelled": N_("Stocktake cancelled"),
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
        Permission(
            "storeroom.requisition.view",
            N_("See requisitions"),
            (
                "storekeeper",
                "pharmacist",
                "administrator",
                "auditor",
            ),
        ),
        Permission("storeroom.requisition.apply", N_("Ask the storeroom for drugs"), ("pharmacist",)),
        Permission("storeroom.requisition.approve", N_("Approve requisitions"), ("storekeeper",)),
        Permission("storeroom.requisition.ship", N_("Send requisitions"), ("storekeeper",)),
        Permission("storeroom.requisition.receive", N_("Receive requisitions"), ("pharmacist",)),
        Permission(
            "storeroom.stock.view",
            N_("See losses, quarantines and recalls"),
            (
                "storekeeper",
                "pharmacist",
                "administrator",
                "auditor",
            ),
        ),
        Permission(
            "storeroom.stock.remove",
            N_("Apply for losses and returns"),
            (
                "storekeeper",
                "pharmacist",
            ),
        ),
        Permission("storeroom.stock.approve", N_("Approve losses and returns"), ("administrator",)),
        Permission(
            "storeroom.stock.freeze",
            N_("Set stock apart"),
            (
                "storekeeper",
                "pharmacist",
            ),
        ),
        Permission(
            "storeroom.batch.recall",
            N_("Recall batches"),
            (
                "storekeeper",
                "pharmacist",
            ),
        ),
        Permission(
            "storeroom.stocktake.view",
            N_("See stocktakes"),
            (
                "storekeeper",
                "pharmacist",
                "administrator",
                "auditor",
            ),
        ),
        Permission(
            "storeroom.stocktake.count",
            N_("Count stock"),
            (
                "storekeeper",
                "pharmacist",
            ),
        ),
        Permission("storeroom.stocktake.approve", N_("Approve stocktakes"), ("administrator",)),
        Permission(
            "storeroom.price.view",
            N_("See price adjustments"),
            ("storekeeper", "pharmacist", "administrator", "auditor"),
        ),
        Permission("storeroom.price.propose", N_("Propose new prices"), ("storekeeper",)),
        Permission("storeroom.price.approve", N_("Approve new prices"), ("administrator",)),
        Permission(
            "storeroom.report.view",
            N_("See stock reports"),
            ("storekeeper", "pharmacist", "accountant", "administrator", "auditor"),
        ),
        Permission("storeroom.closing.make", N_("Close months of the storeroom"), ("storekeeper",)),
        Permission(
            "storeroom.recall.view",
            N_("See who received a recalled batch"),
            ("storekeeper", "pharmacist", "auditor"),
            duty=Duty.RECORD,
        ),
    ),
    daily=(Daily("storeroom.begin_adjustment", time(0, 5), services.due_adjustments),),
    checks=(queries.check_papers, queries.check_closings),
)
