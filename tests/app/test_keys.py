"""Schemes of keys: every act has a key of its own in each, none that a browser keeps, and templates know none."""

import re
from pathlib import Path

import pytest

from app.config import ROOT
from app.keys import ACTS, LABELS, SCHEMES, STANDARD, key_in

pytestmark = pytest.mark.one_engine
TEMPLATES = [*ROOT.glob("app/templates/**/*.html"), *ROOT.glob("tenants/templates/**/*.html")]
TEMPLATES += ROOT.glob("modules/*/templates/**/*.html")
SCRIPTS = [*ROOT.glob("app/static/js/*.js")]
RESERVED = {  # a page never gets them, or people would miss what they do everywhere else
    *(
        "Ctrl+W",
        "Ctrl+T",
        "Ctrl+N",
        "Ctrl+Shift+W",
        "Ctrl+Shift+T",
        "Ctrl+Shift+N",
        "Ctrl+Tab",
        "Ctrl+R",
        "Ctrl+L",
    ),
    *(
        "F5",
        "F11",
        "F12",
        "Alt+F4",
        "Alt+Tab",
        "Alt+Space",
        "Alt+D",
        "Alt+E",
        "Alt+F",
        "Alt+Home",
        "Ctrl+Shift+I",
    ),
    *(
        "Ctrl+C",
        "Ctrl+V",
        "Ctrl+X",
        "Ctrl+A",
        "Ctrl+Z",
        "Ctrl+Y",
        "Ctrl+Shift+J",
        "Ctrl+F",
        "Alt+Left",
        "Alt+Right",
    ),
    *("Ctrl+Space", "Shift+Space", "Ctrl+.", "Ctrl+Shift+F"),  # input methods
}
THE_SCRIPTS_OWN = {"?", "Ctrl+S", *(f"Alt+{digit}" for digit in range(1, 10))}  # the same in every scheme
_KEY = re.compile(r"""key(?:_of\(|=|: )'([A-Z]\w*(?:\+\w+)?)'""")


def declared(files: list[Path]) -> set[str]:
    """Keys, as the standard has them, that files name."""
    return {key for file in files for key in _KEY.findall(file.read_text(encoding="utf-8"))}


def test_every_key_of_a_page_is_an_act_and_every_act_is_on_a_page() -> None:
    assert declared([*TEMPLATES, *SCRIPTS]) | {"F1"} == set(ACTS)


def test_no_template_knows_a_scheme() -> None:
    wrong = [
        (file.name, line.strip())
        for file in TEMPLATES
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"""data-key="(?!\{\{ key_of\()|'data-key': (?!key_of\()|<kbd[^>]*>[A-Z]""", line)
        or any(f"'{scheme}'" in line for scheme in ("classic", "laptop"))
    ]
    assert wrong == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_scheme_has_one_key_for_each_act(scheme: str) -> None:
    keys = [key_in(scheme, key) for key in ACTS]
    assert len(set(keys)) == len(ACTS)
    assert not set(keys) & THE_SCRIPTS_OWN
    assert set(SCHEMES[scheme]) <= set(ACTS)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_scheme_takes_no_key_from_the_browser(scheme: str) -> None:
    assert not {key_in(scheme, key) for key in ACTS} & RESERVED


def test_a_laptop_needs_no_function_key() -> None:
    assert [key for key in ACTS if re.search(r"F\d|Ins|Del", key_in("laptop", key))] == []


def test_every_scheme_has_words() -> None:
    assert set(LABELS) == set(SCHEMES)
    assert key_in("no such scheme", "F8") == key_in(STANDARD, "F8") == "F8"
