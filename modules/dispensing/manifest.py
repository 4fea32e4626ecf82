"""What dispensing adds to the product."""

from app.i18n import N_
from app.registry import (
    Duty,
    Lookup,
    MenuEntry,
    Module,
    Permission,
    Plot,
    Preparation,
    Pursuit,
    Setting,
    SettingKind,
    Waiting,
)
from modules.charging.events import BillRefunded, BillSettled, RefundBegun
from modules.dispensing import queries, services, subscribers, views
from modules.dispensing.views.home import expiry_heap, expiry_plot, tasks_heap, tasks_plot
from modules.prescriptions.events import (
    PrescriptionExpired,
    PrescriptionSigned,
    PrescriptionVoided,
    PrescriptionWithdrawn,
)

module = Module(
    name="dispensing",
    label=N_("Pharmacy"),
    requires=("charging",),
    blueprints=(views.blueprint,),
    prepares=Preparation(dict, lambda taken, by: services.set_up_all_locations(by=by)),
    menu=(
        MenuEntry(
            N_("Pharmacy window"), "dispensing.show_window", "pill", "dispensing.prescription.view", order=70
        ),
        MenuEntry(
            N_("Storeroom"), "dispensing.show_stock", "building-warehouse", "dispensing.stock.view", order=71
        ),
        MenuEntry(
            N_("Special drugs"), "dispensing.show_register", "lock", "dispensing.special.view", order=74
        ),
        MenuEntry(
            N_("Records for the insurer"),
            "dispensing.list_records",
            "cloud-upload",
            "dispensing.record.view",
            order=76,
        ),
        MenuEntry(N_("Trace a code"), "dispensing.trace_code", "scan", "dispensing.code.trace", order=75),
    ),
    lookups=(
        Lookup("prescribable-drugs", "prescriptions.prescription.sign", views.find_prescribable_drugs),
        Lookup("stock-drugs", "dispensing.stock.view", views.find_stock_drugs),
    ),
    settings=(
        Setting(
            "single_pharmacist",
            N_("One pharmacist may review, prepare and hand out"),
            SettingKind.SWITCH,
            False,
            help=N_("Off: who prepared does not hand out."),
        ),
        Setting(
            "stop_days",
            N_("Batches are no longer promised so many days before they expire"),
            SettingKind.NUMBER,
            30,
            most=365,
        ),
        Setting(
            "repacked_months",
            N_("Bags of opened packs may be used for so many months"),
            SettingKind.NUMBER,
            6,
            least=1,
            most=12,
            help=N_("Never beyond the expiry of the batch."),
        ),
        Setting(
            "trace_codes",
            N_("Drugs are handed out only with their traceability codes"),
            SettingKind.SWITCH,
            False,
            help=N_("Off: codes that are scanned are kept all the same. Herbs carry none."),
        ),
        Setting(
            "trace_moves",
            N_("Packs are scanned whenever they change their place"),
            SettingKind.SWITCH,
            False,
            help=N_(
                "On: a pack is refused where it does not lie by the books. Drugs without codes move all the same."
            ),
        ),
    ),
    waiting=(
        Waiting(
            N_("Prescriptions at the pharmacy"),
            "dispensing.prescription.dispense",
            "dispensing.show_window",
            tasks_heap,
            "pill",
            nothing=N_("Prescriptions appear here as soon as they are paid."),
        ),
        Waiting(
            N_("Batches that end soon"),
            "dispensing.stock.receive",
            "dispensing.show_near_expiry",
            expiry_heap,
            "calendar-off",
            nothing=N_("No batch ends within half a year."),
        ),
    ),
    plots=(
        Plot(
            N_("Open prescriptions"),
            "dispensing.prescription.dispense",
            ("pharmacist",),
            "hbar",
            (N_("State"), N_("Prescriptions")),
            tasks_plot,
            nothing=N_("The next paid prescription begins this chart."),
        ),
        Plot(
            N_("Batches in stock by month of expiry"),
            "dispensing.stock.view",
            ("storekeeper",),
            "bar",
            (N_("Month"), N_("Batches")),
            expiry_plot,
            nothing=N_("The first receipt of stock begins this chart."),
        ),
    ),
    acts={
        "prescription.read_at_pharmacy": N_("Prescription read at the pharmacy"),
        "prescription.reviewed_at_pharmacy": N_("Review passed at the pharmacy"),
        "prescription.prepared": N_("Drugs prepared"),
        "prescription.reheld": N_("Other batches taken for a recalled one"),
        "prescription.put_back": N_("Prepared drugs put back"),
        "prescription.dispensed": N_("Drugs handed out"),
        "drugs.returned": N_("Drugs taken back"),
        "return.refused": N_("Return of drugs refused"),
        "location.set_up": N_("Place of stock set up"),
        "stock.received": N_("Stock received"),
        "stock.repacked": N_("Packs put into bags"),
        "stock.transferred": N_("Stock carried over"),
        "codes.collected": N_("Traceability codes collected"),
        "codes.moved": N_("Traceability codes noted on a movement"),
        "code.scanned": N_("Pack scanned for a prescription"),
        "code.scan_removed": N_("Scanned pack taken off a prescription"),
        "code.passed_without": N_("Line passed without a code"),
        "code.refused": N_("Scan refused with an alarm"),
        "record.told": N_("Record sent to the insurer"),
        "record.sent_again": N_("Refused record sent again"),
        "labels.printed": N_("Drug labels printed"),
        "decoction.printed": N_("Decoction slip printed"),
        "ampoules.returned": N_("Empty ampoules taken back"),
        "cupboard.handed_over": N_("Cupboard of special drugs handed over"),
    },
    permissions=(
        Permission(
            "dispensing.prescription.view",
            N_("See the pharmacy's work"),
            ("pharmacist", "auditor"),
            duty=Duty.RECORD,
        ),
        Permission(
            "dispensing.prescription.review", N_("Review prescriptions at the pharmacy"), ("pharmacist",)
        ),
        Permission("dispensing.prescription.prepare", N_("Prepare prescriptions"), ("pharmacist",)),
        Permission("dispensing.prescription.dispense", N_("Hand out drugs"), ("pharmacist",)),
        Permission("dispensing.drugs.return", N_("Take drugs back"), ("pharmacist",)),
        Permission(
            "dispensing.stock.view",
            N_("See stock"),
            ("pharmacist", "storekeeper", "doctor", "administrator", "auditor"),
        ),
        Permission(
            "dispensing.code.trace",
            N_("Trace codes of packs"),
            ("pharmacist", "storekeeper", "auditor"),
            duty=Duty.RECORD,
        ),
        Permission(
            "dispensing.special.view",
            N_("See the register of special drugs"),
            ("pharmacist", "auditor"),
            duty=Duty.RECORD,
        ),
        Permission(
            "dispensing.special.record",
            N_("Record ampoules and hand the cupboard over"),
            ("pharmacist",),
            duty=Duty.RECORD,
        ),
        Permission(
            "dispensing.special.sign_second",
            N_("Sign for special drugs as the second person"),
            ("pharmacist", "doctor", "triage_nurse", "storekeeper"),
            duty=Duty.RECORD,
        ),
        Permission("dispensing.stock.receive", N_("Post opening stock and receipts"), ("storekeeper",)),
        Permission(
            "dispensing.stock.repack", N_("Put opened packs into bags"), ("pharmacist", "storekeeper")
        ),
        Permission("dispensing.stock.transfer", N_("Transfer stock"), ("storekeeper", "pharmacist")),
        Permission(
            "dispensing.record.view",
            N_("See records of stock for the insurer"),
            ("storekeeper", "pharmacist", "administrator", "auditor"),
        ),
        Permission(
            "dispensing.record.send",
            N_("Send refused records to the insurer again"),
            ("storekeeper", "pharmacist"),
        ),
        Permission("dispensing.location.manage", N_("Set up pharmacies and storerooms"), ("administrator",)),
    ),
    now=(
        (PrescriptionSigned, subscribers.hold_stock),
        (PrescriptionWithdrawn, subscribers.release_stock),
        (PrescriptionVoided, subscribers.release_stock),
        (PrescriptionExpired, subscribers.release_stock),
        (BillSettled, subscribers.take_up_paid),
        (RefundBegun, subscribers.keep_on_shelf),
        (BillRefunded, subscribers.release_refunded),
    ),
    pursues=(Pursuit(queries.centres_with_records, services.pursue),),
    checks=(queries.check_stock,),
)
