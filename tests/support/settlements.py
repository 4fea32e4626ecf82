"""Settlements in which somebody outside takes part: one with the insurer, one that waits for a channel's payer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from unittest import mock

from support.insurer import NUMBER

from app import clock, outgoing
from app.actor import Actor
from app.db import tenant_unit
from app.use_cases import perform
from modules.charging import queries as bills
from modules.charging import services as charging
from modules.charging.models import Checkout
from modules.charging.services import conduct
from modules.charging.simulators.insurer import KEY, Insurer
from modules.insurance import services as insurance
from modules.insurance.services.facts import CataloguePart

URL = "https://insurer.example/trade"


@contextmanager
def only(insurer: Insurer) -> Iterator[None]:
    """While the block runs the insurer is all there is of the outside, and it sits in this process."""

    def post(url: str, headers: Mapping[str, str], body: bytes, **limits: Any) -> outgoing.Reply:
        if url != URL:
            raise outgoing.NotReached("NobodyElse")
        made, proof = insurer.answer(body, headers["X-Signature"], headers["X-Sign-Type"])
        return outgoing.Reply(200, {"x-signature": proof}, made)

    with mock.patch.object(outgoing, "post", post):
        yield


def reach_nobody(*_asked: Any, **_limits: Any) -> outgoing.Reply:
    """Stands for ``outgoing.post`` where a test must not leave the machine."""
    raise outgoing.NotReached("NobodyThere")


def furnish(
    centre: dict[str, Any], desk: dict[str, Actor], mark: str, waiting_id: int, insured_id: int
) -> None:
    """The bill of one visit waits for a code to be scanned; that of the other is settled with the insurer."""
    _wait_for_a_payer(centre, desk, waiting_id)
    insurer = Insurer()
    insurer.books.enrol(NUMBER, name=f"{mark}庚辛", insutype="310", deductible=150, pool=300, balance=1)
    with only(insurer):
        _settle_with_the_insurer(centre, desk, mark, insured_id)


def _begin(centre: dict[str, Any], by: Actor, visit_id: int, **how: Any) -> Checkout:
    with tenant_unit(centre["tenant_id"]):
        bill = bills.find_bill(visit_id)
        assert bill is not None
        due = bills.bill_view(bill.id).due_amount
    begun: Checkout = perform(
        "charging.begin_checkout", {"bill_id": bill.id, "expected_amount": due, **_paid(due, **how)}, by=by
    )
    return begun


def _paid(due: Decimal, *, channel: str = "", is_insured: bool = False) -> dict[str, Any]:
    tenders = [{"method": channel, "amount": due, "way": "qr"}] if channel else []
    return {"tenders": tenders, "is_insured": is_insured}


def _wait_for_a_payer(centre: dict[str, Any], desk: dict[str, Actor], visit_id: int) -> None:
    _begin(centre, desk["registrar"], visit_id, channel="wechat")


def _settle_with_the_insurer(
    centre: dict[str, Any], desk: dict[str, Actor], mark: str, visit_id: int
) -> None:
    administrator, cashier = desk["administrator"], desk["cashier"]
    insurance.connect(
        institution_code="H11010500001",
        institution_name=f"{mark}社区卫生服务中心",
        region="110105",
        base_url=URL,
        key=KEY,
        by=administrator,
    )
    _know_its_catalogue(administrator, mark)
    begun = _begin(centre, cashier, visit_id, is_insured=True)
    with tenant_unit(centre["tenant_id"]):
        patient_id = bills.get_bill(begun.bill_id).patient_id
    insurance.read_person(
        patient_id=patient_id, card_type="02", card_no=NUMBER, name=f"{mark}庚辛", by=cashier
    )
    shown = conduct.reckon(begun.id, by=cashier)

    def agree(msgid: str) -> Checkout:
        return charging.confirm_checkout(
            checkout_id=shown.id,
            expected_personal=shown.personal_amount,
            tenders=[charging.TenderInput(method="cash", amount=shown.personal_amount)],
            insurance_id=shown.insurance_id,
            msgid=msgid,
            by=cashier,
        )

    assert shown.personal_amount
    settled = conduct.settle(shown.id, agree, insurance_id=shown.insurance_id, by=cashier)
    assert settled.settlement_id, "the insurer's part and the cash make the whole"


def _know_its_catalogue(administrator: Actor, mark: str) -> None:
    insurance.load_demo_mappings(by=administrator)
    item = CataloguePart(code="XZ0001", name=f"{mark}滴丸", spec="", unit="盒", level="02", fee_class="09")
    insurance.store_catalogue_page(trade="1301", parts=[item], by=administrator)
    insurance.set_rule(
        insutype="310",
        med_type="11",
        deductible_amount=Decimal(200),
        ratio=Decimal("0.6"),
        cap_amount=Decimal(500),
        valid_from=clock.today(),
        by=administrator,
    )
