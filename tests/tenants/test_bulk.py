"""Many centres in the browser: a list is looked over cell by cell; a task opens them, their codes go out once."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from support import world

from app import clock, relay, tasks
from app.accounts import services as accounts
from app.actor import system_actor
from app.db import control_unit, db
from app.db.statements import count_statements
from app.errors import NotFound
from app.jobs.models import JobStatus
from app.records import ControlAuditRow
from tenants import bulk, provisioning
from tenants.models import Centre, CentreState, OpenedCodes

HEAD = "code,name,district,administrator,security_administrator,partition,template,plan"
GOOD = [f"M{n},第{n}社区卫生服务中心,示范区,管理{n},安全{n},,," for n in range(3)]
OPERATOR = "district_operator"


def _list(*lines: str, head: str = HEAD) -> str:
    return "\n".join([head, *lines])


def _client(sign_in: Any, role: str = OPERATOR) -> Any:
    client = sign_in(role, "district")
    client.set_cookie("his_language", "en")
    return client


def _state(code: str) -> CentreState | None:
    with control_unit():
        found: CentreState | None = db.session.scalar(select(Centre.state).where(Centre.code == code))
    return found


def test_a_list_is_looked_over_then_opened_once(app: Flask, sign_in: Any) -> None:
    client = _client(sign_in)
    assert 'name="list"' in client.get("/district/centres/many").text
    page = client.post("/district/centres/many/preview", data={"list": _list(*GOOD)})
    assert page.status_code == 200, page.text
    assert "Open 3 centres" in page.text
    assert _state("M0") is None
    data = {"list": _list(*GOOD), "command_id": "begin" * 4}
    answers = [client.post("/district/centres/many", data=data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert "one-time codes" not in client.get(answers[0].location).text
    assert tasks.do_next()
    assert not tasks.do_next()
    assert _state("M2") is CentreState.OPEN
    done = client.get(answers[0].location).text
    assert "3 centres opened." in done
    assert "Show the one-time codes" in done


def test_the_codes_are_handed_out_once(app: Flask, sign_in: Any) -> None:
    client = _client(sign_in)
    location = client.post("/district/centres/many", data={"list": _list(*GOOD)}).location
    assert tasks.do_next()
    taking = f"{location}/codes"
    with control_unit():
        stored = db.session.scalars(select(OpenedCodes.sealed_codes)).all()
    assert len(stored) == 3
    assert all(value.startswith("$1$") for value in stored)
    shown = client.post(taking, data={"as": "page", "command_id": "take" * 5})
    codes = re.findall(r"data-one-time-code>([a-z0-9-]+)<", shown.text)
    assert len(set(codes)) == 6
    again = client.post(taking, data={"as": "page", "command_id": "take" * 5})
    assert "shown already" in again.text
    for kind in ("page", "csv"):
        answer = client.post(taking, data={"as": kind})
        assert "data-one-time-code" not in answer.text
        assert "shown already" in answer.text
    assert "Show the one-time codes" not in client.get(location).text
    with control_unit():
        assert set(db.session.scalars(select(OpenedCodes.sealed_codes))) == {""}
    assert accounts.open_account(code=codes[0], password=world.PASSWORD, address="10.0.0.1")
    relay.run_until_empty()


def test_the_codes_as_a_file(app: Flask, sign_in: Any) -> None:
    client = _client(sign_in)
    location = client.post("/district/centres/many", data={"list": _list(*GOOD[:1])}).location
    assert tasks.do_next()
    answer = client.post(f"{location}/codes", data={"as": "csv"})
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[1] == ["Centre", "Sign-in name", "Full name", "Role", "One-time code"]
    assert [row[:4] for row in rows[2:]] == [
        ["M0", "admin@m0", "管理0", "Centre administrator"],
        ["M0", "security@m0", "安全0", "Security administrator"],
    ]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "shown already" in client.post(f"{location}/codes", data={"as": "csv"}).text


def test_the_columns_may_be_named_in_the_readers_words(app: Flask, sign_in: Any) -> None:
    client = _client(sign_in)
    client.set_cookie("his_language", "zh_Hans")
    given = _list("M0,第一社区卫生服务中心,示范区,管理,安全", head="编码,名称,区域,机构管理员,安全管理员")
    page = client.post("/district/centres/many/preview", data={"list": given})
    assert page.status_code == 200, page.text
    assert "开通 1 家机构" in page.text


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ("C1,第一社区卫生服务中心,示范区,管理,安全,,,", "code", "already in use"),
        ("M 9,第九社区卫生服务中心,示范区,管理,安全,,,", "code", "written as expected"),
        (GOOD[0], "code", "more than once"),
        (",第九社区卫生服务中心,示范区,管理,安全,,,", "code", "fill this in"),
        ("M9,九,示范区,管理,安全,,,", "name", "at least 2 characters"),
        ("M9,第九社区卫生服务中心,示范区,,安全,,,", "administrator", "fill this in"),
        ("M9,第九社区卫生服务中心,示范区,管理,安全,p9,,", "partition", "p9"),
        ("M9,第九社区卫生服务中心,示范区,管理,安全,,none,", "template", "no such template"),
        ("M9,第九社区卫生服务中心,示范区,管理,安全,,,none", "plan", "no such plan"),
    ],
)
def test_what_is_wrong_stands_at_its_cell_and_nothing_is_begun(
    app: Flask, sign_in: Any, line: str, field: str, words: str
) -> None:
    with app.test_request_context(headers={"Cookie": "his_language=en"}):
        checked = bulk.check(bulk.read(_list(GOOD[0], line)))
        wrong = checked[1].complaints
    assert list(wrong) == [field], wrong
    assert re.search(words, " ".join(wrong[field])), wrong
    client = _client(sign_in)
    page = client.post("/district/centres/many/preview", data={"list": _list(GOOD[0], line)})
    assert page.status_code == 422
    assert 'class="field-error"' in page.text
    assert "Open 2 centres" not in page.text
    assert client.post("/district/centres/many", data={"list": _list(GOOD[0], line)}).status_code == 422
    with control_unit():
        assert db.session.scalars(select(tasks.DistrictTask)).all() == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "no line to read"),
        (HEAD, "no line to read"),
        ("code,name\nM1,第一社区", "Centre administrator (administrator), Security administrator"),
        (_list(*[f"N{n},第{n}社区,示范区,管理,安全,,," for n in range(501)]), "At most 500"),
        (_list("M1," + "长" * 140_000 + ",示范区,管理,安全,,,"), "The list cannot be read"),
        (_list('M1,"第一社区,示范区,管理,安全,,,\rM2,第二社区,示范区,管理,安全'), "M1"),
        (_list("M1,第一\r社区,示范区,管理,安全,,,"), "M1"),
    ],
)
def test_what_is_no_list_is_said_so(sign_in: Any, given: str, words: str) -> None:
    client = _client(sign_in)
    answer = client.post("/district/centres/many/preview", data={"list": given})
    assert answer.status_code == 422
    assert words in answer.text
    assert client.post("/district/centres/many", data={"list": given}).status_code == 422


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_file_of_either_encoding_and_a_pasted_range_are_read(sign_in: Any, encoding: str) -> None:
    client = _client(sign_in)
    file = (io.BytesIO(_list(*GOOD).encode(encoding)), "centres.csv")
    page = client.post("/district/centres/many/preview", data={"list": "", "file": file})
    assert "第2社区卫生服务中心" in page.text
    pasted = _list(*GOOD).replace(",", "\t")
    assert "Open 3 centres" in client.post("/district/centres/many/preview", data={"list": pasted}).text
    broken = (io.BytesIO(b"\xff\xff\xff"), "centres.csv")
    assert client.post("/district/centres/many/preview", data={"file": broken}).status_code == 422
    large = (io.BytesIO(b"a" * 400_000), "centres.csv")
    assert client.post("/district/centres/many/preview", data={"file": large}).status_code == 422


def test_a_line_that_was_taken_meanwhile_stops_nobody_else(app: Flask, sign_in: Any) -> None:
    client = sign_in(OPERATOR, "district")
    location = client.post("/district/centres/many", data={"list": _list(*GOOD)}).location
    provisioning.provision_centre(
        code="M1",
        name="先来的社区卫生服务中心",
        district="示范区",
        administrator="郑先",
        security_administrator="严先",
        by=system_actor(None),
    )
    assert tasks.do_next()
    page = client.get(location).text
    assert "已开通 2 家机构，1 家未开通：M1" in page
    assert [_state(code) for code in ("M0", "M2")] == [CentreState.OPEN] * 2


def test_only_who_asked_takes_the_codes_and_after_three_days_nobody(app: Flask, sign_in: Any) -> None:
    client = _client(sign_in)
    location = client.post("/district/centres/many", data={"list": _list(*GOOD[:1])}).location
    assert tasks.do_next()
    task_id = int(location.rpartition("/")[2])
    with pytest.raises(NotFound):
        bulk.take_codes(task_id=task_id, by=system_actor(None))
    for role in ("district_security", "district_auditor", "supervisor"):
        other = _client(sign_in, role)
        assert other.get("/district/centres/many").status_code == 403
        assert other.post(f"{location}/codes").status_code == 403
    assert bulk.forget_old_codes() == 0
    clock.stop(clock.now() + timedelta(days=3, minutes=1))
    assert bulk.forget_old_codes() == 1
    with control_unit():
        [row] = db.session.scalars(select(OpenedCodes)).all()
    assert row.codes == ""


def test_a_long_list_is_checked_in_as_many_statements_as_a_short_one(app: Flask) -> None:
    counts = []
    for length in (1, 200):
        lines = bulk.read(_list(*[f"N{n},第{n}社区,示范区,管理,安全,,," for n in range(length)]))
        bulk.check(lines)
        with count_statements() as counted:
            bulk.check(lines)
        counts.append(counted.count)
    assert counts[0] == counts[1] <= 6


def test_the_trail_says_which_centres_were_asked_for_but_no_code(app: Flask, sign_in: Any) -> None:
    client = _client(sign_in)
    location = client.post("/district/centres/many", data={"list": _list(*GOOD[:2])}).location
    assert tasks.do_next()
    shown = client.post(f"{location}/codes", data={"as": "page"}).text
    codes = re.findall(r"data-one-time-code>([a-z0-9-]+)<", shown)
    with control_unit():
        rows = db.session.scalars(select(ControlAuditRow)).all()
        task = db.session.scalars(select(tasks.DistrictTask)).one()
    asked = next(row for row in rows if row.action == "centre.many_asked")
    assert asked.detail["codes"] == ["M0", "M1"]
    assert task.status is JobStatus.DONE
    told = " ".join(str(row.detail) for row in rows) + str(task.facts) + str(task.steps)
    assert codes
    assert not any(code in told for code in codes)
