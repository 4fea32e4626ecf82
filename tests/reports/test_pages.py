"""The pages of the reports: every level adds up to the one above it, down to the paper."""

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from support.world import TODAY

from app.actor import system_actor
from app.db import control_unit, db, tenant_unit
from app.db.statements import count_statements
from app.records import AuditRow
from modules.reports import services

D = Decimal
PAGES = ("income", "income?by=doctor", "income?by=insurer", "refunds", "arrears", "stock", "drugs")


class Seen:
    """A report as it stands on the page: rows of cells, what each opens, and the last line."""

    def __init__(self, text: str) -> None:
        self.text = text
        body = re.findall(r"<tbody>(.*?)</tbody>", text, re.S)[-1] if "<tbody>" in text else ""
        self.rows, self.total = [], []
        for attributes, row in re.findall(r"<tr([^>]*)>(.*?)</tr>", body, re.S):
            cells = [
                unescape(re.sub(r"<[^>]+>", "", cell)).strip()
                for cell in re.findall(r"<td.*?</td>", row, re.S)
            ]
            href = re.search(r'data-href="([^"]+)"', attributes)
            if " sum" in attributes:
                self.total = cells
            else:
                self.rows.append((cells, unescape(href[1]) if href else ""))


def number(cell: str) -> Decimal:
    return D(cell.replace(",", "").replace("−", "-") or "0")


def opened(client: Any, url: str) -> Seen:
    page = client.get(url)
    assert page.status_code == 200, (url, page.status_code)
    return Seen(page.text)


def all_rows(client: Any, url: str) -> Iterator[tuple[list[str], str]]:
    """Rows of a list over all its pages."""
    while url:
        page = client.get(url)
        assert page.status_code == 200, url
        yield from Seen(page.text).rows
        following = re.findall(r'<nav class="pager".*?</nav>', page.text, re.S)
        links = re.findall(r'href="([^"]+before=[^"]+)"', following[0]) if following else []
        url = unescape(links[-1]) if links else ""


@pytest.fixture
def both(ours: dict[str, Any], theirs: dict[str, Any], morning: dict[str, int]) -> dict[str, int]:
    """The sums of both centres are made, those of the opening stock as well."""
    for centre in (ours, theirs):
        services.begin_day(by=system_actor(centre["tenant_id"], origin="job"))
        services.pursue(centre["tenant_id"])
    return morning


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("role", "place"), [("accountant", "c1"), ("supervisor", "district")])
def test_a_page_is_twelve_statements_at_most(
    path: str, role: str, place: str, both: dict[str, int], sign_in: Any
) -> None:
    client = sign_in(role, place)
    client.get(f"/reports/{path}")
    with count_statements() as counted:
        page = client.get(f"/reports/{path}")
    assert page.status_code == 200
    assert counted.count <= 12, counted.statements


@pytest.mark.parametrize("page", ["income", "refunds", "drugs"])
def test_the_menu_shows_the_room_of_every_page(page: str, both: dict[str, int], sign_in: Any) -> None:
    text = sign_in("accountant", "c1").get(f"/reports/{page}").text
    (here,) = re.findall(r'class="nav-item on" href="([^"]+)"', text)
    assert here == "/reports/income"


@pytest.mark.parametrize("kind", ["issue", "return", "receipt", "opening"])
def test_every_level_of_stock_adds_up_to_the_one_above(kind: str, both: dict[str, int], sign_in: Any) -> None:
    """District → centre → place → kind → document → line, in yuan at cost; the prescription is the end."""
    client = sign_in("supervisor", "district")
    days = "begins_on=2026-10-01&ends_on=2026-11-20"
    district = opened(client, f"/reports/stock?{days}&kind={kind}")
    column = 2 if kind == "issue" else 1
    assert number(district.total[column]) > 0
    assert sum(number(cells[column]) for cells, _ in district.rows) == number(district.total[column])
    for cells, url in district.rows:
        centre = opened(client, url)
        assert number(centre.total[column]) == number(cells[column])
        for place_cells, place_url in centre.rows:
            place = opened(client, place_url)
            side = "出" if kind == "issue" else "入"
            of_side = [(row, link) for row, link in place.rows if row[1].startswith(side)]
            assert sum(number(row[3]) for row, _ in of_side) == number(place_cells[column])
            for kind_cells, kind_url in of_side:
                documents = list(all_rows(client, kind_url))
                assert sum(number(row[-1]) for row, _ in documents) == number(kind_cells[3])
                for document_cells, document_url in documents:
                    lines = opened(client, document_url)
                    assert number(lines.total[-1]) == number(document_cells[-1])
                    assert sum(number(row[-1]) for row, _ in lines.rows) == number(document_cells[-1])
                    if kind in ("issue", "return"):
                        assert all("/reports/prescriptions/" in link for _, link in lines.rows)


def test_every_level_of_income_adds_up_to_the_one_above(both: dict[str, int], sign_in: Any) -> None:
    """District → centre → key → day → receipt → line."""
    client = sign_in("supervisor", "district")
    district = opened(client, "/reports/income")
    assert number(district.total[3]) > 0
    for cells, url in district.rows:
        for by in ("fee_class", "doctor", "department", "tender", "insurer"):
            centre = opened(client, f"{url}&by={by}")
            assert [number(cell) for cell in centre.total[1:]] == [number(cell) for cell in cells[1:]]
            for key_cells, key_url in centre.rows:
                days = opened(client, key_url)
                assert [number(cell) for cell in days.total[1:]] == [number(cell) for cell in key_cells[1:]]
                for day_cells, day_url in days.rows:
                    receipts = opened(client, day_url)
                    assert sum(number(row[-1]) for row, _ in receipts.rows) == number(day_cells[3])
    whole = opened(client, f"{district.rows[0][1]}&by=fee_class")
    day = opened(client, opened(client, whole.rows[0][1]).rows[0][1])
    for _, url in day.rows:
        assert number(opened(client, url).total[-1]) != 0


def test_refunds_open_down_to_the_reversal(both: dict[str, int], sign_in: Any) -> None:
    client = sign_in("accountant")
    refunds = opened(client, "/reports/refunds?by=doctor")
    (row,) = refunds.rows
    day = opened(client, row[1])
    receipts = opened(client, day.rows[0][1])
    assert sum(number(cells[-1]) for cells, _ in receipts.rows) == number(refunds.total[1]) > 0
    assert any("退药" in cells for cells, _ in receipts.rows)


def test_arrears_by_age_open_down_to_the_bills(both: dict[str, int], sign_in: Any) -> None:
    client = sign_in("accountant")
    arrears = opened(client, "/reports/arrears")
    (row,) = arrears.rows
    bills = opened(client, row[1])
    assert number(row[0][1]) == len(bills.rows) == 1
    assert sum(number(cells[-1]) for cells, _ in bills.rows) == number(row[0][2]) > 0
    assert client.get(bills.rows[0][1]).status_code in (200, 403)


def test_whoever_opens_a_prescription_is_in_the_trail_of_its_centre(
    ours: dict[str, Any], both: dict[str, int], sign_in: Any
) -> None:
    client = sign_in("supervisor", "district")
    url = f"/reports/prescriptions/{both['first']}?centre=C1"
    page = client.get(url)
    assert page.status_code == 200
    with tenant_unit(ours["tenant_id"]):
        rows = list(
            db.session.scalars(select(AuditRow).where(AuditRow.action == "prescription.read_in_report"))
        )
    assert [(row.actor_name, row.subject_id) for row in rows] == [("区监督", both["first"])]
    assert client.get(f"/reports/prescriptions/{both['first']}").status_code == 404
    assert client.get(f"/reports/prescriptions/{both['first']}?centre=C2").status_code == 404


def test_a_centre_does_not_reach_into_another(both: dict[str, int], sign_in: Any) -> None:
    theirs = sign_in("accountant", "c2")
    assert theirs.get("/reports/income?centre=C1").status_code == 404
    assert theirs.get(f"/reports/prescriptions/{both['first']}").status_code == 404
    assert theirs.get(f"/reports/receipts/{both['receipt']}").status_code == 404
    assert sign_in("doctor").get("/reports/income").status_code == 403
    assert sign_in("administrator").get(f"/reports/prescriptions/{both['first']}").status_code == 403


def test_use_of_drugs_names_its_shares(both: dict[str, int], sign_in: Any) -> None:
    client = sign_in("accountant")
    page = client.get("/reports/drugs")
    assert "抗菌药物占比（处方数）" in page.text
    listed = list(all_rows(client, "/reports/drugs/prescriptions"))
    counted = re.search(r"含抗菌药物</div>.*?(\d+)|含抗菌药物.*?>(\d+)<", page.text, re.S)
    assert counted is not None
    assert int(next(group for group in counted.groups() if group)) == len(listed)


@pytest.mark.parametrize("form", ["csv", "pdf"])
@pytest.mark.parametrize("report", ["income", "stock", "drugs"])
def test_a_report_becomes_a_file_by_long_work(
    report: str, form: str, app: Any, both: dict[str, int], sign_in: Any
) -> None:
    client = sign_in("accountant")
    answer = client.post(f"/reports/files?report={report}", data={"form": form, "purpose": "月度分析"})
    assert answer.status_code == 303
    app.extensions["his_jobs"].finish()
    result = client.get(answer.headers["Location"] + "/result")
    assert result.status_code == 200
    if form == "pdf":
        assert result.data.startswith(b"%PDF")
    else:
        assert "月度分析" in result.data.decode("utf-8-sig")
        assert len(result.data.decode("utf-8-sig").splitlines()) > 3


def test_the_district_takes_its_sheet_at_once_and_leaves_a_row(both: dict[str, int], sign_in: Any) -> None:
    client = sign_in("supervisor", "district")
    answer = client.post("/reports/files?report=income", data={"form": "csv", "purpose": "季度督导"})
    assert "城东社区卫生服务中心" in answer.data.decode("utf-8-sig")
    from app.records import ControlAuditRow

    with control_unit():
        rows = db.session.scalars(select(ControlAuditRow.action)).all()
    assert "sheet.taken" in rows
    assert client.post("/reports/files?report=nothing", data={"purpose": "季度督导"}).status_code == 404


def test_nonsense_in_the_address_is_passed_over(both: dict[str, int], sign_in: Any) -> None:
    client = sign_in("accountant")
    for asked in (
        "begins_on=x&ends_on=y",
        "by=nobody&bucket=hour",
        "kind=gift&location=99",
        "by=doctor&key=x",
        "by=fee_class&key=x",
        "by=tender&key=x",
        "by=centre&key=x",
    ):
        for page in ("income", "stock", "drugs", "refunds"):
            assert client.get(f"/reports/{page}?{asked}").status_code == 200, (page, asked)
    assert client.get(f"/reports/receipts?on={TODAY}&by=fee_class&key=00").status_code == 200
    assert client.get("/reports/arrears/bills?age=99").status_code == 200
    district = sign_in("supervisor", "district")
    for asked in ("by=centre&key=x", "by=fee_class&key=x", "by=doctor&key=1"):
        assert district.get(f"/reports/income?{asked}").status_code == 200, asked


def test_what_was_chosen_in_one_centre_does_not_narrow_another(
    ours: dict[str, Any], both: dict[str, int], sign_in: Any
) -> None:
    """The filters of a page stay typed when another centre, or the whole district, is chosen on it."""
    client = sign_in("supervisor", "district")
    place = f"location={ours['locations']['pharmacy']}"
    assert opened(client, f"/reports/stock?{place}").total == opened(client, "/reports/stock").total
    theirs = opened(client, "/reports/stock?centre=C2")
    assert opened(client, f"/reports/stock?centre=C2&{place}").total == theirs.total
    assert (
        opened(client, f"/reports/income?department={2**40}").total == opened(client, "/reports/income").total
    )
    for _, url in opened(client, f"/reports/stock?{place}").rows:
        assert "location" not in url


def test_the_district_says_what_its_sheet_is_for(both: dict[str, int], sign_in: Any) -> None:
    client = sign_in("supervisor", "district")
    for purpose in ("", " ", "x", "x" * 201):
        assert client.post("/reports/files?report=income", data={"purpose": purpose}).status_code == 422
