"""Whatever stands in the trail has words that people read; no code stands there alone."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from markupsafe import escape

from app import trail, use_cases
from app.actor import Actor
from app.errors import PermissionDenied
from app.i18n import force_locale
from app.registry import installed
from modules.charging import services as charging

ROOT = Path(__file__).parents[2]
WRITERS = {"record", "note", "reading"}


def _recorded(tree: ast.AST) -> Iterator[str]:
    """The first arguments of the trail's writers; both ends of a choice between two."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in WRITERS and ast.unparse(node.func.value) == "audit":
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and "." in part.value:
                    yield part.value


def _acts_by_room() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for folder, depth in (("app", 1), ("tenants", 1), ("modules", 2)):
        for path in sorted((ROOT / folder).rglob("*.py")):
            room = "accounts" if folder == "app" else path.relative_to(ROOT).parts[depth - 1]
            found.setdefault(room, set()).update(_recorded(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def test_every_act_has_words_and_no_words_stand_for_nothing(app: Flask) -> None:
    recorded = _acts_by_room()
    assert sum(map(len, recorded.values())) > 100
    for name, module in installed().modules.items():
        assert set(module.acts) == recorded.pop(name, set()), name
    assert {room for room, acts in recorded.items() if acts} == set()


@pytest.mark.parametrize("locale", ["zh_Hans", "en"])
def test_a_refused_use_case_has_words_too(app: Flask, locale: str) -> None:
    with app.test_request_context(), force_locale(locale):
        for name in installed().modules:
            for case in use_cases.registry.values():
                if case.module == name:
                    assert trail.words_of(_row(case.name, case.name)) != case.name


def test_a_code_that_two_rooms_use_is_said_in_the_words_of_each(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert trail.words_of(_row("template.saved", "clinic.save_template")) == "Record template saved"
        assert (
            trail.words_of(_row("template.saved", "registration.save_template")) == "Line of the week saved"
        )


def test_the_trail_is_read_and_searched_in_words(sign_in: Any, doctor: Actor, cashier: Actor) -> None:
    charging.open_shift(float_amount="100", by=cashier)
    with pytest.raises(PermissionDenied):
        charging.open_shift(float_amount="100", by=doctor)
    client = sign_in("auditor")
    page = client.get("/trail/?action=开班").text
    assert "收费员开班" in page
    assert "shift.opened" not in page
    assert page.partition("<tbody")[2].count('<tr class="tr">') == 1
    assert "收费员开班" in client.get("/trail/?action=shift.").text
    client.set_cookie("his_language", "en")
    page = client.get("/trail/?outcome=refused").text
    words = installed().permissions[use_cases.registry["charging.open_shift"].permission].label
    assert str(escape(words)) in page
    assert "Shift begun" in client.get("/trail/?action=shift begun").text


def _row(action: str, use_case: str) -> Any:
    return SimpleNamespace(action=action, use_case=use_case)
