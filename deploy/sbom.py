"""Write build/sbom.json: what the product is made of (CycloneDX 1.5), from the locks of Python and of the pages' files.

sbom.py [FILE]
"""

import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def python_parts(lock: str) -> list[dict[str, Any]]:
    """Libraries of a requirements lock."""
    parts: list[dict[str, Any]] = []
    for line in lock.splitlines():
        if named := PINNED.match(line):
            name, version = named[1].lower(), named[2]
            parts.append(_part(name, version, f"pkg:pypi/{quote(name)}@{version}"))
        for found in HASH.findall(line):
            parts[-1]["hashes"].append({"alg": "SHA-256", "content": found})
    return parts


def browser_parts(lock: dict[str, Any]) -> list[dict[str, Any]]:
    """Packages that the pages' files come from."""
    return [
        _part(name, told["version"], f"pkg:npm/{quote(name, safe='/')}@{told['version']}")
        for path, told in sorted(lock["packages"].items())
        if path and (name := path.rpartition("node_modules/")[2])
    ]


def _part(name: str, version: str, purl: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "hashes": []}


def bill(root: Path = ROOT) -> dict[str, Any]:
    """The whole document; the same locks give the same text."""
    parts = python_parts((root / "requirements.lock").read_text(encoding="utf-8"))
    parts += browser_parts(json.loads((root / "package-lock.json").read_text(encoding="utf-8")))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "community-cloud-his"}},
        "components": parts,
    }


def main(arguments: list[str]) -> None:
    """Write it."""
    target = Path(arguments[0]) if arguments else ROOT / "build" / "sbom.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    told = bill()
    target.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(f"{target}: {len(told['components'])} parts")


if __name__ == "__main__":
    main(sys.argv[1:])
