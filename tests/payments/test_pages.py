"""Pages of unified payment."""

import re
from decimal import Decimal
from typing import Any

import pytest

from app.db.statements import count_statements
from modules.payments import services
from modules.payments.services import conduct

D = Decimal
PAYER = "28001234567899"


def test_the_administrator_sets_up_a_channel_and_never_sees_the_secret_again(sign_in: Any, app: Any) -> None:
    desk = sign_in("administrator")
    typed = {
        "channel": "alipay",
        "merchant_no": "2088123",
        "base_url": "https://alipay.example/pay",
        "secret": "a secret of the two of us",
    }
    answer = desk.post("/payments/merchants", data=typed, follow_redirects=True)
    assert "2088123" in answer.text
    assert re.search(r"/payments/callbacks/C1-[0-9a-f]{48}", answer.text)
    assert "a secret of the two" not in answer.text
    assert desk.post("/payments/merchants", data={**typed, "base_url": "http://x.example"}).status_code == 422
    merchant_id = re.search(r"/payments/merchants/(\d+)/retire", answer.text)[1]  # type: ignore[index]
    answer = desk.post(f"/payments/merchants/{merchant_id}/retire", follow_redirects=True)
    assert "已停用" in answer.text


@pytest.mark.parametrize(("role", "status"), [("auditor", 200), ("cashier", 403), ("doctor", 403)])
def test_who_sees_merchants(sign_in: Any, merchant: Any, role: str, status: int) -> None:
    answer = sign_in(role).get("/payments/merchants")
    assert answer.status_code == status
    assert "retire" not in answer.text


def test_orders_are_listed_by_day_channel_and_state(
    sign_in: Any, make_order: Any, cashier: Any, ours: Any
) -> None:
    paid = conduct.pay(make_order(description="门诊收费").id, PAYER, by=cashier)
    failed = conduct.pay(make_order().id, "12345670", by=cashier)
    desk = sign_in("cashier")
    with count_statements() as counted:
        page = desk.get("/payments/orders", query_string={"on": "2026-11-20"})
    assert counted.count <= 8, counted.statements
    assert paid.out_trade_no in page.text
    assert failed.out_trade_no in page.text
    page = desk.get("/payments/orders", query_string={"state": "failed", "channel": "wechat"})
    assert paid.out_trade_no not in page.text
    assert failed.out_trade_no in page.text
    for asked in ({"on": "2026-11-19"}, {"channel": "alipay"}, {"state": "closed"}):
        assert "payments/orders/" not in desk.get("/payments/orders", query_string=asked).text


def test_the_list_goes_on_page_by_page(sign_in: Any, make_order: Any) -> None:
    made = [make_order().out_trade_no for _ in range(41)]
    desk = sign_in("cashier")
    page = desk.get("/payments/orders")
    assert made[0] not in page.text
    following = re.search(r'href="(/payments/orders\?before=\d+)"', page.text)
    assert following
    assert made[0] in desk.get(following[1]).text


def test_an_order_shows_every_word_and_can_be_asked_about_and_closed(
    sign_in: Any, make_order: Any, cashier: Any, world_outside: Any
) -> None:
    order = conduct.show_qr(make_order(way="qr").id, by=cashier)
    desk = sign_in("cashier")
    page = desk.get(f"/payments/orders/{order.id}")
    assert "https://pay.example/" in page.text
    assert f"/payments/orders/{order.id}/ask" in page.text
    answer = desk.post(f"/payments/orders/{order.id}/ask", follow_redirects=True)
    assert "支付中" in answer.text
    answer = desk.post(f"/payments/orders/{order.id}/close", follow_redirects=True)
    assert "已关闭" in answer.text
    assert desk.post(f"/payments/orders/{order.id}/close").status_code == 422
    assert sign_in("auditor").post(f"/payments/orders/{order.id}/ask").status_code == 403


def test_money_in_another_amount_is_given_back_from_the_page(
    sign_in: Any, make_order: Any, cashier: Any, world_outside: Any
) -> None:
    world_outside.misbehave("wrong_amount")
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    world_outside.books.trades[f"M1001/{order.out_trade_no}"].total_fen = 6340
    desk = sign_in("cashier")
    assert "金额不符" in desk.get("/").text + desk.get(f"/payments/orders/{order.id}").text
    url = f"/payments/orders/{order.id}/give-back"
    assert desk.post(url, data={"reason": ""}).status_code == 422
    assert "已退款" in desk.post(url, data={"reason": "多付"}, follow_redirects=True).text
    assert desk.post(url, data={"reason": "多付"}).status_code == 422


def test_an_account_is_found_filled_and_emptied_at_the_desk(sign_in: Any, patient: Any) -> None:
    desk = sign_in("cashier")
    answer = desk.get("/payments/accounts", query_string={"q": patient.record_no})
    assert answer.location == f"/payments/accounts/{patient.id}"
    url = f"/payments/accounts/{patient.id}"
    assert desk.get(url).status_code == 200
    answer = desk.post(
        f"{url}/top-up", data={"amount": "100.00", "command_id": "page-1"}, follow_redirects=True
    )
    again = desk.post(
        f"{url}/top-up", data={"amount": "100.00", "command_id": "page-1"}, follow_redirects=True
    )
    for page in (answer, again):
        assert "100.00" in page.text
    assert "200.00" not in again.text
    assert desk.post(f"{url}/pay-out", data={"amount": "100.01", "reason": "迁出"}).status_code == 422
    answer = desk.post(f"{url}/pay-out", data={"amount": "100.00", "reason": "迁出"}, follow_redirects=True)
    assert "迁出" in answer.text
    assert "pay-out" not in answer.text


def test_reading_an_account_and_an_order_stands_in_the_trail(
    sign_in: Any, patient: Any, make_order: Any, ours: Any, cashier: Any
) -> None:
    from sqlalchemy import select

    from app.db import db, tenant_unit
    from app.records import AuditRow

    services.top_up(patient_id=patient.id, amount=D("10.00"), by=cashier)
    desk = sign_in("auditor")
    desk.get(f"/payments/accounts/{patient.id}")
    desk.get(f"/payments/orders/{make_order().id}")
    with tenant_unit(ours["tenant_id"]):
        read = AuditRow.action.in_(["payment.read", "prepaid.read"])
        mine = AuditRow.tenant_id == ours["tenant_id"]
        rows = list(db.session.scalars(select(AuditRow.action).where(mine, read).order_by(AuditRow.id)))
    assert rows == ["prepaid.read", "payment.read"]


def test_pages_speak_english_too(sign_in: Any, make_order: Any, patient: Any) -> None:
    desk = sign_in("cashier")
    desk.post("/language", data={"language": "en"})
    order = make_order()
    for path in ("/payments/orders", f"/payments/orders/{order.id}", f"/payments/accounts/{patient.id}"):
        page = desk.get(path, headers={"Accept-Language": "en"})
        assert page.status_code == 200
