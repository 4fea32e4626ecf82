"""What the insurer is told of stock and sold codes: owed after the commit, sent until heard, refused with a reason."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support import outpatient, world
from support.insurer import connected, insurer, insurer_address

from app import clock, pursuit
from app.actor import Actor
from app.db import Mode, db, tenant_unit
from app.errors import NotFound, PermissionDenied
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.charging.simulators.insurer import KEY, Insurer
from modules.dispensing import queries, services
from modules.dispensing.errors import RecordNotRefused
from modules.dispensing.models import CodeEvent, StockReport, UploadState
from modules.dispensing.rules.review import ReviewCheck
from modules.dispensing.services import ReturnLineInput, StockLineInput
from modules.insurance import queries as insurance
from modules.insurance import services as insurer_services
from tenants.services import change_settings

__all__ = ["connected", "insurer", "insurer_address"]
D = Decimal
AMOXICILLIN = "D0001"
FIRST, SECOND = "81000010000000010001", "81000010000000010002"


@pytest.fixture
def sell(prescribe: Any, pay: Any, prepare: Any, other_pharmacist: Actor) -> Callable[..., Any]:
    """Hand out so much of amoxicillin under a code."""

    def go(quantity: Any, code: str) -> Any:
        signed = prescribe((AMOXICILLIN, quantity))
        pay(signed)
        prepare(signed)
        act = {"prescription_id": signed.prescription_id, "by": other_pharmacist}
        services.scan_code(code=code, item_id=signed.lines[0].item_id, **act)
        services.dispense_prescription(**act)
        return signed

    return go


@pytest.fixture
def events(ours: Any) -> Callable[[UploadState], list[CodeEvent]]:
    """Records of sales and returns in a state."""

    def look(state: UploadState) -> list[CodeEvent]:
        with tenant_unit(ours["tenant_id"]):
            return list(queries.list_uploads(state).rows)

    return look


@pytest.fixture
def reports(ours: Any) -> Callable[[UploadState], list[StockReport]]:
    """Records of stock in a state."""

    def look(state: UploadState) -> list[StockReport]:
        with tenant_unit(ours["tenant_id"]):
            return list(queries.list_reports(state).rows)

    return look


@pytest.fixture
def receive(ours: Any, storekeeper: Actor, drug_id: Any) -> Callable[..., Any]:
    """A receipt of packs of amoxicillin with their codes."""

    def take(packs: int, *codes: str) -> Any:
        document = services.receive_stock(
            location_id=ours["locations"]["storeroom"],
            supplier="示范医药",
            lines=[
                StockLineInput(
                    drug_id=drug_id(AMOXICILLIN),
                    batch_no="R1",
                    expires_on=clock.today() + timedelta(days=700),
                    packs=D(packs),
                    pack_cost=D("9.60"),
                )
            ],
            by=storekeeper,
        )
        if codes:
            with tenant_unit(ours["tenant_id"]):
                ((_, batch),) = queries.moves_of(document.id)
            services.collect_codes(
                document_id=document.id, batch_id=batch.id, codes=" ".join(codes), by=storekeeper
            )
        return document

    return take


def _later(**given: int) -> Any:
    return clock.at(clock.now() + timedelta(**given))


def test_a_sale_and_its_return_reach_the_insurer_after_the_commit(
    connected: None, insurer: Insurer, sell: Any, pharmacist: Actor, events: Any
) -> None:
    signed = sell(24, FIRST)
    assert insurer.books.packs == {}
    pursuit.pursue_all()
    assert [row.kind.value for row in events(UploadState.SENT)] == ["sold"]
    assert insurer.books.packs[FIRST]["whole"] is True
    (told,) = insurer.books.records.values()
    assert (told["trdn_flag"], told["drugtracinfo"]) == ("0", [{"drug_trac_codg": FIRST}])
    assert told["med_list_codg"]
    services.return_drugs(
        prescription_id=signed.prescription_id,
        lines=[ReturnLineInput(item_id=signed.lines[0].item_id, quantity=D(24))],
        reason="患者要求",
        is_intact=True,
        codes=FIRST,
        by=pharmacist,
    )
    pursuit.pursue_all()
    assert insurer.books.packs[FIRST]["whole"] is False
    assert (len(events(UploadState.SENT)), events(UploadState.PENDING)) == (2, [])


def test_an_opened_pack_is_told_as_one_and_may_be_told_often(
    connected: None, insurer: Insurer, sell: Any, events: Any
) -> None:
    sell(10, SECOND)
    sell(10, SECOND)
    assert (pursuit.pursue_all(), pursuit.pursue_all()) == (1, 1)
    assert [row.content["trdn_flag"] for row in events(UploadState.SENT)] == ["1", "1"]
    assert insurer.books.packs[SECOND]["parts"] == "20"


def _sell_at(centre: dict[str, Any], quantity: int, code: str) -> None:
    """Hand out so much of amoxicillin under a code, at any centre."""
    desk = {role: world.actor(centre, role) for role in world.STAFF}
    bill = outpatient.make_bill(centre, desk["registrar"], ())
    signed = outpatient.prescribe(centre, desk["doctor"], bill, (AMOXICILLIN, quantity))
    with tenant_unit(centre["tenant_id"]):
        due = charging_queries.bill_view(bill.id).due_amount
    tender = charging.TenderInput(method="cash", amount=due)
    charging.settle_bill(bill_id=bill.id, expected_amount=due, tenders=[tender], by=desk["cashier"])
    sheet, first = {"prescription_id": signed.prescription_id}, desk["pharmacist"]
    services.review_prescription(checks=list(ReviewCheck), by=first, **sheet)
    services.prepare_prescription(by=first, **sheet)
    second = desk["other_pharmacist"]
    services.scan_code(code=code, item_id=signed.lines[0].item_id, by=second, **sheet)
    services.dispense_prescription(by=second, **sheet)


def test_a_code_is_sold_once_in_two_centres_of_one_installation(
    connected: None, insurer: Insurer, insurer_address: str, ours: Any, theirs: Any, events: Any
) -> None:
    by = world.actor(theirs, "administrator")
    insurer_services.connect(
        institution_code="H11010500002",
        institution_name="城西社区卫生服务中心",
        region="110105",
        base_url=insurer_address,
        key=KEY,
        by=by,
    )
    insurer_services.load_demo_mappings(by=by)
    _sell_at(ours, 24, FIRST)
    pursuit.pursue_all()
    _sell_at(theirs, 24, FIRST)  # each centre knows its own packs only
    pursuit.pursue_all()
    assert [row.kind.value for row in events(UploadState.SENT)] == ["sold"]
    with tenant_unit(theirs["tenant_id"]):
        (refused,) = queries.list_uploads(UploadState.REFUSED).rows
        assert queries.list_uploads(UploadState.SENT).rows == []
    assert (refused.code, FIRST in refused.answer) == (FIRST, True)
    (kept,) = insurer.books.records
    assert kept.startswith("H11010500001/3505/")


@pytest.fixture
def bring_back(pharmacist: Actor) -> Callable[..., None]:
    """Take back what was handed out under a code."""

    def take(signed: Any, quantity: Any, code: str) -> None:
        services.return_drugs(
            prescription_id=signed.prescription_id,
            lines=[ReturnLineInput(item_id=signed.lines[0].item_id, quantity=D(quantity))],
            reason="患者要求",
            is_intact=True,
            codes=code,
            by=pharmacist,
        )

    return take


def test_a_return_does_not_overtake_its_sale(
    connected: None, insurer: Insurer, sell: Any, bring_back: Any, events: Any
) -> None:
    signed = sell(24, FIRST)
    insurer.misbehave("dead", infno="3505")
    pursuit.pursue_all()
    bring_back(signed, 24, FIRST)
    assert pursuit.pursue_all() == 0
    with _later(minutes=2):
        assert (pursuit.pursue_all(), pursuit.pursue_all()) == (1, 1)
    assert insurer.books.packs[FIRST]["whole"] is False
    assert events(UploadState.PENDING) == []


def test_the_return_of_a_sale_that_was_refused_releases_nobody_elses_pack(
    connected: None,
    insurer: Insurer,
    sell: Any,
    bring_back: Any,
    events: Any,
    other_pharmacist: Actor,
) -> None:
    insurer.books.packs[FIRST] = {"whole": True, "parts": "0"}
    signed = sell(24, FIRST)
    pursuit.pursue_all()
    bring_back(signed, 24, FIRST)
    pursuit.pursue_all()
    assert insurer.books.packs[FIRST]["whole"] is True
    returned, sold = events(UploadState.REFUSED)
    assert (returned.kind.value, sold.kind.value, bool(returned.answer)) == ("returned", "sold", True)
    insurer.books.packs.clear()
    for row in (sold, returned):
        services.send_again(record_id=row.id, is_code=True, by=other_pharmacist)
        pursuit.pursue_all()
    assert (insurer.books.packs[FIRST]["whole"], len(events(UploadState.SENT))) == (False, 2)


def test_a_code_that_another_institution_has_sold_is_refused_with_the_reason(
    connected: None, insurer: Insurer, sell: Any, events: Any, other_pharmacist: Actor
) -> None:
    insurer.books.packs[FIRST] = {"whole": True, "parts": "0"}
    sell(24, FIRST)
    pursuit.pursue_all()
    (row,) = events(UploadState.REFUSED)
    assert FIRST in row.answer
    assert pursuit.pursue_all() == 0
    insurer.books.packs.clear()
    services.send_again(record_id=row.id, is_code=True, by=other_pharmacist)
    pursuit.pursue_all()
    assert (events(UploadState.REFUSED), len(events(UploadState.SENT))) == ([], 1)


@pytest.mark.parametrize("how", ["dead", "lose_answer"])
def test_what_was_not_heard_is_told_again_and_counts_once(
    connected: None, insurer: Insurer, sell: Any, events: Any, how: str
) -> None:
    sell(24, FIRST)
    insurer.misbehave(how, infno="3505")
    pursuit.pursue_all()
    (row,) = events(UploadState.PENDING)
    assert (row.tries, row.next_try_at > clock.now()) == (1, True)
    assert pursuit.pursue_all() == 0
    with _later(minutes=2):
        pursuit.pursue_all()
    assert (events(UploadState.PENDING), events(UploadState.REFUSED)) == ([], [])
    assert len(insurer.books.records) == 1


def test_a_receipt_is_told_with_its_codes_when_they_are_collected(
    connected: None, insurer: Insurer, receive: Any, reports: Any
) -> None:
    receive(2, FIRST, SECOND)
    assert pursuit.pursue_all() == 0
    with _later(hours=2):
        pursuit.pursue_all()
    (row,) = reports(UploadState.SENT)
    (told,) = insurer.books.records.values()
    assert (told["infno"], row.trade.value, told["purc_retn_cnt"]) == ("3503", "3503", "48")
    assert [code["drug_trac_codg"] for code in told["drugtracinfo"]] == [FIRST, SECOND]


def test_a_drug_that_is_not_mapped_is_on_the_list_until_it_is(
    connected: None,
    insurer: Insurer,
    ours: Any,
    receive: Any,
    reports: Any,
    administrator: Actor,
    storekeeper: Actor,
    pharmacist: Actor,
) -> None:
    with tenant_unit(ours["tenant_id"]):
        mapping = insurance.mappings_of([("drug", AMOXICILLIN)])["drug", AMOXICILLIN]
    insurer_services.cancel_mapping(mapping.id, by=administrator)
    receive(1)
    with _later(days=1, hours=2):
        pursuit.pursue_all()
        (row,) = reports(UploadState.REFUSED)
        assert row.answer
        assert insurer.books.records == {}
        insurer_services.load_demo_mappings(by=administrator)
        services.send_again(record_id=row.id, by=storekeeper)
        with pytest.raises(RecordNotRefused):
            services.send_again(record_id=row.id, by=storekeeper)
        pursuit.pursue_all()
    assert (len(reports(UploadState.SENT)), reports(UploadState.REFUSED)) == (1, [])


def test_nothing_is_due_in_a_centre_without_a_connection(ours: Any, sell: Any, events: Any) -> None:
    sell(24, FIRST)
    assert (pursuit.pursue_all(), len(events(UploadState.PENDING))) == (0, 1)


def test_only_ones_own_refused_records_are_sent_again(ours: Any, storekeeper: Actor, doctor: Actor) -> None:
    with pytest.raises(NotFound):
        services.send_again(record_id=1, by=storekeeper)
    with pytest.raises(PermissionDenied):
        services.send_again(record_id=1, by=doctor)


def test_the_pages_show_what_was_refused(
    connected: None, insurer: Insurer, sell: Any, receive: Any, sign_in: Any
) -> None:
    insurer.books.packs[FIRST] = {"whole": True, "parts": "0"}
    sell(24, FIRST)
    receive(1)
    insurer.books.catalogue.clear()
    with _later(hours=2):
        pursuit.pursue_all()
    client = sign_in("storekeeper")
    page = client.get("/dispensing/records?list=refused").text
    assert "医保目录编码不存在" in page
    assert "send-again" in page
    assert "send-again" in client.get("/dispensing/trace?list=refused").text
    assert client.get("/dispensing/records?list=pending").status_code == 200


def test_a_sale_before_payment_is_told_of_the_next_day_by_who_paid_then(
    administrator: Actor, ours: Any, prescribe: Any, prepare: Any, other_pharmacist: Actor
) -> None:
    change_settings(settings={"pays_at_end": True}, by=administrator)
    signed = prescribe((AMOXICILLIN, 24))
    prepare(signed)
    act = {"prescription_id": signed.prescription_id, "by": other_pharmacist}
    services.scan_code(code=FIRST, item_id=signed.lines[0].item_id, **act)
    services.dispense_prescription(**act)

    def due() -> list[str]:
        with tenant_unit(ours["tenant_id"]):
            return [one.content["mdtrt_setl_type"] for one in queries.due_records() if one.infno == "3505"]

    assert due() == []
    with tenant_unit(ours["tenant_id"], mode=Mode.WRITE):
        services.take_up_paid(prescription_ids=[signed.prescription_id], is_insured=True)
        db.session.commit()
    assert due() == []
    with clock.at(clock.now() + timedelta(days=1)):
        assert due() == ["1"]
