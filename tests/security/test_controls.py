"""The page of controls: every one is shown by a test, or stands open with a reason and a day."""

from datetime import date
from pathlib import Path

import pytest
from support.tools import tool

ROOT = Path(__file__).resolve().parents[2]
WANTED = {
    *(f"IDN-{number:02}" for number in (*range(1, 8), 10)),
    *(f"ACC-{number:02}" for number in (*range(1, 10), 12, 13)),
    *(f"AUD-{number:02}" for number in range(1, 7)),
    *(f"DAT-{number:02}" for number in (*range(1, 6), 7, 9)),
    *(f"PII-{number:02}" for number in (1, 3, 4)),
    *(f"APP-{number:02}" for number in (*range(1, 12), 14)),
    "OPS-02",
}


controls = tool("controls")
LIST = {control["id"]: control for control in controls.read_controls()}


def test_every_wanted_control_is_shown_or_open_with_a_reason() -> None:
    shown = controls.collect()
    silent = {name for name in WANTED | set(LIST) if name not in shown and "open" not in LIST.get(name, {})}
    assert silent == set()
    assert set(LIST) >= WANTED


def test_what_stands_open_says_why_and_since_when() -> None:
    for control in LIST.values():
        if left := control.get("open"):
            assert len(left["reason"]) > 5
            assert date.fromisoformat(left["since"])


def test_no_test_names_a_control_that_does_not_exist() -> None:
    assert set(controls.collect()) - set(LIST) == set()


def test_names_and_marks_are_both_read(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_one.py").write_text(
        "import pytest\ndef test_idn_03_a() -> None: ...\n"
        '@pytest.mark.control("ACC-06", "ACC-07")\n@pytest.mark.slow\ndef test_b() -> None: ...\n'
        "def test_nothing() -> None: ...\n"
    )
    found = controls.collect(folder)
    assert {name: [test.name for test in own] for name, own in found.items()} == {
        "IDN-03": ["test_idn_03_a"],
        "ACC-06": ["test_b"],
        "ACC-07": ["test_b"],
    }


def test_the_page_says_what_the_run_said(tmp_path: Path) -> None:
    run = tmp_path / "run.xml"
    run.write_text(
        '<testsuites><testsuite><testcase classname="tests.a.test_x" name="test_idn_03_a[sqlite]"/>'
        '<testcase classname="tests.a.test_x" name="test_idn_03_a[postgresql]"><failure/></testcase>'
        '<testcase classname="tests.a.test_x" name="test_b"><skipped/></testcase></testsuite></testsuites>'
    )
    results = controls.read_results(run)
    one, two = (
        controls.Test("tests/a/test_x.py", "test_idn_03_a"),
        controls.Test("tests/a/test_x.py", "test_b"),
    )
    assert results == {one: {"passed": 1, "failed": 1}, two: {"left out": 1}}
    listed = [
        {"id": "IDN-03", "words": "w"},
        {"id": "IDN-08", "words": "w", "open": {"reason": "r", "since": "d"}},
    ]
    text = controls.page(listed, {"IDN-03": [one]}, results, controls.engines_of(run))
    assert "| **IDN-03** shown | w | `tests/a/test_x.py` 1 | 1 passed, 1 failed |  |" in text
    assert "| **IDN-08** open | w |  |  | r (d) |" in text
    assert "1 shown, 0 partly, 1 open. Engines of the last run: sqlite, postgresql." in text


@pytest.mark.parametrize(("is_open", "count", "state"), [(0, 0, "open"), (1, 1, "partly"), (0, 1, "shown")])
def test_partly_is_not_shown(is_open: int, count: int, state: str) -> None:
    assert controls.state_of({"open": {}} if is_open else {}, [None] * count) == state
