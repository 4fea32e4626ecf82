"""Herbal sheets: grams × doses, ceilings, and what must not stand together."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from app.actor import Actor
from app.db import tenant_unit
from modules.clinic.models import Encounter
from modules.prescriptions import errors, queries, services
from modules.prescriptions.models import DecoctionWay, Prescription, Sheet
from modules.prescriptions.rules.lines import Decoction, FindingReason, HerbalHeading, HerbLine

MakeHerb = Callable[..., HerbLine]
Sign = Callable[..., Prescription]


@pytest.fixture
def sign(make_encounter: Callable[..., Encounter], doctor: Actor) -> Sign:
    def do(*herbs: HerbLine, doses: int = 5, **given: Any) -> Prescription:
        heading = HerbalHeading(doses=doses, decoction=Decoction.CLINIC)
        return services.sign_herbal_prescription(
            visit_id=make_encounter().visit_id, herbs=list(herbs), heading=heading, by=doctor, **given
        )

    return do


def test_the_quantity_is_grams_times_doses(sign: Sign, make_herb: MakeHerb, doctor: Actor) -> None:
    signed = sign(make_herb("黄芪(饮片)", 15), make_herb("薄荷(饮片)", 6, "后下"), doses=7)
    with tenant_unit(doctor.tenant_id or 0):
        items = queries.list_items(signed)
    assert [(item.quantity, item.footnote, item.days) for item in items] == [
        (Decimal(105), "", 7),
        (Decimal(42), "后下", 7),
    ]
    assert (signed.sheet, signed.doses, signed.decoction) == (Sheet.HERBAL, 7, DecoctionWay.CLINIC)


def test_more_than_five_herbs_may_stand_on_a_sheet(sign: Sign, make_herb: MakeHerb) -> None:
    names = ["黄芪(饮片)", "当归(饮片)", "白术(饮片)", "茯苓(饮片)", "党参(饮片)", "陈皮(饮片)"]
    assert sign(*(make_herb(name, 10) for name in names)).revision == 1


def test_aconite_and_pinellia_do_not_stand_together(sign: Sign, make_herb: MakeHerb) -> None:
    with pytest.raises(errors.UnsafeToPrescribe) as refusal:
        sign(make_herb("附子(饮片,制)", 9, "先煎"), make_herb("法半夏(饮片)", 9))
    assert "法半夏" in str(refusal.value.details["findings"])


def test_a_herb_above_its_ceiling_needs_a_second_signature(sign: Sign, make_herb: MakeHerb) -> None:
    with pytest.raises(errors.WarningNeedsReason):
        sign(make_herb("细辛(饮片)", 6))
    reason = FindingReason(key="herb_grams:D0186:", text="寒凝重证，先煎减毒，双签")
    assert sign(make_herb("细辛(饮片)", 6), reasons=[reason]).findings[0]["check"] == "herb_grams"


def test_more_than_seven_doses_need_a_reason(sign: Sign, make_herb: MakeHerb) -> None:
    with pytest.raises(errors.DaysNeedReason):
        sign(make_herb("黄芪(饮片)", 15), doses=14)
    assert sign(make_herb("黄芪(饮片)", 15), doses=14, long_reason="慢性病").doses == 14


def test_a_western_drug_does_not_stand_among_herbs(sign: Sign, make_herb: MakeHerb) -> None:
    with pytest.raises(errors.HerbsMixed):
        sign(make_herb("阿莫西林胶囊", 1))
