"""What distribution adds to the product."""

from app.i18n import N_
from app.registry import MenuEntry, Module, Permission, Scope, Waiting
from modules.distribution import queries, subscribers, views
from modules.distribution.events import DeliveryReceived, PlanHandedIn, ShipmentSent

_READERS = ("district_purchaser", "supervisor", "district_auditor")
_BUYERS = ("district_purchaser",)

module = Module(
    name="distribution",
    label=N_("Unified procurement and distribution"),
    requires=("storeroom",),
    blueprints=(views.blueprint,),
    menu=(
        MenuEntry(
            N_("Procurement"),
            "distribution.show_overview",
            "truck-delivery",
            "distribution.purchase.view",
            group="district",
            order=8,
        ),
        MenuEntry(
            N_("Shipments of the district"),
            "distribution.list_deliveries",
            "truck-delivery",
            "distribution.delivery.view",
            order=73,
        ),
    ),
    places={"storeroom.plan.approved": views.approved_plan},
    waiting=(
        Waiting(
            N_("Shipments of the district"),
            "distribution.delivery.receive",
            "distribution.list_deliveries",
            lambda by: queries.open_deliveries(),
            "truck-delivery",
            nothing=N_("What the district sends appears here."),
        ),
    ),
    acts={
        "plan.handed_in": N_("Purchase plan handed in to the district"),
        "request.taken": N_("Purchase plan of a centre taken"),
        "request.closed": N_("Rest of a centre's plan ended"),
        "supplier.saved": N_("Supplier saved"),
        "purchase.merged": N_("Plans merged into a purchase"),
        "purchase.changed": N_("Purchase changed"),
        "purchase.submitted": N_("Purchase handed in"),
        "purchase.approved": N_("Purchase approved and ordered"),
        "purchase.sent_back": N_("Purchase sent back"),
        "warehouse.stocked": N_("Delivery taken into the warehouse"),
        "shipment.sent": N_("Shipment sent to a centre"),
        "shipment.arrived": N_("Shipment arrived at its centre"),
        "difference.ended": N_("Difference of a shipment ended"),
        "delivery.announced": N_("Shipment of the district announced"),
        "delivery.inspected": N_("Shipment of the district inspected"),
        "delivery.withdrawn": N_("Inspection of a shipment taken back"),
        "delivery.signed": N_("Shipment of the district signed by a second person"),
        "delivery.received": N_("Shipment of the district received"),
    },
    permissions=(
        Permission("distribution.message.take", N_("Take messages between district and centre")),
        Permission("distribution.purchase.view", N_("See procurement"), _READERS, scope=Scope.DISTRICT),
        Permission(
            "distribution.purchase.manage",
            N_("Merge plans, choose suppliers"),
            _BUYERS,
            scope=Scope.DISTRICT,
        ),
        Permission("distribution.purchase.approve", N_("Approve purchases"), _BUYERS, scope=Scope.DISTRICT),
        Permission(
            "distribution.shipment.send", N_("Send shipments to centres"), _BUYERS, scope=Scope.DISTRICT
        ),
        Permission(
            "distribution.difference.end",
            N_("Say what became of differences"),
            _BUYERS,
            scope=Scope.DISTRICT,
        ),
        Permission(
            "distribution.delivery.view",
            N_("See shipments of the district"),
            ("storekeeper", "pharmacist", "administrator", "auditor"),
        ),
        Permission(
            "distribution.delivery.receive",
            N_("Inspect shipments of the district"),
            ("storekeeper", "pharmacist"),
        ),
    ),
    later=(
        (PlanHandedIn, subscribers.take_plan),
        (ShipmentSent, subscribers.announce_shipment),
        (DeliveryReceived, subscribers.note_arrival),
    ),
    coming=queries.coming_packs,
    checks=(queries.check_distribution,),
)
