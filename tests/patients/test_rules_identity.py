from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.patients.rules.identity import (
    IdNumberFault,
    Sex,
    birth_date_conflicts,
    id_15_to_18,
    id_check_digit,
    read_id_number,
)

TODAY = date(2026, 11, 22)
FIRST_17 = st.builds(
    lambda region, born, serial: f"{region:06d}{born:%Y%m%d}{serial:03d}",
    st.integers(0, 999999),
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(0, 999),
)


@pytest.mark.parametrize(
    ("number", "sex", "born"),
    [
        ("990000195801011239", Sex.MALE, date(1958, 1, 1)),
        ("990000198506152462", Sex.FEMALE, date(1985, 6, 15)),
        ("990000202003101355", Sex.MALE, date(2020, 3, 10)),
        ("11010519491231002X", Sex.FEMALE, date(1949, 12, 31)),
    ],
)
def test_a_true_number_tells_sex_and_birth_date(number, sex, born):
    reading = read_id_number(number, today=TODAY)
    assert (reading.is_valid, reading.sex, reading.birth_date) == (True, sex, born)


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("990000195801011230", IdNumberFault.CHECK_DIGIT),
        ("990000202002301355", IdNumberFault.BIRTH_DATE),
        ("99000019580101123", IdNumberFault.SHAPE),
        ("99000019580101123A", IdNumberFault.SHAPE),
        ("", IdNumberFault.SHAPE),
    ],
)
def test_a_wrong_number_says_what_is_wrong(number, fault):
    assert read_id_number(number, today=TODAY).fault is fault


def test_nobody_is_born_tomorrow():
    first_17 = "99000020261123101"
    number = first_17 + id_check_digit(first_17)
    assert read_id_number(number, today=TODAY).fault is IdNumberFault.FUTURE_BIRTH
    assert read_id_number(number, today=date(2026, 11, 23)).is_valid


def test_full_width_and_lower_case_typing_is_understood():
    assert read_id_number(" １１０１０５１９４９１２３１００２ｘ ", today=TODAY).is_valid


def test_an_unknown_region_does_not_refuse_a_number():
    assert read_id_number("990000195801011239", today=TODAY).is_valid


def test_a_15_digit_number_becomes_the_18_character_one():
    assert id_15_to_18("110105491231002") == "11010519491231002X"
    assert id_15_to_18("110105490230002") is None
    assert id_15_to_18("11010549123100") is None
    assert id_15_to_18("110105491231997") is None


def test_a_typed_birth_date_may_not_contradict_the_number():
    reading = read_id_number("990000198506152462", today=TODAY)
    assert birth_date_conflicts(reading, date(1985, 6, 16))
    assert not birth_date_conflicts(reading, date(1985, 6, 15))
    assert not birth_date_conflicts(reading, None)


@given(first_17=FIRST_17)
def test_every_number_with_its_check_digit_stands(first_17):
    assert read_id_number(first_17 + id_check_digit(first_17), today=TODAY).is_valid


@given(first_17=FIRST_17, position=st.integers(0, 16), shift=st.integers(1, 9))
def test_one_mistyped_digit_is_always_noticed(first_17, position, shift):
    number = first_17 + id_check_digit(first_17)
    other = str((int(number[position]) + shift) % 10)
    mistyped = number[:position] + other + number[position + 1 :]
    assert read_id_number(mistyped, today=TODAY).fault is IdNumberFault.CHECK_DIGIT


@given(first_17=FIRST_17, position=st.integers(0, 15))
def test_two_swapped_digits_are_always_noticed(first_17, position):
    number = first_17 + id_check_digit(first_17)
    if number[position] != number[position + 1]:
        swapped = number[:position] + number[position + 1] + number[position] + number[position + 2 :]
        assert not read_id_number(swapped, today=TODAY).is_valid


@given(text=st.text(max_size=25))
def test_no_typing_breaks_the_reader(text):
    read_id_number(text, today=TODAY)
    id_15_to_18(text)
