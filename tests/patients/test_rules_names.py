import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pinyin import drug_pinyin, name_pinyin
from modules.patients.rules.names import (
    is_acceptable_name,
    is_mobile,
    mask_identifier,
    mask_name,
    normalise_name,
    normalise_phone,
)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("　张　 明 ", "张明"),
        ("买买提•艾力", "买买提·艾力"),
        ("买买提 . 艾力", "买买提·艾力"),
        ("Ｊｏｈｎ   Smith", "John Smith"),
        ("", ""),
    ],
)
def test_a_name_has_one_written_form(typed, written):
    assert normalise_name(typed) == written


@given(text=st.text(max_size=60))
def test_a_written_name_stays_as_it_is(text):
    assert normalise_name(normalise_name(text)) == normalise_name(text)


def test_a_name_has_2_to_50_characters():
    assert is_acceptable_name("张明")
    assert not is_acceptable_name(" 张 ")
    assert not is_acceptable_name("张" * 51)
    assert not is_acceptable_name("12")


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("199 0000 0001", "19900000001"),
        ("+86-19900000001", "19900000001"),
        ("008619900000001", "19900000001"),
        ("１９９０００００００１", "19900000001"),
        ("010-12345678", None),
        ("010-62345678", "010-62345678"),
        ("01062345678", "010-62345678"),
        ("07312345678", "0731-2345678"),
        ("(0731)82345678", "0731-82345678"),
        ("62345678", "62345678"),
        ("12900000001", None),
        ("abc", None),
    ],
)
def test_a_phone_number_has_one_written_form(typed, phone):
    assert normalise_phone(typed) == phone


def test_only_a_mobile_receives_messages():
    assert is_mobile("19900000001")
    assert not is_mobile("010-62345678")


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("王测试", "wangceshi", "wcs"),
        ("王侧试", "wangceshi", "wcs"),
        ("曾小贤", "zengxiaoxian", "zxx"),
        ("单雄信", "shanxiongxin", "sxx"),
        ("解晓东", "xiexiaodong", "xxd"),
        ("仇英", "qiuying", "qy"),
        ("朴正", "piaozheng", "pz"),
        ("查良", "zhaliang", "zl"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("万俟卨", "moqixie", "mqx"),
        ("万里", "wanli", "wl"),
        ("单于明", "chanyuming", "cym"),
        ("欧阳明", "ouyangming", "oym"),
        ("吕明", "lvming", "lm"),
        ("王长青", "wangchangqing", "wcq"),
        ("赵朝会", "zhaochaohui", "zch"),  # 朝会 is no word in a name
        ("买买提·艾力", "maimaitiaili", "mmtal"),
        ("John Smith", "johnsmith", "js"),
        ("", "", ""),
    ],
)
def test_a_name_is_found_by_its_sound(name, full, initials):
    key = name_pinyin(name)
    assert (key.full, key.initials) == (full, initials)


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("阿莫西林胶囊", "amxljn"),
        ("阿莫西林克拉维酸钾片", "amxlklwsjp"),
        ("白术(饮片)", "bzyp"),
        ("薄荷(饮片)", "bhyp"),
        ("川芎茶调颗粒", "cxctkl"),
        ("单硝酸异山梨酯片", "dxsyslzp"),
        ("碳酸钙D3片", "tsgd3p"),
    ],
)
def test_a_drug_is_found_by_its_initials(name, initials):
    assert drug_pinyin(name).initials == initials


@given(text=st.text(max_size=30))
def test_search_keys_are_plain_lower_case(text):
    for key in (name_pinyin(text), drug_pinyin(text)):
        assert key.full == key.full.lower()
        assert len(key.initials) <= len(key.full)


@pytest.mark.parametrize(
    ("name", "masked"), [("张小明", "张*明"), ("张明", "张*"), ("欧阳小明", "欧**明"), ("", "")]
)
def test_a_public_screen_masks_names(name, masked):
    assert mask_name(name) == masked


def test_numbers_are_masked_but_recognisable():
    assert mask_identifier("990000198506152462") == "990***********2462"
    assert mask_identifier("1234") == "**34"
    assert mask_identifier("12") == "**"


@given(number=st.text("0123456789X", min_size=9, max_size=20))
def test_a_masked_number_hides_all_but_seven(number):
    assert sum(letter != "*" for letter in mask_identifier(number)) == 7


def test_a_name_reads_the_same_before_and_after_words_are_known():
    read = "import sys; from app.pinyin import drug_pinyin, name_pinyin"
    shown = "print(name_pinyin('刘重阳').full); print('pypinyin.phrases_dict' in sys.modules)"
    lines = [read, shown, "drug_pinyin('丹参片')", shown]
    told = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["liuchongyang", "False", "liuchongyang", "True"]
