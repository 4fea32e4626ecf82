"""Pages of invoices: the books, the cashier's own, the electronic ones, and what charging shows of them."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from support.einvoice import ADDRESS, PlayedPlatform

from app import clock
from app.actor import Actor
from app.db.statements import count_statements
from modules.charging import services as money
from modules.charging.models import Settlement
from modules.charging.simulators.einvoice import KEY
from modules.invoices import queries, services
from modules.invoices.models import Book, Paper
from modules.invoices.rules.states import PaperState, SendingState

Settle = Callable[..., Settlement]


def _paper(answer: Any) -> str:
    assert answer.mimetype == "application/pdf"
    return "".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)


def test_the_accountant_registers_a_book_hands_it_out_takes_it_back_and_voids_it(
    sign_in: Any, look: Callable[..., Any], cashier: Actor, make_book: Callable[..., Book]
) -> None:
    desk = sign_in("accountant")
    typed = {"code": "99010126", "prefix": "A", "first_no": "1", "last_no": "50", "digits": "6"}
    made = desk.post("/invoices/books", data=typed)
    assert made.status_code == 303
    assert "A000001" in desk.get("/invoices/books").text
    again = desk.post("/invoices/books", data=typed)
    assert (again.status_code, "A000001 – A000050" in again.text) == (422, True)
    page = desk.get(made.location)
    assert cashier.name in page.text
    assert (
        desk.post(f"{made.location}/handing-out", data={"account_id": str(cashier.account_id)}).status_code
        == 303
    )
    assert desk.post(f"{made.location}/taking-back", data={"reason": ""}).status_code == 422
    assert desk.post(f"{made.location}/taking-back", data={"reason": "轮岗"}).status_code == 303
    assert desk.post(f"{made.location}/voiding", data={"reason": "换版"}).status_code == 303
    with count_statements() as counted:
        page = desk.get(made.location)
    assert counted.count <= 12, counted.statements
    for word in ("退领", "轮岗", "换版", "作废"):
        assert word in page.text


def test_a_receipt_is_printed_from_the_bill_and_spoilt_from_my_own_page(
    sign_in: Any,
    make_book: Callable[..., Book],
    settle: Settle,
    paper_of: Callable[[int], Paper],
    look: Callable[..., Any],
    cashier: Actor,
) -> None:
    make_book(to=cashier)
    desk, settlement = sign_in("cashier"), settle()
    with count_statements() as counted:
        bill = desk.get(f"/charging/desk/{settlement.bill_id}")
    assert counted.count <= 12, counted.statements
    assert f"/invoices/settlements/{settlement.id}/papers" in bill.text
    printed = desk.post(f"/invoices/settlements/{settlement.id}/papers")
    sheet = _paper(desk.get(printed.location))
    assert "A000001" in sheet
    assert "补打" not in sheet
    paper = paper_of(settlement.id)
    assert paper.number in desk.get(f"/charging/desk/{settlement.bill_id}").text
    assert "补打" in _paper(desk.get(desk.post(f"/invoices/papers/{paper.id}/prints").location))
    refused = desk.post(f"/invoices/settlements/{settlement.id}/papers")
    assert (refused.status_code, "A000001" in refused.text) == (422, True)
    assert desk.post(f"/invoices/papers/{paper.id}/replacement", data={"reason": ""}).status_code == 422
    spoilt = desk.post(f"/invoices/papers/{paper.id}/replacement", data={"reason": "卡纸"})
    assert "A000002" in _paper(desk.get(spoilt.location))
    assert desk.post("/invoices/own-book/spoilt", data={"reason": "撕坏"}).status_code == 303
    second = paper_of(settlement.id)
    assert desk.post(f"/invoices/papers/{second.id}/voiding", data={"reason": "看错"}).status_code == 303
    with count_statements() as counted:
        page = desk.get("/invoices/own-book")
    assert counted.count <= 12, counted.statements
    for word in ("卡纸", "撕坏", "看错", "A000004"):
        assert word in page.text
    shift = desk.get("/charging/shift").text
    assert "A000001 – A000003" in shift


def test_a_shift_sheet_carries_ranges_and_voids(
    sign_in: Any, make_book: Callable[..., Book], settle: Settle, cashier: Actor
) -> None:
    make_book(to=cashier)
    settlement = settle()
    services.print_paper(settlement_id=settlement.id, by=cashier)
    services.spoil_next(reason="撕坏", by=cashier)
    shift = money.close_shift(counted_cash=settlement.amount, by=cashier)
    sheet = _paper(sign_in("cashier").get(f"/charging/shifts/{shift.id}/sheet"))
    assert "A000001 – A000002" in sheet
    assert "撕坏" in sheet


def test_an_electronic_invoice_is_listed_looked_at_and_tried_again(
    issuing: PlayedPlatform,
    sign_in: Any,
    settle: Settle,
    electronic: Callable[[int], Any],
    deliver: Callable[[], None],
) -> None:
    issuing.misbehave("refuse")
    refused, issued = settle(), settle()
    deliver()
    desk, row = sign_in("accountant"), electronic(refused.id)
    listed = desk.get("/invoices/electronic", query_string={"state": "refused"}).text
    assert row.business_no in listed
    assert electronic(issued.id).business_no not in listed
    assert row.business_no in desk.get("/home").text
    page = desk.get(f"/invoices/electronic/{row.id}").text
    assert row.fault in page
    assert desk.post(f"/invoices/electronic/{row.id}/try").status_code == 303
    assert electronic(refused.id).state is SendingState.ISSUED
    with count_statements() as counted:
        page = desk.get(f"/invoices/electronic/{row.id}").text
    assert counted.count <= 12, counted.statements
    found = electronic(refused.id)
    for shown in (found.code, found.number, found.check_code, "<svg"):
        assert shown in page
    assert desk.post(f"/invoices/electronic/{row.id}/try").status_code == 422


def test_the_receipt_carries_the_code_of_the_electronic_invoice(
    issuing: PlayedPlatform,
    sign_in: Any,
    settle: Settle,
    electronic: Callable[[int], Any],
    deliver: Callable[[], None],
) -> None:
    desk, settlement = sign_in("cashier"), settle()
    deliver()
    printed = desk.post(f"/charging/settlements/{settlement.id}/receipt-prints")
    paper = _paper(desk.get(printed.location))
    found = electronic(settlement.id)
    for shown in (found.code, found.number, found.check_code):
        assert shown in paper
    bill = desk.get(f"/charging/desk/{settlement.bill_id}").text
    assert (found.number in bill, "换开纸质" in bill) == (True, True)


def test_a_red_invoice_is_printed_from_my_own_page(
    sign_in: Any,
    make_book: Callable[..., Book],
    settle: Settle,
    refund: Settle,
    paper_of: Callable[[int], Paper],
    cashier: Actor,
) -> None:

    make_book(to=cashier)
    settlement = settle()
    services.print_paper(settlement_id=settlement.id, by=cashier)
    with clock.at(clock.now() + timedelta(days=1)):
        refund(settlement)
        desk, paper = sign_in("cashier"), paper_of(settlement.id)
        assert f"/invoices/papers/{paper.id}/red" in desk.get("/invoices/own-book").text
        red = _paper(desk.get(desk.post(f"/invoices/papers/{paper.id}/red").location))
        assert ("A000002" in red, "红字" in red, "A000001" in red) == (True, True, True)
        assert desk.post(f"/invoices/papers/{paper.id}/red").status_code == 422
    assert paper_of(settlement.id).state is PaperState.REVERSED


def test_the_administrator_connects_the_platform_and_its_key_is_never_shown(
    sign_in: Any, look: Callable[..., Any]
) -> None:
    desk = sign_in("administrator")
    typed = {
        "unit_code": "990101",
        "institution_kind": "社区卫生服务中心",
        "base_url": ADDRESS,
        "is_active": "1",
    }
    assert desk.post("/invoices/platform", data=typed).status_code == 422  # without a key
    assert desk.post("/invoices/platform", data={**typed, "key": KEY}).status_code == 303
    assert KEY not in desk.get("/invoices/platform").text
    assert look(queries.find_connection).key == KEY
    assert desk.post("/invoices/platform", data=typed).status_code == 303
    assert look(queries.find_connection).key == KEY


@pytest.mark.parametrize("path", ["/invoices/own-book", "/invoices/electronic", "/invoices/books"])
def test_a_pharmacist_has_no_business_here(sign_in: Any, path: str) -> None:
    assert sign_in("pharmacist").get(path).status_code == 403
