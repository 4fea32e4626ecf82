"""The inventory of personal data: ``write`` makes docs/security/personal_data.md of the table beside it."""

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "security"
SOURCE, PAGE = FOLDER / "personal_data.toml", FOLDER / "personal_data.md"
FACTS = ("purpose", "basis", "level", "retention", "seen_by", "written_by")


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is written down about the fields of all tables."""

    kinds: dict[str, dict[str, Any]]
    kind_of_column: dict[str, str]  # table.column → kind
    kind_of_table: dict[str, str]  # for numbers, choices, moments and keys
    plain: frozenset[str]  # tables without a person


def read() -> Inventory:
    """The table as it stands; a field that stands there twice is an error."""
    found = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    columns: dict[str, str] = {}
    tables: dict[str, str] = {}
    for name, kind in found["kinds"].items():
        for entries, known in ((kind.get("columns", []), columns), (kind.get("tables", []), tables)):
            for entry in entries:
                if entry in known:
                    raise ValueError(f"{entry} stands in {known[entry]} and in {name}")
                known[entry] = name
    return Inventory(found["kinds"], columns, tables, frozenset(found["plain"]["tables"]))


def page(inventory: Inventory) -> str:
    """The inventory for people."""
    lines = [
        "# Personal data",
        "",
        "Made by `python deploy/personal_data.py write` from `personal_data.toml`; do not edit.",
        "",
    ]
    for name, kind in inventory.kinds.items():
        lines += [f"## {name}", ""]
        lines += [f"- {fact.replace('_', ' ')}: {kind[fact]}" for fact in FACTS]
        lines += [
            "",
            *[f"- `{column}`" for column in sorted(kind.get("columns", []))],
            *[f"- `{table}`: its other fields" for table in sorted(kind.get("tables", []))],
            "",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:] != ["write"]:
        sys.exit("usage: python deploy/personal_data.py write")
    PAGE.write_text(page(read()), encoding="utf-8")
