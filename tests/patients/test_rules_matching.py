from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.patients.rules.identity import DocumentType, Sex
from modules.patients.rules.matching import MatchAction, PersonTraits, match, rank_matches
from modules.patients.rules.search import QueryKind, classify_query

A = PersonTraits(
    name="王测试",
    sex=Sex.FEMALE,
    birth_date=date(1985, 6, 15),
    document_type=DocumentType.RESIDENT_ID,
    document_number="990000198506152462",
    phone="19900000001",
    street_code="990000001",
)
NO_DOCUMENT = replace(A, document_type=None, document_number="", street_code="")

PEOPLE = st.builds(
    PersonTraits,
    name=st.sampled_from(["王测试", "王侧试", "李四", ""]),
    sex=st.sampled_from(Sex),
    birth_date=st.sampled_from([None, date(1985, 6, 15), date(2020, 1, 1)]),
    document_type=st.sampled_from([None, DocumentType.RESIDENT_ID, DocumentType.PASSPORT]),
    document_number=st.sampled_from(["", "990000198506152462", "E12345678"]),
    phone=st.sampled_from(["", "19900000001", "19900000002"]),
    street_code=st.sampled_from(["", "990000001"]),
    is_proxy_document=st.booleans(),
    birth_order=st.sampled_from([None, 1, 2]),
)


@pytest.mark.parametrize(
    ("newcomer", "rule", "action"),
    [
        (A, 1, MatchAction.LINK),
        (replace(A, name="王测式"), 2, MatchAction.BLOCK),
        (NO_DOCUMENT, 3, MatchAction.CONFIRM),
        (replace(NO_DOCUMENT, phone="19900000009"), 4, MatchAction.LIST),
        (replace(NO_DOCUMENT, sex=Sex.MALE, phone="19900000009"), 6, MatchAction.NEW),
        (replace(NO_DOCUMENT, name="王侧试"), 5, MatchAction.LIST),
    ],
    ids=["a", "b", "c", "d", "e", "f"],
)
def test_the_six_worked_cases_of_matching(newcomer, rule, action):
    result = match(newcomer, A)
    assert (result.rule, result.action) == (rule, action)


def test_the_same_street_is_as_good_as_the_same_phone():
    newcomer = replace(A, document_type=None, document_number="", phone="")
    assert match(newcomer, A).rule == 3


def test_a_newborn_is_never_matched_by_the_mothers_document():
    child = replace(A, name="王测试之女", birth_date=date(2026, 11, 20), is_proxy_document=True, phone="")
    assert match(child, A).rule == 6
    assert match(A, child).rule == 6


def test_twins_stay_two_people():
    first = replace(NO_DOCUMENT, name="王测试之女", birth_order=1)
    assert match(replace(first, birth_order=2), first).action is MatchAction.NEW
    assert match(first, first).action is MatchAction.CONFIRM


def test_unknown_is_never_equal_to_unknown():
    nobody = PersonTraits(name="王测试")
    assert match(nobody, nobody).action is MatchAction.NEW


@given(newcomer=PEOPLE, existing=PEOPLE)
def test_only_an_equal_own_document_links_by_itself(newcomer, existing):
    result = match(newcomer, existing)
    if result.action is MatchAction.LINK:
        assert newcomer.document_number == existing.document_number != ""
        assert newcomer.document_type == existing.document_type
        assert newcomer.name == existing.name
        assert not newcomer.is_proxy_document


@given(newcomer=PEOPLE, existing=PEOPLE)
def test_each_rule_keeps_its_score_band(newcomer, existing):
    result = match(newcomer, existing)
    low, high = {1: (100, 100), 2: (0, 0), 3: (90, 99), 4: (70, 89), 5: (70, 89), 6: (0, 0)}[result.rule]
    assert low <= result.score <= high


@given(newcomer=PEOPLE, existing=st.lists(PEOPLE, max_size=6))
def test_a_contradicting_document_is_shown_first(newcomer, existing):
    ranked = rank_matches(newcomer, enumerate(existing))
    blocks = [result.action is MatchAction.BLOCK for _, result in ranked]
    assert blocks == sorted(blocks, reverse=True)
    assert all(result.action is not MatchAction.NEW for _, result in ranked)


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("990000198506152462", (QueryKind.ID_NUMBER, QueryKind.NUMBER)),
        ("110105491231002", (QueryKind.ID_NUMBER,)),
        ("199 0000 0001", (QueryKind.PHONE, QueryKind.NUMBER)),
        ("0001", (QueryKind.PHONE_TAIL, QueryKind.NUMBER)),
        ("001", ()),
        ("MZ202611220001", (QueryKind.NUMBER,)),
        ("E12345678", (QueryKind.NUMBER,)),
        ("王测", (QueryKind.CHINESE_NAME,)),
        ("wcs", (QueryKind.PINYIN_INITIALS,)),
        ("wang", (QueryKind.PINYIN_FULL, QueryKind.PINYIN_INITIALS)),
        ("", ()),
    ],
)
def test_the_search_box_understands_what_is_typed(typed, kinds):
    assert classify_query(typed).kinds == kinds


def test_an_old_number_is_searched_in_its_new_form():
    assert classify_query("110105491231002").text == "11010519491231002X"


@given(text=st.text(max_size=40))
def test_no_typing_breaks_the_search_box(text):
    classify_query(text)
