"""The pages of reconciliation: the calendar, a day, and what they refuse."""

import io
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from support.reconciling import Till, at

from app.db import db, tenant_unit
from app.db.statements import count_statements
from modules.payments.models import Merchant
from modules.reconciliation.models import Arrival, StatementFile, Terms

D = Decimal


@pytest.fixture
def day_id(g9: Till) -> int:
    """The day of G9, compared."""
    return g9.compare("19").id


def test_the_calendar_shows_how_far_each_day_is(g9: Till, day_id: int, sign_in: Any) -> None:
    client = sign_in("accountant")
    client.get("/reconciliation/")
    with count_statements() as counted:
        page = client.get("/reconciliation/?month=2026-11")
    assert page.status_code == 200
    assert counted.count <= 12, counted.statements
    text = page.text
    assert f"/reconciliation/days/{day_id}" in text
    assert "有差异" in text
    assert "2 笔未处理" in text
    assert client.get("/reconciliation/?month=nonsense").status_code == 200


def test_a_day_is_a_page_of_twelve_statements_at_most(day_id: int, sign_in: Any) -> None:
    client = sign_in("accountant")
    client.get(f"/reconciliation/days/{day_id}")
    with count_statements() as counted:
        page = client.get(f"/reconciliation/days/{day_id}")
    assert page.status_code == 200
    assert counted.count <= 12, counted.statements
    assert "90.40" in page.text
    assert "长款" in page.text


def test_the_auditor_reads_and_changes_nothing(day_id: int, sign_in: Any) -> None:
    client = sign_in("auditor")
    assert client.get(f"/reconciliation/days/{day_id}").status_code == 200
    for act in ("fetch", "confirm", "statement", "arrivals"):
        assert client.post(f"/reconciliation/days/{day_id}/{act}").status_code == 403
    assert sign_in("doctor").get("/reconciliation/").status_code == 403


def test_a_refusal_stands_above_the_day(day_id: int, sign_in: Any) -> None:
    client = sign_in("accountant")
    answer = client.post(f"/reconciliation/days/{day_id}/confirm", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "还有 2 笔差异未处理或未复核" in answer.text
    assert "<html" not in answer.text


def test_a_statement_is_brought_by_hand(day_id: int, sign_in: Any, ours: dict[str, Any]) -> None:
    client = sign_in("accountant")
    with tenant_unit(ours["tenant_id"]):
        file = db.session.scalar(select(StatementFile).where(StatementFile.on == at("19 12:00:00").date()))
        assert file is not None
        content = file.content

    def bring(sent: bytes) -> Any:
        return client.post(
            f"/reconciliation/days/{day_id}/statement",
            data={"content": (io.BytesIO(sent), "d.csv"), "form": "csv"},
            content_type="multipart/form-data",
        )

    assert bring(content).status_code == 303
    refused = bring(content[:100])
    assert refused.status_code == 422
    assert "文件不完整" in refused.text


def test_an_arrival_is_noted_once_and_taken_back(day_id: int, sign_in: Any, ours: dict[str, Any]) -> None:
    client = sign_in("accountant")
    typed = {"arrived_on": "2026-11-20", "amount": "89.86", "reference": "B1"}
    assert client.post(f"/reconciliation/days/{day_id}/arrivals", data=typed).status_code == 303
    again = client.post(f"/reconciliation/days/{day_id}/arrivals", data=typed)
    assert again.status_code == 422
    assert "已登记过" in again.text
    with tenant_unit(ours["tenant_id"]):
        arrival_id = db.session.scalars(select(Arrival.id)).one()
    back = client.post(f"/reconciliation/arrivals/{arrival_id}/take-back", data={"reason": "录错"})
    assert back.status_code == 303
    lines = {"source": "nobody", "text": "2026-11-19,2026-11-20,1.00,B7"}
    assert client.post("/reconciliation/arrivals", data=lines).status_code == 422


def test_the_administrator_sets_the_terms_of_a_merchant(
    g9: Till, merchant: Merchant, sign_in: Any, ours: dict[str, Any]
) -> None:
    client = sign_in("administrator")
    address = f"/reconciliation/merchants/{merchant.id}/terms"
    assert client.post(address, data={"form": "pipe", "fee_percent": "0.38"}).status_code == 303
    with tenant_unit(ours["tenant_id"]):
        terms = db.session.scalars(select(Terms)).one()
        assert (terms.form.value, terms.fee_rate, terms.returns_fee) == ("pipe", D("0.0038"), False)
    assert client.post(address, data={"form": "pipe", "fee_percent": "60"}).status_code == 422
    assert 'value="0.38"' in client.get("/reconciliation/").text


def test_what_is_due_is_fetched_at_the_press_of_a_key(g9: Till, sign_in: Any) -> None:
    assert sign_in("accountant").post("/reconciliation/begin").status_code == 303
    assert g9.day("19").compared_at is not None
