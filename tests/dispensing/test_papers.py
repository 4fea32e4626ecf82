"""Labels for bags and the slip for who decocts."""

import io
from typing import Any

import pytest
from pypdf import PdfReader
from support.outpatients import FULL_RECORD, open_encounter

from app.actor import Actor
from app.db import tenant_unit
from modules.catalogue import queries as catalogue
from modules.dispensing.rules.cautions import cautions
from modules.dispensing.rules.decoction import in_order
from modules.prescriptions.services import sign_herbal_prescription, sign_prescription

pytestmark = pytest.mark.slow


def _read(answer: Any) -> tuple[list[Any], str]:
    pages = PdfReader(io.BytesIO(answer.data)).pages
    return list(pages), "".join(page.extract_text() for page in pages).replace("\n", "")


@pytest.mark.one_engine
def test_herbs_stand_in_the_order_of_the_work() -> None:
    groups = in_order([("", "黄芪"), ("后下", "薄荷"), ("先煎", "附子"), ("", "甘草")])
    assert [(group.footnote, list(group.herbs)) for group in groups] == [
        ("先煎", ["附子"]),
        ("", ["黄芪", "甘草"]),
        ("后下", ["薄荷"]),
    ]


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("facts", "texts"),
    [
        ({}, []),
        ({"route": "ext"}, ["For external use only"]),
        ({"form": "缓释片"}, ["Swallow whole, do not chew"]),
        ({"classes": ["cephalosporin_2"]}, ["No alcohol during use and for 7 days after"]),
        ({"special_control": "冷链/高警示", "classes": ["insulin"]}, ["Keep in the refrigerator"]),
    ],
)
def test_what_a_label_warns_of(facts: dict[str, Any], texts: list[str]) -> None:
    plain: dict[str, Any] = {"route": "po", "form": "片剂", "classes": [], "special_control": ""}
    assert cautions(**(plain | facts)) == texts


def test_each_drug_has_a_label_of_60_by_40_millimetres(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, sign_in: Any
) -> None:
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor, record=FULL_RECORD)
    with tenant_unit(ours["tenant_id"]):
        drugs = [catalogue.search_drugs(code)[0] for code in ("D0053", "D0057")]
    signed = sign_prescription(
        visit_id=encounter.visit_id,
        lines=[
            {"drug_id": drug.id, "dose": dose, "route": "po", "frequency": "qd", "days": 7}
            for drug, dose in zip(drugs, ("5", "80"), strict=True)
        ],
        by=doctor,
    )
    answer = sign_in("pharmacist").get(f"/dispensing/window/{signed.id}/labels.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    pages, text = _read(answer)
    assert len(pages) == 2
    assert [round(float(side) / 72 * 25.4) for side in pages[0].mediabox[2:]] == [60, 40]
    for drug in drugs:
        assert drug.name in text
    assert signed.heading["name"] in text
    slip = sign_in("pharmacist").get(f"/dispensing/window/{signed.id}/decoction.pdf")
    assert slip.status_code == 404  # no herbs on it


def test_the_decoction_slip_says_what_goes_in_when(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, sign_in: Any
) -> None:
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor, record=FULL_RECORD)
    with tenant_unit(ours["tenant_id"]):
        herbs = [catalogue.search_drugs(code)[0] for code in ("D0169", "D0170")]
    signed = sign_herbal_prescription(
        visit_id=encounter.visit_id,
        herbs=[
            {"drug_id": herbs[0].id, "grams": "15", "footnote": "先煎"},
            {"drug_id": herbs[1].id, "grams": "6"},
        ],
        heading={
            "doses": 7,
            "decoction": "clinic",
            "times_a_day": 2,
            "volume_ml": 200,
            "timing": "after_meal",
        },
        by=doctor,
    )
    _, text = _read(sign_in("pharmacist").get(f"/dispensing/window/{signed.id}/decoction.pdf"))
    for part in ("黄芪", "105 g", "42 g", "先煎", "30"):
        assert part in text
    assert text.index("黄芪") < text.index("甘草")
