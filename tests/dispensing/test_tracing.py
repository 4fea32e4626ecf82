"""Traceability codes: one code is sold once, an opened pack holds no more than it held (handbook D5, G15)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from support.racing import at_once

from app.actor import Actor
from app.db import Mode, db, tenant_unit
from app.db.statements import count_statements
from app.errors import NotFound
from app.use_cases import command
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.charging.services import RefundLineInput
from modules.dispensing import queries, services
from modules.dispensing.errors import (
    CodeDoubled,
    CodeIsCarton,
    CodeKnown,
    CodeOfOtherBatch,
    CodeOfOtherDrug,
    CodeScannedAlready,
    CodesMissing,
    CodeSold,
    CodeUnreadable,
    PackExceeded,
    PrefixUnknown,
    ReturnCodesMissing,
    ReturnCodeStranger,
    TooManyCodes,
    WrongStep,
)
from modules.dispensing.models import (
    Code,
    CodeEvent,
    CodeEventKind,
    CodeUse,
    NoCodeReason,
    UploadState,
)
from modules.dispensing.rules.tracing import SoldPack, codes_in, give_back, pack_fault, read_code
from modules.dispensing.services import ReturnLineInput
from tenants.services import change_settings

AMOXICILLIN, OTHER, THIRD = "D0001", "D0160", "D0161"
FIRST, SECOND = "81000010000000010001", "81000010000000010002"
D = Decimal


@pytest.fixture
def ready(prescribe: Any, pay: Any, prepare: Any) -> Callable[..., Any]:
    """A prescription that lies prepared."""

    def make(*drugs: tuple[str, Any]) -> Any:
        signed = prescribe(*drugs)
        pay(signed)
        prepare(signed)
        return signed

    return make


@pytest.fixture
def scan(other_pharmacist: Actor) -> Callable[..., CodeUse]:
    """Scan a pack for the first line of a prescription, as the window does."""

    def take(signed: Any, code: str, line: int = 0, **given: Any) -> CodeUse:
        return services.scanning(
            lambda: services.scan_code(
                prescription_id=signed.prescription_id,
                code=code,
                item_id=signed.lines[line].item_id,
                by=other_pharmacist,
                **given,
            ),
            prescription_id=signed.prescription_id,
            by=other_pharmacist,
        )

    return take


@pytest.fixture
def hand_out(other_pharmacist: Actor) -> Callable[[Any], Any]:
    """Hand a prepared prescription out."""
    return lambda signed: services.dispense_prescription(
        prescription_id=signed.prescription_id, by=other_pharmacist
    )


@pytest.fixture
def bring_back(pharmacist: Actor) -> Callable[..., Any]:
    """Take some of the first line back."""

    def take(signed: Any, quantity: Any, codes: str = "") -> Any:
        return services.return_drugs(
            prescription_id=signed.prescription_id,
            lines=[ReturnLineInput(item_id=signed.lines[0].item_id, quantity=D(quantity))],
            reason="患者要求",
            is_intact=True,
            codes=codes,
            by=pharmacist,
        )

    return take


@pytest.fixture
def life(ours: dict[str, Any]) -> Callable[[str], Any]:
    """Everything known of a code."""

    def look(code: str) -> Any:
        with tenant_unit(ours["tenant_id"]):
            return queries.life_of(code)

    return look


def test_g15_a_full_box_is_sold_once_and_the_second_sale_is_an_alarm(
    ready: Any, scan: Any, hand_out: Any, life: Any, ours: Any, books_hold: Any
) -> None:
    signed = ready((AMOXICILLIN, 24))
    use = scan(signed, FIRST)
    assert (use.quantity, use.is_split) == (D(24), False)
    hand_out(signed)
    assert life(FIRST).pack.used == D(24)
    again = ready((AMOXICILLIN, 24))
    with pytest.raises(CodeSold):
        scan(again, FIRST)
    with tenant_unit(ours["tenant_id"]):
        (alarm,) = queries.list_alarms().rows
    assert (alarm.code, alarm.kind) == (FIRST, CodeEventKind.SECOND_SALE)
    assert alarm.prescription_number == again.number
    assert [row.kind for row in life(FIRST).events] == [CodeEventKind.SECOND_SALE, CodeEventKind.SOLD]
    assert books_hold()


def test_g15_an_opened_box_serves_ten_and_ten_and_then_not_six_until_ten_come_back(
    ready: Any, scan: Any, hand_out: Any, bring_back: Any, life: Any, books_hold: Any
) -> None:
    for _ in range(2):
        signed = ready((AMOXICILLIN, 10))
        assert scan(signed, SECOND).is_split
        hand_out(signed)
    assert life(SECOND).pack.used == D(20)
    third = ready((AMOXICILLIN, 6))
    with pytest.raises(PackExceeded) as refusal:
        scan(third, SECOND)
    assert refusal.value.details == {"code": SECOND, "left": "4", "wanted": "6"}
    bring_back(signed, 10, SECOND)
    assert life(SECOND).pack.used == D(10)
    assert scan(third, SECOND).quantity == D(6)
    hand_out(third)
    assert life(SECOND).pack.used == D(16)
    kinds = [row.kind.value for row in life(SECOND).events]
    assert kinds == ["sold", "returned", "over_split", "sold", "sold"]
    assert books_hold()


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("used", "quantity", "fault"),
    [(0, 24, None), (24, 1, "sold"), (20, 6, "over_split"), (20, 4, None), (0, 25, "over_split")],
)
def test_g15_what_a_pack_of_24_may_still_serve(used: int, quantity: int, fault: str | None) -> None:
    assert pack_fault(used=D(used), pack_factor=D(24), quantity=D(quantity)) == fault


@pytest.mark.one_engine
def test_codes_are_20_digits_or_gs1_strings() -> None:
    read = read_code(f" {FIRST} ")
    assert read is not None
    assert (read.code, read.prefix) == (FIRST, "8100001")
    marked = read_code("(01)06901234567892(21)ABC-1")
    assert marked is not None
    assert (marked.code, marked.prefix) == ("010690123456789221ABC-1", "06901234567892")
    assert [read_code(text) for text in ("", "123", FIRST + "1", "ABC")] == [None] * 4
    assert codes_in("a, b\n c；d") == ["a", "b", "c", "d"]


@pytest.mark.one_engine
def test_a_return_goes_to_the_scanned_packs_then_to_what_had_no_code() -> None:
    packs = [SoldPack(1, "A", D(24)), SoldPack(2, "B", D(10)), SoldPack(3, "", D(5))]
    assert give_back(packs, D(12), ["B"]) == ([(2, D(10)), (3, D(2))], D(0))
    assert give_back(packs, D(30), ["A"]) == ([(1, D(24)), (3, D(5))], D(1))
    assert give_back(packs, D(3), []) == ([(3, D(3))], D(0))


def test_two_windows_scan_the_same_box_at_once_and_one_gets_it(
    app: Flask, ready: Any, scan: Any, hand_out: Any, life: Any
) -> None:
    known = ready((AMOXICILLIN, 24))
    scan(known, SECOND)
    hand_out(known)
    first, second = ready((AMOXICILLIN, 24)), ready((AMOXICILLIN, 24))
    outcomes = at_once(app, lambda: scan(first, FIRST), lambda: scan(second, FIRST))
    assert sum(isinstance(found, CodeUse) for found in outcomes) == 1, outcomes
    assert sum(isinstance(found, CodeSold) for found in outcomes) == 1, outcomes
    assert life(FIRST).pack.used == D(24)


def test_two_windows_take_one_scan_off_and_the_pack_is_given_back_once(
    app: Flask, ready: Any, scan: Any, life: Any, ours: Any, other_pharmacist: Actor, books_hold: Any
) -> None:
    first, second = ready((AMOXICILLIN, 10)), ready((AMOXICILLIN, 10))
    scan(first, SECOND)
    scan(second, SECOND)
    (use,) = _uses(ours, first)

    def take_off() -> Any:
        return services.remove_scan(prescription_id=first.prescription_id, use_id=use.id, by=other_pharmacist)

    outcomes = at_once(app, take_off, take_off)
    assert sum(isinstance(found, NotFound) for found in outcomes) == 1, outcomes
    assert life(SECOND).pack.used == D(10)
    assert books_hold()


def test_one_window_hands_out_while_another_takes_the_scan_off(
    app: Flask, ready: Any, scan: Any, hand_out: Any, life: Any, ours: Any, other_pharmacist: Actor
) -> None:
    signed = ready((AMOXICILLIN, 24))
    scan(signed, FIRST)
    (use,) = _uses(ours, signed)
    removed, given = at_once(
        app,
        lambda: services.remove_scan(
            prescription_id=signed.prescription_id, use_id=use.id, by=other_pharmacist
        ),
        lambda: hand_out(signed),
    )
    assert not isinstance(given, Exception), given
    was_first = not isinstance(removed, Exception)
    assert was_first or isinstance(removed, WrongStep), removed
    assert life(FIRST).pack.used == (D(0) if was_first else D(24))


def test_a_scan_of_another_prescription_is_not_here_whatever_the_step(
    ready: Any, scan: Any, hand_out: Any, ours: Any, other_pharmacist: Actor
) -> None:
    given, other = ready((AMOXICILLIN, 24)), ready((AMOXICILLIN, 10))
    scan(given, FIRST)
    hand_out(given)
    scan(other, SECOND)
    (use,) = _uses(ours, other)
    with pytest.raises(NotFound):
        services.remove_scan(prescription_id=given.prescription_id, use_id=use.id, by=other_pharmacist)


def test_a_pack_that_went_out_with_a_part_stays_sold_when_its_scan_is_taken_off(
    ready: Any, scan: Any, life: Any, ours: Any, other_pharmacist: Actor, books_hold: Any
) -> None:
    signed = ready((AMOXICILLIN, 34))
    scan(signed, FIRST, quantity=D(24))
    (use,) = _uses(ours, signed)
    services.dispense_prescription(
        prescription_id=signed.prescription_id,
        owed=[services.OwedLineInput(item_id=signed.lines[0].item_id, quantity=D(10))],
        by=other_pharmacist,
    )
    with pytest.raises(NotFound):
        services.remove_scan(prescription_id=signed.prescription_id, use_id=use.id, by=other_pharmacist)
    assert life(FIRST).pack.used == D(24)
    assert books_hold()


def test_the_database_refuses_more_than_the_pack_holds(ready: Any, scan: Any, ours: Any) -> None:
    scan(ready((AMOXICILLIN, 24)), FIRST)
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        pack = db.session.scalars(select(Code)).one()
        pack.used = D(25)
        with pytest.raises(IntegrityError):
            db.session.flush()
        db.session.rollback()


def test_a_pack_of_another_drug_or_batch_is_refused_with_an_alarm(
    ready: Any, scan: Any, make_stock: Any, ours: Any, other_pharmacist: Actor, hand_out: Any
) -> None:
    first = ready((AMOXICILLIN, 24))
    with pytest.raises(PrefixUnknown):
        services.scan_code(prescription_id=first.prescription_id, code=FIRST, by=other_pharmacist)
    scan(first, FIRST)
    with pytest.raises(CodeScannedAlready):
        scan(first, FIRST)
    make_stock(OTHER, 54, batch_no="SOON", days=60)
    make_stock(OTHER, 108, batch_no="LATE", days=400)
    soon = ready((OTHER, 54))
    with pytest.raises(CodeOfOtherDrug):
        scan(soon, SECOND)
    scan(soon, "82000020000000010001")
    late = ready((OTHER, 54))
    with tenant_unit(ours["tenant_id"]):
        document = queries.life_of("82000020000000010001").pack.document_id
    assert document is None
    services.remove_scan(
        prescription_id=soon.prescription_id, use_id=_uses(ours, soon)[0].id, by=other_pharmacist
    )
    with pytest.raises(CodeOfOtherBatch):
        scan(late, "82000020000000010001")
    with tenant_unit(ours["tenant_id"]):
        kinds = {row.kind for row in queries.list_alarms().rows}
    assert kinds == {CodeEventKind.WRONG_DRUG, CodeEventKind.WRONG_BATCH}


def test_where_codes_are_wanted_nothing_goes_out_without_one_or_a_reason(
    ready: Any, scan: Any, hand_out: Any, administrator: Actor, other_pharmacist: Actor, ours: Any
) -> None:
    change_settings(settings={"trace_codes": True}, by=administrator)
    signed = ready((AMOXICILLIN, 30))
    with pytest.raises(CodesMissing) as refusal:
        hand_out(signed)
    assert refusal.value.details["missing"] == "30 粒"
    scan(signed, FIRST)
    with pytest.raises(CodesMissing):
        hand_out(signed)
    passed = services.pass_without_code(
        prescription_id=signed.prescription_id,
        item_id=signed.lines[0].item_id,
        reason=NoCodeReason.OLD_STOCK,
        by=other_pharmacist,
    )
    assert passed.quantity == D(6)
    hand_out(signed)
    assert [use.document_id is not None for use in _uses(ours, signed)] == [True, True]


def test_herbs_go_out_without_a_code_where_codes_are_wanted(
    prescribe: Any, pay: Any, dispense: Any, administrator: Actor
) -> None:
    change_settings(settings={"trace_codes": True}, by=administrator)
    signed = prescribe(("D0169", 105), kind="herbal", doses=7)
    pay(signed)
    assert dispense(signed).dispensed_at is not None


def test_a_refund_before_the_hand_out_lets_the_scanned_pack_go(
    prescribe: Any, pay: Any, scan: Any, cashier: Actor, ours: Any, life: Any, books_hold: Any
) -> None:
    signed = prescribe((AMOXICILLIN, 24))
    receipt = pay(signed)
    scan(signed, FIRST)
    with tenant_unit(ours["tenant_id"]):
        charge = charging_queries.settled_lines(receipt)[0][1]
    charging.refund_lines(
        settlement_id=receipt,
        lines=[RefundLineInput(charge_id=charge.id, quantity=D(24))],
        reason="患者要求",
        by=cashier,
    )
    assert life(FIRST).pack.used == 0
    assert books_hold()


def test_only_the_pack_that_was_sold_comes_back(
    ready: Any, scan: Any, hand_out: Any, bring_back: Any, life: Any
) -> None:
    signed = ready((AMOXICILLIN, 48))
    scan(signed, FIRST)
    scan(signed, SECOND)
    hand_out(signed)
    with pytest.raises(ReturnCodesMissing) as refusal:
        bring_back(signed, 24)
    assert FIRST in refusal.value.details["codes"]
    with pytest.raises(ReturnCodeStranger):
        bring_back(signed, 24, "81000010000000010003")
    bring_back(signed, 24, SECOND)
    assert (life(FIRST).pack.used, life(SECOND).pack.used) == (D(24), D(0))


def test_records_for_the_insurer_wait_with_their_content(
    ready: Any, scan: Any, hand_out: Any, bring_back: Any, ours: Any
) -> None:
    signed = ready((AMOXICILLIN, 34))
    scan(signed, FIRST)
    scan(signed, SECOND)
    hand_out(signed)
    bring_back(signed, 10, SECOND)
    with tenant_unit(ours["tenant_id"]):
        rows = list(db.session.scalars(select(CodeEvent).order_by(CodeEvent.id)))
        waiting = queries.list_uploads(UploadState.PENDING).rows
    assert {row.id for row in waiting} == {row.id for row in rows}
    told = [
        (row.kind, row.content["trdn_flag"], row.content["sel_retn_cnt"], row.content["mdtrt_setl_type"])
        for row in rows
    ]
    assert told == [
        (CodeEventKind.SOLD, "0", "24", "2"),
        (CodeEventKind.SOLD, "1", "10", "2"),
        (CodeEventKind.RETURNED, "1", "10", "2"),
    ]
    assert rows[0].content["drugtracinfo"] == [{"drug_trac_codg": FIRST}]
    assert rows[0].content["manu_lotnum"] == "W28"


def test_codes_are_collected_at_a_receipt(
    make_stock: Any, storekeeper: Actor, ready: Any, scan: Any, life: Any, ours: Any
) -> None:
    document = make_stock(OTHER, 108)
    with tenant_unit(ours["tenant_id"]):
        batch = queries.moves_of(document.id)[0][1]
    given = {"document_id": document.id, "batch_id": batch.id, "by": storekeeper}
    one, two, three = (f"8300003000000001000{n}" for n in (1, 2, 3))
    with pytest.raises(CodeUnreadable):
        services.collect_codes(codes=f"{one} 123", **given)
    with pytest.raises(CodeDoubled):
        services.collect_codes(codes=f"{one} {one}", **given)
    with pytest.raises(TooManyCodes):
        services.collect_codes(codes=f"{one} {two} {three}", **given)
    services.collect_codes(codes=f"{one}\n{two}", carton="99000039999999990001", **given)
    assert [pack.code for pack in life("99000039999999990001").packs] == [one, two]
    found = life(one)
    assert (found.batch.batch_no, found.receipt.number) == ("A1", document.number)
    assert [row.kind for row in found.events] == [CodeEventKind.RECEIVED]
    other = make_stock(OTHER, 54, batch_no="B1")
    with tenant_unit(ours["tenant_id"]):
        later = queries.moves_of(other.id)[0][1]
    with pytest.raises(CodeKnown):
        services.collect_codes(document_id=other.id, batch_id=later.id, codes=one, by=storekeeper)
    signed = ready((OTHER, 54))
    with pytest.raises(CodeIsCarton):
        scan(signed, "99000039999999990001")
    assert scan(signed, one).quantity == D(54)


def test_an_opened_pack_that_came_in_has_a_code_too(make_stock: Any, storekeeper: Actor, ours: Any) -> None:
    document = make_stock(OTHER, 60)
    with tenant_unit(ours["tenant_id"]):
        batch = queries.moves_of(document.id)[0][1]
    one, two, three = (f"8300003000000001000{n}" for n in (1, 2, 3))
    given = {"document_id": document.id, "batch_id": batch.id, "by": storekeeper}
    services.collect_codes(codes=f"{one} {two}", **given)
    with pytest.raises(TooManyCodes):
        services.collect_codes(codes=three, **given)


def test_dispensing_three_scanned_lines_takes_at_most_20_statements(
    ready: Any, scan: Any, hand_out: Any, make_stock: Any
) -> None:
    make_stock(OTHER, 540)
    make_stock(THIRD, 600)
    drugs = ((AMOXICILLIN, 24), (OTHER, 54), (THIRD, 60))
    for round_no in range(2):
        signed = ready(*drugs)
        for line, digit in enumerate("123"):
            scan(signed, f"8{digit}0000100000000{round_no}0001", line)
        with count_statements() as counted, command(f"counted-{round_no}"):
            hand_out(signed)
    assert counted.count <= 20, counted.statements


def test_the_window_refuses_on_the_field_and_the_trace_page_shows_the_life(
    ready: Any, sign_in: Any, ours: Any
) -> None:
    signed = ready((AMOXICILLIN, 24))
    desk = sign_in("other_pharmacist")
    url = f"/dispensing/window/{signed.prescription_id}"
    refused = desk.post(f"{url}/scan", data={"code": "123"})
    assert refused.status_code == 422
    assert 'id="f-code-error"' in refused.text
    assert desk.post(f"{url}/scan", data={"code": FIRST}).status_code == 422
    line = str(signed.lines[0].item_id)
    assert desk.post(f"{url}/scan", data={"code": FIRST, "item_id": line}).status_code == 303
    with count_statements() as counted:
        page = desk.get(url).text
    assert counted.count <= 12, counted.statements
    assert FIRST in page
    assert desk.post(f"{url}/dispense").status_code == 303
    again = ready((AMOXICILLIN, 24))
    alarm = desk.post(f"/dispensing/window/{again.prescription_id}/scan", data={"code": FIRST})
    assert alarm.status_code == 422
    for query in ({"q": FIRST}, {}, {"list": "pending"}, {"list": "sent"}):
        with count_statements() as counted:
            answer = desk.get("/dispensing/trace", query_string=query)
        assert answer.status_code == 200
        assert counted.count <= 12, counted.statements
    assert signed.number in desk.get("/dispensing/trace", query_string={"q": FIRST}).text


def test_the_storekeeper_collects_codes_on_the_receipts_page(
    make_stock: Any, sign_in: Any, ours: Any
) -> None:
    document = make_stock(OTHER, 54)
    desk, url = sign_in("storekeeper"), f"/dispensing/stock/documents/{document.id}"
    with tenant_unit(ours["tenant_id"]):
        batch = queries.moves_of(document.id)[0][1]
    refused = desk.post(f"{url}/codes", data={"batch_id": str(batch.id), "codes": "1"})
    assert refused.status_code == 422
    code = "83000030000000010001"
    assert desk.post(f"{url}/codes", data={"batch_id": str(batch.id), "codes": code}).status_code == 303
    assert code in desk.get("/dispensing/trace", query_string={"q": code}).text


def _uses(ours: dict[str, Any], signed: Any) -> list[CodeUse]:
    with tenant_unit(ours["tenant_id"]):
        return [one.use for one in queries.picked(signed.prescription_id)]
