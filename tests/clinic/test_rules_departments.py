"""Which departments practise Chinese medicine."""

import pytest

from modules.clinic.rules.record import is_chinese_medicine


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("50", "传统医学门诊"),
        ("50.01", "内科专业"),
        ("52", "结合科"),
        ("TCM", "国医堂"),
        ("D7", "针灸推拿科"),
        ("D8", "中西医结合科"),
    ],
)
def test_by_number_or_by_name(code: str, name: str) -> None:
    assert is_chinese_medicine(code=code, name=name)


@pytest.mark.parametrize(
    ("code", "name"), [("02", "全科医疗科"), ("500", "康复科"), ("GP", "全科"), ("03", "内科")]
)
def test_others_do_not(code: str, name: str) -> None:
    assert not is_chinese_medicine(code=code, name=name)
