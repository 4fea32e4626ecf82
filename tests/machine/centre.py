"""A centre whose people act: what they may do next with the bills, prescriptions and stock they have."""

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any

from machine.outside import CHANNELS, INSURER, PLATFORM, Outside
from support import outpatient, world
from support.outpatients import COLD, make_patient

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from modules.catalogue import queries as catalogue
from modules.charging import queries as bills
from modules.charging.models import Bill
from modules.charging.simulators.channel_books import Merchant
from modules.charging.simulators.einvoice import KEY as PLATFORM_KEY
from modules.charging.simulators.insurer import KEY
from modules.clinic.rules.record import RecordText
from modules.clinic.services import begin_encounter, save_record
from modules.dispensing import services as dispensing
from modules.insurance import services as insurance
from modules.insurance.services import conduct as insurer
from modules.invoices import services as invoices
from modules.patients.models import Patient
from modules.patients.queries import id_check_digit
from modules.payments import services as payments
from modules.prescriptions.events import PrescriptionSigned
from modules.registration.services import add_session, register_visit
from modules.storeroom import services as storeroom
from tenants.services import change_settings

D = Decimal
SECRET = "sixteen or more letters"
DRUGS = ("D0001", "D0007", "D0012")
ID_CARD = "02"


@dataclass
class Centre:
    """One of the two centres, with its desk and what has happened at it so far."""

    ids: dict[str, Any]
    mark: str
    outside: Outside
    desk: dict[str, Actor] = field(default_factory=dict)
    bills: list[int] = field(default_factory=list)
    insured: set[int] = field(default_factory=set)  # bills of those whom the insurer knows
    sheets: list[PrescriptionSigned] = field(default_factory=list)
    checkouts: list[int] = field(default_factory=list)
    shifts: list[int] = field(default_factory=list)
    patients: list[int] = field(default_factory=list)
    sessions: dict[date, int] = field(default_factory=dict)
    apart: list[int] = field(default_factory=list)
    recalls: list[int] = field(default_factory=list)
    rules: list[int] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    scans: list[tuple[int, int]] = field(default_factory=list)
    deliveries: list[int] = field(default_factory=list)
    serial: int = 0
    books: int = 0

    @property
    def tenant_id(self) -> int:
        """Whose rows these are."""
        return int(self.ids["tenant_id"])

    @property
    def institution(self) -> str:
        """Its code at the insurer."""
        return f"H1101050000{self.mark}"

    def open(self) -> None:
        """Staff, merchants, the insurer's connection, a supplier, and drugs in the storeroom.

        The first centre is paid before it treats and reduces by rule; the second is paid at the end.
        """
        self.desk = {role: world.actor(self.ids, role) for role in world.STAFF}
        habits = {"reduces_by_rule": True} if self.mark == "1" else {"pays_at_end": True}
        change_settings(settings=habits, by=self.desk["administrator"])
        administrator, keeper = self.desk["administrator"], self.desk["storekeeper"]
        for channel in ("wechat", "alipay"):
            self._trade_with(channel, administrator)
        insurance.connect(
            institution_code=self.institution,
            institution_name=f"{self.mark}社区卫生服务中心",
            region="110105",
            base_url=INSURER,
            key=KEY,
            by=administrator,
        )
        insurance.load_demo_mappings(by=administrator)
        invoices.connect(
            unit_code=f"99010{self.mark}",
            institution_kind="社区卫生服务中心",
            base_url=PLATFORM,
            key=PLATFORM_KEY,
            by=administrator,
        )
        storeroom.save_supplier(
            code="GY",
            name="示范医药",
            licence_no="示范1",
            licence_until=world.TODAY.replace(year=2029),
            by=keeper,
        )

        dispensing.receive_stock(
            location_id=self.ids["locations"]["storeroom"],
            supplier="示范医药",
            lines=[
                dispensing.StockLineInput(
                    drug_id=self.drug_id(code),
                    batch_no="W27",
                    expires_on=world.TODAY.replace(year=2027),
                    packs=D(20),
                    pack_cost=D("9.60"),
                )
                for code in DRUGS
            ],
            by=keeper,
        )

    def _trade_with(self, channel: str, by: Actor) -> None:
        number = f"{self.mark}-{channel}"
        made = payments.set_up_merchant(
            channel=channel, merchant_no=number, base_url=CHANNELS, secret=SECRET, by=by
        )
        told = f"http://his.example/payments/callbacks/C{self.mark}-{made.callback_key}"
        self.outside.channels.books.merchants[number] = Merchant(number, channel, SECRET, told)

    def welcome(self, drugs: dict[str, int], *, is_insured: bool) -> None:
        """A visit with its fee and a prescription; whoever is insured is read from the card."""
        self.serial += 1
        number = _document(self.serial, int(self.mark))
        person = {"document_number": number, "sex": "0", "born_on": None} if is_insured else {}
        patient = make_patient(self.desk["registrar"], **person)
        bill = self._consult(patient)
        self.bills.append(bill.id)
        self.patients.append(patient.id)
        if drugs:
            self.sheets.append(outpatient.prescribe(self.ids, self.desk["doctor"], bill, *drugs.items()))
        if is_insured:
            self.outside.insurer.books.enrol(number, name=patient.name, insutype="310", balance=60)
            by = self.desk["cashier"]
            insurer.read_person(
                patient_id=patient.id, card_type=ID_CARD, card_no=number, name=patient.name, by=by
            )
            self.insured.add(bill.id)

    def _consult(self, patient: Patient) -> Bill:
        """Registered, taken by the doctor, with a diagnosis: the insurer asks for both."""
        registrar, doctor = self.desk["registrar"], self.desk["doctor"]
        today = clock.today()
        if today not in self.sessions:
            self.sessions[today] = add_session(
                on=today,
                shift="morning",
                starts_at=time(0),
                ends_at=time(23, 59),
                department_id=self.ids["departments"]["general"],
                practitioner_id=doctor.practitioner_id,
                room="2",
                capacity=500,
                window_minutes=60,
                addon_limit=1,
                by=self.desk["administrator"],
            ).id
        visit = register_visit(patient_id=patient.id, session_id=self.sessions[today], by=registrar)
        encounter = begin_encounter(visit_id=visit.id, by=doctor)
        save_record(
            visit_id=visit.id,
            revision=encounter.revision,
            record=RecordText(),
            diagnoses=[COLD],
            by=doctor,
        )
        with tenant_unit(self.tenant_id):
            found = bills.find_bill(visit.id)
        assert found is not None, "a registration has its fee"
        return found

    def view(self, bill_id: int) -> Any:
        """A bill as it stands."""
        with tenant_unit(self.tenant_id):
            return bills.bill_view(bill_id)

    def checkout(self, checkout_id: int) -> tuple[Any, list[Any]]:
        """A checkout with its parts."""
        with tenant_unit(self.tenant_id):
            return bills.get_checkout(checkout_id), bills.parts_of(checkout_id)

    def drug_id(self, code: str) -> int:
        """Id of a drug, by its code."""
        with tenant_unit(self.tenant_id):
            return catalogue.search_drugs(code)[0].id


def _document(serial: int, mark: int) -> str:
    """A made-up identity number with its check digit."""
    digits = f"99000019{70 + serial % 20}0{1 + serial % 9}1{mark}{serial % 1000:03d}"
    return digits + id_check_digit(digits)
