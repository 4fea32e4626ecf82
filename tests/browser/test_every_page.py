"""Every line of every role's menu, in both languages and at both sizes: it opens, fits, reads as one."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from support.outpatients import make_patient, register

from app.actor import Actor
from app.registry import installed

pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_engine,
    pytest.mark.slow,
    pytest.mark.parametrize("setting", ["desktop-zh_Hans", "desktop-en"], indirect=True),
]
OpenDesk = Callable[[str], Any]
ROLES = (
    "registrar",
    "triage_nurse",
    "doctor",
    "cashier",
    "pharmacist",
    "storekeeper",
    "administrator",
    "accountant",
    "auditor",
    "security_administrator",
)
TABLET = {"width": 820, "height": 1180}
WORDS = ".nav-text, .nav-group, h1, h2, th, .btn, .field-label, .tab, .kpi-label, [data-hint-bar] .hint"
NAMES = re.compile(r"^[\W\d_]*$|^[A-Z0-9 .:/+-]+$|SpO₂|HIS|^cd\.|API|CSV|English|Logo", re.ASCII)
CHINESE = re.compile(r"[一-鿿]")


def _visible_words(page: Any) -> list[str]:
    """Labels, headings and buttons without the keys that stand on them."""
    found: list[str] = page.eval_on_selector_all(
        WORDS,
        """items => items.filter(item => item.getClientRects().length).map(item => {
            const copy = item.cloneNode(true);
            for (const other of copy.querySelectorAll('kbd, .tag, svg')) other.remove();
            return copy.textContent.trim();
        })""",
    )
    return [text for text in found if text]


def _missing_icons(page: Any) -> list[str]:
    """Icons that the sprite does not hold: they would leave a hole."""
    found: list[str] = page.evaluate(
        """async () => {
            const wanted = new Set([...document.querySelectorAll('use')].map(u => u.getAttribute('href')));
            const sprites = new Map();
            const missing = [];
            for (const href of wanted) {
                const [url, id] = href.split('#');
                if (!sprites.has(url)) sprites.set(url, await (await fetch(url)).text());
                if (!sprites.get(url).includes(`id="${id}"`)) missing.push(id);
            }
            return missing;
        }"""
    )
    return found


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_of_a_role(
    ours: dict[str, Any],
    registrar: Actor,
    doctor: Actor,
    setting: tuple[str, str],
    open_desk: OpenDesk,
    role: str,
) -> None:
    register(ours, make_patient(registrar), registrar=registrar, doctor=doctor)
    desk = open_desk(role)
    page = desk.page
    menu = page.eval_on_selector_all(".nav-item", "items => items.map(item => item.getAttribute('href'))")
    endpoints = {entry.endpoint for module in installed().modules.values() for entry in module.menu}
    assert 2 <= len(menu) <= len(endpoints) + 1
    faults = []
    for path in dict.fromkeys(["/home", *menu]):
        answer = page.goto(f"{desk.address}{path}")
        page.wait_for_load_state("load")
        page.wait_for_timeout(150)
        if answer.status != 200:
            faults.append(f"{path}: {answer.status}")
            continue
        if not page.title() or not page.query_selector("h1"):
            faults.append(f"{path}: no heading")
        faults += [f"{path}: no icon {name}" for name in _missing_icons(page)]
        words = [text for text in _visible_words(page) if not NAMES.search(text)]
        if setting[1] == "zh_Hans":
            faults += [f"{path}: {text!r} is not Chinese" for text in words if not CHINESE.search(text)]
        faults += [f"{path}: {pixels} px too wide at 1440" for pixels in [desk.overflow()] if pixels]
        page.set_viewport_size(TABLET)
        faults += [f"{path}: {pixels} px too wide at 820" for pixels in [desk.overflow()] if pixels]
        page.set_viewport_size({"width": 1440, "height": 900})
    assert "\n".join(faults) == ""
