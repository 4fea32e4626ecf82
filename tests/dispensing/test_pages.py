"""Pages of pharmacy and storeroom."""

import re
from decimal import Decimal
from typing import Any

import pytest

from app.actor import Actor
from app.db import tenant_unit
from app.db.statements import count_statements
from modules.dispensing import queries
from modules.dispensing.models import TaskStatus
from modules.dispensing.rules.review import ReviewCheck
from tenants.services import change_settings

D = Decimal
DRUG = "D0160"


def _status(ours: Any, signed: Any) -> TaskStatus:
    with tenant_unit(ours["tenant_id"]):
        return queries.get_task(signed.prescription_id).status


def test_a_scanned_slip_opens_and_f8_hands_it_out_where_one_pharmacist_works(
    prescribe: Any, make_stock: Any, pay: Any, sign_in: Any, administrator: Actor, ours: Any
) -> None:
    change_settings(settings={"single_pharmacist": True}, by=administrator)
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    desk = sign_in("pharmacist")
    answer = desk.get("/dispensing/window", query_string={"q": signed.number})
    assert (answer.status_code, answer.location) == (303, f"/dispensing/window/{signed.prescription_id}")
    with count_statements() as counted:
        page = desk.get(answer.location).text
    assert counted.count <= 12, counted.statements
    form = re.search(r'id="act" method="post" action="([^"]*)"', page)
    assert form
    assert form[1].endswith("/dispense")
    assert desk.post(form[1]).status_code == 303
    assert _status(ours, signed) == TaskStatus.DISPENSED


def test_two_pharmacists_review_prepare_and_hand_out_on_the_page(
    prescribe: Any, make_stock: Any, pay: Any, sign_in: Any, ours: Any
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    first, second = sign_in("pharmacist"), sign_in("other_pharmacist")
    url = f"/dispensing/window/{signed.prescription_id}"
    assert first.post(f"{url}/review", data={"checks": ["name"]}).status_code == 422
    assert first.post(f"{url}/review", data={"checks": list(ReviewCheck)}).status_code == 303
    assert first.post(f"{url}/prepare").status_code == 303
    assert first.post(f"{url}/dispense").status_code == 422
    assert second.post(f"{url}/dispense").status_code == 303
    assert _status(ours, signed) == TaskStatus.DISPENSED
    line = signed.lines[0].item_id
    typed = {"lines-0-item_id": str(line), "lines-0-quantity": "10", "reason": "皮疹", "is_intact": "1"}
    assert first.post(f"{url}/return", data=typed).status_code == 303
    assert _status(ours, signed) == TaskStatus.PARTLY_RETURNED
    refused = first.post(f"{url}/return", data={**typed, "lines-0-quantity": "31"})
    assert refused.status_code == 422


@pytest.mark.parametrize("role", ["storekeeper", "administrator"])
def test_the_storerooms_lists_answer_in_few_statements(
    make_stock: Any, sign_in: Any, ours: Any, role: str
) -> None:
    make_stock(DRUG, 100, days=60)
    desk, here = sign_in(role), ours["locations"]["pharmacy"]
    for url in ("stock", "stock?q=sj", "stock/near-expiry", "stock/documents"):
        with count_statements() as counted:
            answer = desk.get(f"/dispensing/{url}{'&' if '?' in url else '?'}location={here}")
        assert answer.status_code == 200
        assert counted.count <= 12, (url, counted.statements)


def test_balances_are_paged_by_key(sign_in: Any, ours: Any) -> None:
    desk, seen = sign_in("storekeeper"), set()
    url = f"/dispensing/stock?location={ours['locations']['pharmacy']}"
    for _ in range(3):
        page = desk.get(url).text
        codes = set(re.findall(r">(D\d{4})<", page))
        assert codes
        assert not codes & seen
        seen |= codes
        following = re.search(r'href="([^"]*before=\d+)"', page)
        assert following
        url = following[1].replace("&amp;", "&")


def test_a_receipt_is_posted_from_the_grid_and_a_wrong_line_keeps_what_was_typed(
    sign_in: Any, ours: Any, drug_id: Any, stock_of: Any
) -> None:
    desk = sign_in("storekeeper")
    typed = {
        "location_id": str(ours["locations"]["storeroom"]),
        "supplier": "城东医药",
        "lines-0-drug_id": str(drug_id(DRUG)),
        "lines-0-batch_no": "B77",
        "lines-0-expires_on": "2026-11-01",
        "lines-0-packs": "3",
        "lines-0-pack_cost": "10.80",
    }
    refused = desk.post("/dispensing/stock/receipts", data=typed)
    assert refused.status_code == 422
    assert 'value="B77"' in refused.text
    answer = desk.post(
        "/dispensing/stock/receipts",
        data={**typed, "lines-0-expires_on": "2028-01-31"},
        follow_redirects=True,
    )
    assert "B77" in answer.text
    assert stock_of(DRUG, "storeroom") == {"B77": (D(162), D(0))}


def test_a_transfer_is_posted_and_the_card_shows_it(
    sign_in: Any, make_stock: Any, ours: Any, drug_id: Any, stock_of: Any
) -> None:
    make_stock(DRUG, 100, location="storeroom")
    desk, places = sign_in("storekeeper"), ours["locations"]
    typed = {
        "location_id": str(places["storeroom"]),
        "to_location_id": str(places["pharmacy"]),
        "lines-0-drug_id": str(drug_id(DRUG)),
        "lines-0-loose": "30",
    }
    answer = desk.post("/dispensing/stock/transfers", data=typed)
    assert answer.status_code == 303
    assert stock_of(DRUG) == {"A1": (D(30), D(0))}
    card = desk.get(f"/dispensing/stock/card?location={places['storeroom']}&drug_id={drug_id(DRUG)}").text
    assert ">70<" in card


def test_entry_pages_open(sign_in: Any) -> None:
    desk = sign_in("storekeeper")
    for kind in ("receipts", "openings", "transfers"):
        assert desk.get(f"/dispensing/stock/{kind}/new").status_code == 200


def test_the_doctors_typeahead_shows_price_and_stock_and_blocks_what_is_missing(
    sign_in: Any, make_stock: Any
) -> None:
    desk = sign_in("doctor")
    desk.get("/lookup/prescribable-drugs?q=am")
    with count_statements() as counted:
        rows = desk.get("/lookup/prescribable-drugs", query_string={"q": "阿莫西林胶囊"}).json["rows"]
    assert rows[0]["extra"]["available"] == "24000"
    assert rows[0]["columns"][-2:] == ["¥ 9.60/盒", "24000 粒"]
    assert rows[0]["blocked"] == ""
    missing = desk.get("/lookup/prescribable-drugs", query_string={"q": "三金片"}).json["rows"][0]
    assert (missing["mark"], bool(missing["blocked"])) == ("缺", True)
    assert counted.count <= 4, counted.statements


def test_the_other_centres_pharmacy_shows_nothing_of_ours(
    prescribe: Any, make_stock: Any, sign_in: Any
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 1))
    assert sign_in("pharmacist", "c2").get(f"/dispensing/window/{signed.prescription_id}").status_code == 404


def test_a_sheet_that_fails_the_review_goes_back_to_its_doctor_with_the_reason(
    prescribe: Any, make_stock: Any, pay: Any, sign_in: Any, ours: Any
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    desk = sign_in("pharmacist")
    address = f"/dispensing/window/{signed.prescription_id}"
    assert desk.post(f"{address}/send-back", data={"reason": ""}).status_code == 422
    answer = desk.post(f"{address}/send-back", data={"reason": "剂量与诊断不符"})
    assert answer.status_code == 303
    assert "剂量与诊断不符" in desk.get(address).text
    assert desk.post(f"{address}/dispense", data={}).status_code == 422


def test_where_the_review_comes_first_unpaid_slips_wait_at_the_window(
    prescribe: Any, make_stock: Any, pay: Any, sign_in: Any, administrator: Actor, ours: Any
) -> None:
    change_settings(settings={"prescription_review": "before_payment"}, by=administrator)
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    desk, url = sign_in("pharmacist"), f"/dispensing/window/{signed.prescription_id}"
    assert signed.number in desk.get("/dispensing/window").text
    assert signed.number in desk.get("/home").text
    assert f'action="{url}/review"' in desk.get(url).text
    assert desk.post(f"{url}/review", data={"checks": list(ReviewCheck)}).status_code == 303
    assert f'action="{url}/review"' not in desk.get(url).text
    pay(signed)
    assert _status(ours, signed) == TaskStatus.REVIEWED
