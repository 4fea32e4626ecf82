"""The file at the desk: masked as it opens, in full after an act, and who looked, for the auditor."""

from collections.abc import Callable
from typing import Any

import pytest

from app.actor import Actor
from modules.patients.services import create_patient

pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_engine,
    pytest.mark.slow,
    pytest.mark.parametrize("setting", ["desktop-zh_Hans", "desktop-en"], indirect=True),
]
OpenDesk = Callable[[str], Any]
PHONE, ADDRESS = "19912345678", "示范区桥北街道槐树路3号楼5单元"


def test_the_full_view_is_one_button_and_its_reason(open_desk: OpenDesk, registrar: Actor) -> None:
    patient = create_patient(
        name="王测试", document_number="990000198506152462", phone=PHONE, address=ADDRESS, by=registrar
    )
    desk = open_desk("doctor")
    page = desk.page
    desk.open(f"/patients/{patient.id}")
    assert ("199****5678" in page.content(), PHONE in page.content()) == (True, False)
    page.click("[data-dialog-open=reveal]")
    page.fill("#reveal-reason", "电话随访")
    page.click("#reveal button[type=submit]")
    page.wait_for_selector(f"text={PHONE}")
    assert ADDRESS in page.content()
    assert page.locator("[data-dialog-open=reveal]").count() == 0
    desk.open(f"/patients/{patient.id}")
    assert PHONE not in page.content()
    auditor = open_desk("auditor")
    auditor.open(f"/patients/{patient.id}/readers")
    assert auditor.page.locator("tbody tr").count() >= 4
    assert desk.faults + auditor.faults == []
