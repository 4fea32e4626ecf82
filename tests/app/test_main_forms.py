"""The rule about main forms: what a centre may arrange, and what its arrangement means."""

from typing import Any

import pytest
from flask import Flask

from app.main_forms import FormField, MainForm, NotPossible, arranged, checked, hidden_names, shown, unfilled
from app.use_cases import registry

pytestmark = pytest.mark.one_engine
FORM = MainForm(
    name="x.y",
    label="Y",
    cases=("x.make",),
    fields=(
        FormField(name="name", label="Name", is_needed=True),
        FormField(name="sex", label="Sex", stays=True, may_be_required=False),
        FormField(name="phone", label="Phone"),
        FormField(name="is_soldier", label="Soldier", type="checkbox"),
        FormField(name="job", label="Job", can_wait=True),
        FormField(name="more-waist", label="Waist", part="More"),
        FormField(name="more-glucose", label="Glucose", part="More"),
    ),
)
ALL = [field.name for field in FORM.fields]


def names(choice: dict[str, Any], **how: Any) -> list[str]:
    """The shown fields of the form by name."""
    return [placed.field.name for placed in shown(FORM, choice, **how)]


def test_without_a_choice_the_declaration_holds() -> None:
    assert names({}) == ALL
    assert [p.field.name for p in arranged(FORM, {}) if p.is_required] == ["name"]
    assert names({}, is_short=True) == [name for name in ALL if name != "job"]


def test_the_order_is_the_centres_within_each_part() -> None:
    order = ["more-glucose", "phone", "name", "sex", "is_soldier", "job", "more-waist"]
    expected = ["phone", "name", "sex", "is_soldier", "job", "more-glucose", "more-waist"]
    assert names({"order": order}) == expected


def test_a_field_that_a_release_adds_stands_behind_its_neighbour() -> None:
    assert names({"order": ["job", "phone", "name"]})[:5] == ["job", "phone", "is_soldier", "name", "sex"]
    assert "gone" not in names({"order": ["gone", "job"]})


def test_hidden_is_not_shown_and_not_read_but_never_what_a_rule_needs() -> None:
    choice = {"hidden": ["phone", "name", "sex"]}
    assert "phone" not in names(choice)
    assert {"name", "sex"} <= set(names(choice))
    assert hidden_names(FORM, choice) == {"phone"}


def test_a_short_form_asks_for_what_the_centre_insists_on() -> None:
    assert "job" in names({"required": ["job"]}, is_short=True)


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_what_is_required_and_empty_is_named(empty: Any) -> None:
    choice = {"required": ["phone", "more-waist"]}
    assert unfilled(FORM, choice, {"phone": empty, "more": {"waist": 3}}) == ["phone"]
    assert unfilled(FORM, choice, {"phone": "1", "more": None}) == ["more-waist"]
    assert unfilled(FORM, choice, {"more": {"waist": 0}}) == []  # this use case knows no phone


@pytest.mark.parametrize(
    "wrong",
    [
        {"order": ["nothing"]},
        {"hidden": ["name"]},
        {"hidden": ["sex"]},
        {"required": ["sex"]},
        {"required": ["is_soldier"]},
        {"required": ["name"]},
        {"hidden": ["phone"], "required": ["phone"]},
    ],
)
def test_what_the_declaration_does_not_allow_is_refused(wrong: dict[str, list[str]]) -> None:
    with pytest.raises(NotPossible):
        checked(FORM, **{"order": [], "hidden": [], "required": [], **wrong})


def test_only_what_departs_from_the_declaration_is_kept() -> None:
    assert checked(FORM, order=ALL, hidden=[], required=[]) == {}
    assert checked(FORM, order=ALL, hidden=["phone"], required=["job"]) == {
        "hidden": ["phone"],
        "required": ["job"],
    }


def test_every_declared_field_is_an_argument_of_its_use_cases(app: Flask) -> None:
    forms = app.extensions["his_registry"].forms
    assert set(forms) == {"patients.resident", "registration.visit", "clinic.vital_signs", "clinic.record"}
    for form in forms.values():
        known: set[str] = set()
        for case in (*form.cases, *form.drafts):
            known |= set(registry[case].schema.model_fields)
        assert {field.name.split("-")[0] for field in form.fields} <= known


def test_a_required_argument_of_every_use_case_is_never_hidden(app: Flask) -> None:
    for form in app.extensions["his_registry"].forms.values():
        for case in (*form.cases, *form.drafts):
            for name, field in registry[case].schema.model_fields.items():
                declared = form.field(name)
                assert declared is None or not (field.is_required() and declared.may_hide), (form.name, name)
