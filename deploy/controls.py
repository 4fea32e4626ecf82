"""Write docs/security/controls.md: each control, the tests that show it, what the last run said, and what is open.

    controls.py [--junit FILE]…    the table, with the results of runs (pytest --junitxml=FILE); a later one counts
    controls.py --list             the tests' files, for pytest

A test shows a control by its name (``test_idn_03_…``) or by ``@pytest.mark.control("IDN-03")``. What
stands open, and why, is in docs/security/controls.json.
"""

import argparse
import ast
import json
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONTROLS = ROOT / "docs" / "security" / "controls.json"
PAGE = ROOT / "docs" / "security" / "controls.md"
NAMED = re.compile(r"^test_([a-z]{3})_(\d\d)_")
HEAD = """# Security controls and what shows them

Made by `make controls` from the tests and [controls.json](controls.json): do not edit. *shown*: tests, nothing open;
*partly*: tests, and something open; *open*: no test. Results are those of the last run that was read.
"""


@dataclass(frozen=True, slots=True)
class Test:
    """One test function."""

    file: str
    name: str


def read_controls() -> list[dict[str, Any]]:
    """The list, in its order."""
    found: list[dict[str, Any]] = json.loads(CONTROLS.read_text(encoding="utf-8"))
    return found


def collect(folder: Path = ROOT / "tests") -> dict[str, list[Test]]:
    """Control → the tests that show it, by their names and marks."""
    found: dict[str, list[Test]] = defaultdict(list)
    for file in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        where = str(file.relative_to(folder.parent))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for control in sorted(set(_ids_of(node))):
                    found[control].append(Test(where, node.name))
    return dict(found)


def _ids_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    if named := NAMED.match(node.name):
        yield f"{named[1].upper()}-{named[2]}"
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.control":
            yield from (str(ast.literal_eval(argument)) for argument in mark.args)


def read_results(file: Path) -> dict[Test, Counter[str]]:
    """Test → how many of its cases passed, failed or were left out."""
    found: dict[Test, Counter[str]] = defaultdict(Counter)
    for case in ET.parse(file).iter("testcase"):  # noqa: S314  see above
        path = case.get("classname", "").replace(".", "/") + ".py"
        name = case.get("name", "").split("[")[0]
        kinds = {child.tag for child in case}
        state = "failed" if kinds & {"failure", "error"} else "left out" if "skipped" in kinds else "passed"
        found[Test(path, name)][state] += 1
    return dict(found)


def engines_of(file: Path) -> list[str]:
    """On which engines a run was."""
    text = file.read_text(encoding="utf-8")
    return [name for name in ("sqlite", "postgresql", "mssql") if f"[{name}" in text]


def state_of(control: dict[str, Any], tests: list[Test]) -> str:
    """Shown, partly shown, or open."""
    if not tests:
        return "open"
    return "partly" if "open" in control else "shown"


def page(
    controls: list[dict[str, Any]],
    tests: dict[str, list[Test]],
    results: dict[Test, Counter[str]],
    engines: list[str],
) -> str:
    """The page's text."""
    states = Counter(state_of(control, tests.get(control["id"], [])) for control in controls)
    told = ", ".join(f"{states[state]} {state}" for state in ("shown", "partly", "open"))
    ran_on = f" Engines of the last run: {', '.join(engines)}." if engines else ""
    lines = [
        HEAD,
        f"{told}.{ran_on}",
        "",
        "| Control | | Tests | Last run | Open |",
        "| --- | --- | --- | --- | --- |",
    ]
    for control in controls:
        own = tests.get(control["id"], [])
        ran = sum((results.get(test, Counter()) for test in own), Counter())
        said = ", ".join(f"{count} {state}" for state, count in sorted(ran.items(), reverse=True))
        left = control.get("open")
        why = f"{left['reason']} ({left['since']})" if left else ""
        files = "; ".join(f"`{file}` {count}" for file, count in Counter(one.file for one in own).items())
        state = state_of(control, own)
        said = said or ("not run" if own else "")
        lines.append(f"| **{control['id']}** {state} | {control['words']} | {files} | {said} | {why} |")
    lines += ["", "## The tests", ""]
    for control in controls:
        if own := tests.get(control["id"], []):
            lines.append(f"- **{control['id']}**")
            lines += [
                f"    - `{test.file}` {test.name.removeprefix('test_').replace('_', ' ')}" for test in own
            ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the page, or list the tests."""
    parser = argparse.ArgumentParser(description="Security controls and what shows them.")
    parser.add_argument("--junit", type=Path, action="append", default=[])
    parser.add_argument("--list", action="store_true")
    told = parser.parse_args(arguments)
    tests = collect()
    if told.list:
        print("\n".join(sorted({f"{test.file}::{test.name}" for own in tests.values() for test in own})))
        return 0
    results = {test: counts for file in told.junit for test, counts in read_results(file).items()}
    engines = sorted({engine for file in told.junit for engine in engines_of(file)})
    PAGE.write_text(page(read_controls(), tests, results, engines), encoding="utf-8")
    failed = sum(counts["failed"] for counts in results.values())
    print(f"{PAGE.relative_to(ROOT)}: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
