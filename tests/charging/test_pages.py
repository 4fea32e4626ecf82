"""Pages of the cashier."""

import re
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from app.db.statements import count_statements
from modules.charging import services


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def _paper(answer: Any) -> str:
    assert answer.mimetype == "application/pdf"
    return "".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)


def test_a_scanned_visit_number_opens_its_bill(make_bill: Any, sign_in: Any) -> None:
    bill = make_bill()
    answer = sign_in("cashier").get("/charging/desk", query_string={"q": bill.visit_number})
    assert (answer.status_code, answer.location) == (303, f"/charging/desk/{bill.id}")


def test_an_exact_bill_is_settled_from_the_page_as_it_stands(
    make_bill: Any, prescribe: Any, sign_in: Any
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 42))
    desk = sign_in("cashier")
    with count_statements() as counted:
        page = desk.get(f"/charging/desk/{bill.id}")
    assert counted.count <= 12, counted.statements
    typed = {
        "command_id": "page-1",
        "expected_amount": _hidden(page.text, "expected_amount"),
        "tenders-0-method": "cash",
        "tenders-0-amount": "50.00",
        "tenders-1-method": "",
        "tenders-1-amount": "",
    }
    answer = desk.post(f"/charging/desk/{bill.id}/settle", data=typed, follow_redirects=True)
    assert "S26112000001" in answer.text
    assert "23.20" in answer.text  # the change


def test_a_refused_payment_keeps_what_was_typed(make_bill: Any, sign_in: Any) -> None:
    bill = make_bill()
    typed = {"expected_amount": "10.00", "tenders-0-method": "wechat", "tenders-0-amount": "12.00"}
    answer = sign_in("cashier").post(f"/charging/desk/{bill.id}/settle", data=typed)
    assert answer.status_code == 422
    assert 'value="12.00"' in answer.text
    assert "现金" in answer.text


def test_a_refund_from_the_page_leaves_out_lines_without_a_quantity(
    make_bill: Any, prescribe: Any, settle: Any, view: Any, sign_in: Any
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 42))
    receipt = settle(bill)
    fee, drug = view(bill).charges
    typed = {
        "lines-0-charge_id": str(fee.id),
        "lines-0-quantity": "",
        "lines-1-charge_id": str(drug.id),
        "lines-1-quantity": "12",
        "reason": "患者要求",
    }
    desk = sign_in("cashier")
    answer = desk.post(f"/charging/desk/{bill.id}/settlements/{receipt.id}/refund", data=typed)
    assert answer.status_code == 303
    assert view(bill).paid_amount == 22
    again = desk.post(f"/charging/desk/{bill.id}/settlements/{receipt.id}/refund", data=typed)
    assert again.status_code == 422


def test_a_receipt_names_fee_classes_and_its_copies_say_so(
    make_bill: Any, prescribe: Any, settle: Any, sign_in: Any
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 42))
    receipt = settle(bill)
    desk = sign_in("cashier")
    papers = [
        _paper(desk.post(f"/charging/settlements/{receipt.id}/receipt-prints", follow_redirects=True))
        for _ in range(2)
    ]
    assert "西药费" in papers[0]
    assert "26.80" in papers[0]
    assert "补打" not in papers[0]
    assert "补打 1" in papers[1]


def test_a_shift_is_closed_on_its_page_and_has_a_sheet(make_bill: Any, settle: Any, sign_in: Any) -> None:
    settle(make_bill())
    desk = sign_in("cashier")
    assert "10.00" in desk.get("/charging/shift").text
    refused = desk.post("/charging/shift/close", data={"counted_cash": "9.00"})
    assert refused.status_code == 422
    page = desk.post("/charging/shift/close", data={"counted_cash": "10.00"}, follow_redirects=True).text
    sheet = re.search(r"/charging/shifts/\d+/sheet", page)
    assert sheet
    assert "S26112000001" in _paper(desk.get(sheet[0]))
    assert sign_in("registrar").get(sheet[0]).status_code == 404


def test_a_price_is_set_on_its_page_by_the_administrator_only(find_price: Any, sign_in: Any) -> None:
    url = f"/charging/prices/drug/{find_price('D0001').item_id}"
    assert "9.60" in sign_in("cashier").get(url).text
    assert sign_in("cashier").post(url, data={"amount": "9.90"}).status_code == 403
    office = sign_in("administrator")
    assert office.post(url, data={"amount": "-1"}).status_code == 422
    assert office.post(url, data={"amount": "9.90"}, follow_redirects=True).text.count("9.90") >= 1


@pytest.mark.parametrize("role", ["cashier", "administrator"])
def test_lists_answer_in_few_statements(make_bill: Any, sign_in: Any, role: str) -> None:
    for _ in range(12):
        make_bill()
    desk = sign_in(role)
    for url in ("/charging/desk", "/charging/desk?q=张", "/charging/prices", "/charging/prices?q=am"):
        with count_statements() as counted:
            assert desk.get(url).status_code == 200
        assert counted.count <= 12, (url, counted.statements)


def test_the_cashiers_typeahead_shows_prices(prices: None, sign_in: Any) -> None:
    rows = sign_in("cashier").get("/lookup/charge-items", query_string={"q": "诊察"}).json["rows"]
    assert rows
    assert "5.00" in rows[0]["columns"][1]


def test_another_centres_bill_is_not_found(make_bill: Any, sign_in: Any) -> None:
    bill = make_bill()
    assert sign_in("cashier", "c2").get(f"/charging/desk/{bill.id}").status_code == 404


@pytest.mark.parametrize(("role", "status"), [("cashier", 200), ("auditor", 200), ("storekeeper", 403)])
def test_a_program_reads_bills_with_the_right_to_see_bills(
    make_bill: Any, sign_in: Any, role: str, status: int
) -> None:
    path = f"/api/v1/bills/of-visit/{make_bill().visit_id}"
    assert sign_in(role).get(path).status_code == status


def test_printing_counts_nothing_for_who_may_not(make_bill: Any, settle: Any, sign_in: Any) -> None:
    receipt = settle(make_bill())
    assert sign_in("doctor").post(f"/charging/settlements/{receipt.id}/receipt-prints").status_code == 403
    assert services.print_receipt.use_case.permission == "charging.receipt.print"
