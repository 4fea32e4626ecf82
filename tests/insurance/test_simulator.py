"""The insurer as a program of its own: what it knows, and that it knows nothing of us."""

import ast
import hashlib
import hmac
import json
import threading
import urllib.request
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import modules.charging.simulators as simulators
from app.actor import Actor
from modules.charging.simulators.insurer import KEY, TEMPERS, Insurer, serving
from modules.charging.simulators.serving import LineClosed
from modules.insurance import queries, services
from modules.insurance.errors import WrongState
from modules.insurance.rules.messages import Sender, envelope
from modules.insurance.rules.states import SettlementState

D = Decimal
NUMBER = "990000198506152462"
SENDER = Sender(
    institution="H11010500001",
    name="城东",
    region="110105",
    sign_type="SHA256",
    operator="7",
    operator_name="孙丽",
)


def said(insurer: Insurer, infno: str, inputs: dict[str, Any], msgid: str) -> dict[str, Any]:
    from datetime import UTC, datetime

    body = envelope(infno, inputs, SENDER, msgid=msgid, moment=datetime(2026, 11, 20, 9, 30, tzinfo=UTC))
    made, proof = insurer.answer(body, insurer.sign(body, "SHA256"), "SHA256")
    assert hmac.compare_digest(hmac.new(KEY.encode(), made, hashlib.sha256).hexdigest(), proof)
    found: dict[str, Any] = json.loads(made)
    return found


@pytest.mark.one_engine
def test_it_imports_nothing_of_the_product() -> None:
    for file in Path(str(simulators.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            ours = [
                name for name in names if name.split(".")[0] in {"app", "tenants", "modules", "region_upload"}
            ]
            assert all(name.startswith("modules.charging.simulators") for name in ours), (file.name, ours)


@pytest.mark.one_engine
def test_a_message_that_comes_twice_gets_the_first_answer_and_another_of_its_number_none() -> None:
    insurer = Insurer()
    asked = {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": NUMBER, "certno": NUMBER, "psn_name": "王"}}
    insurer.books.enrol(NUMBER)
    first = said(insurer, "1101", asked, "x" * 30)
    assert said(insurer, "1101", asked, "x" * 30) == first
    asked["data"]["psn_name"] = "李"
    assert said(insurer, "1101", asked, "x" * 30)["err_msg"] == "报文流水号重复"


@pytest.mark.one_engine
def test_about_half_of_everybody_is_insured_always_the_same_half() -> None:
    numbers = [f"99000019800101{number:04d}" for number in range(200)]
    answers = []
    for _ in range(2):
        insurer = Insurer()
        asked = [{"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": one, "certno": one}} for one in numbers]
        answers.append(
            [said(insurer, "1101", one, f"{place:030d}")["infcode"] for place, one in enumerate(asked)]
        )
    assert answers[0] == answers[1]
    assert 70 < answers[0].count("0") < 130


@pytest.mark.one_engine
def test_an_unsigned_message_is_refused() -> None:
    made, _ = Insurer().answer(b"{}", "00", "SM3")
    assert json.loads(made)["err_msg"] == "签名验证失败"


@pytest.mark.one_engine
def test_it_misbehaves_by_order_and_by_seed() -> None:
    insurer = Insurer()
    with serving(insurer) as url:
        order = json.dumps({"how": "dead", "infno": "1101"}).encode()
        wanted = urllib.request.Request(url.replace("/trade", "/misbehave"), data=order, method="POST")
        with urllib.request.urlopen(wanted) as answer:
            assert answer.status == 204
    with pytest.raises(LineClosed):
        said(insurer, "1101", {"data": {}}, "y" * 30)
    moods = []
    for _ in range(2):
        moody = Insurer(seed=5, faults=0.5)
        moods.append([moody._order_for("1101").get("how", "") for _ in range(50)])
    assert moods[0] == moods[1]
    assert set(moods[0]) == {"", *TEMPERS[1:]}


@pytest.mark.one_engine
def test_its_books_survive_a_restart(tmp_path: Path) -> None:
    insurer = Insurer(tmp_path)
    insurer.books.enrol(NUMBER, name="王测试", balance=100)
    asked = {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": NUMBER, "certno": NUMBER}}
    first = said(insurer, "1101", asked, "z" * 30)
    assert first["output"]["insuinfo"][0]["balc"] == "100"
    again = Insurer(tmp_path)
    assert said(again, "1101", asked, "w" * 30)["output"] == first["output"]


def test_totals_and_details_are_compared(reckon: Any, cashier: Actor, insurer: Insurer) -> None:
    import base64

    row = services.settle(reckon().id, by=cashier)
    days = {"stmt_begndate": "2026-11-20", "stmt_enddate": "2026-11-20"}
    sums = {"insutype": "310", "medfee_sumamt": "286.00", "fund_pay_sumamt": "123.60", "acct_pay": "100.00"}
    right = said(insurer, "3201", {"data": {**days, **sums, "fixmedins_setl_cnt": 1}}, "a" * 30)
    wrong = said(insurer, "3201", {"data": {**days, **sums, "fixmedins_setl_cnt": 2}}, "b" * 30)
    assert [one["output"]["stmtinfo"]["stmt_rslt"] for one in (right, wrong)] == ["0", "1"]
    lines = f"P\tM\t{row.setl_id}\t286.00\t123.60\t99.00\nP\tM\tSETLX\t1.00\t1.00\t0.00\n"
    sent = {"fsUploadIn": {"in": base64.b64encode(lines.encode()).decode(), "filename": "f.txt"}}
    number = said(insurer, "9101", sent, "c" * 30)["output"]["file_qury_no"]
    found = said(insurer, "3202", {"data": {**days, "file_qury_no": number}}, "d" * 30)["output"]["fileinfo"]
    assert found == [{"setl_id": row.setl_id, "stmt_rslt": "3"}, {"setl_id": "SETLX", "stmt_rslt": "2"}]


def test_where_the_fund_counts_the_account_in_it_is_taken_out(
    insurer: Insurer, reckon: Any, administrator: Actor, insurer_address: str, cashier: Actor
) -> None:
    insurer.told_to(
        "/benefits",
        {"insutype": "310", "deductible": 200, "ratio": "0.60", "cap": 500, "fund_includes_account": True},
    )
    services.connect(
        institution_code="H11010500001",
        institution_name="城东",
        region="110105",
        base_url=insurer_address,
        sign_type="SHA256",
        fund_includes_account=True,
        by=administrator,
    )
    row = services.settle(reckon().id, by=cashier)
    assert (row.fund_amount, row.account_amount, row.cash_amount) == (D("123.60"), D("100.00"), D("62.40"))


def test_two_windows_settle_once(app: Any, reckon: Any, cashier: Actor, insurer: Insurer, ours: Any) -> None:
    row, came = reckon(), []

    def press() -> None:
        with app.app_context():
            try:
                came.append(services.settle(row.id, by=cashier).state)
            except WrongState:
                came.append(None)

    windows = [threading.Thread(target=press) for _ in range(3)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert sorted(came, key=str) == [None, None, SettlementState.SETTLED]
    assert insurer.heard.count("2207") == 1
    assert [one for one in queries.check_settlements(ours["tenant_id"]) if not one.holds] == []
