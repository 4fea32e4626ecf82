"""What a night's findings change in the list of faults."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.registry import Finding

MOST = 300  # characters of a side that are kept


@dataclass(frozen=True, slots=True)
class Known:
    """A fault that stands in the list: what was found, and whether it was explained."""

    found: str
    wanted: str
    is_explained: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """New faults, those that stand (``again`` differ from what was explained), and those that are gone."""

    new: dict[str, Finding]
    standing: dict[str, Finding]
    again: frozenset[str]
    gone: frozenset[str]


def changes_of(findings: Iterable[Finding], known: Mapping[str, Known]) -> Changes:
    """Compare a night's findings with the open faults, by the identity's name.

    An explanation holds as long as the same is found; other numbers are a question again.
    """
    failing = {finding.name: finding for finding in findings if not finding.holds}
    standing = {name: finding for name, finding in failing.items() if name in known}
    return Changes(
        new={name: finding for name, finding in failing.items() if name not in known},
        standing=standing,
        again=frozenset(name for name, finding in standing.items() if _is_other(finding, known[name])),
        gone=frozenset(known.keys() - failing.keys()),
    )


def _is_other(finding: Finding, known: Known) -> bool:
    return known.is_explained and (finding.left, finding.right) != (known.found, known.wanted)
