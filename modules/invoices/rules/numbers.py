"""Numbers of paper and the ranges they make: each used, voided or open, none unexplained."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

BatchT = TypeVar("BatchT", bound=tuple[str, ...])


@dataclass(frozen=True, slots=True)
class NumberUse:
    """What one number of a book was used for: a word for its kind, whose it is, and why it is void."""

    no: int
    use: str
    who: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Numbers one after the other with the same use by the same person, void for the same reason."""

    first: int
    last: int
    use: str
    who: str
    why: str = ""

    @property
    def count(self) -> int:
        """How many numbers."""
        return self.last - self.first + 1


GAP = "gap"  # a number that was given out and stands nowhere: never in a sound book


def number_text(prefix: str, no: int, digits: int) -> str:
    """A number as it is printed on the sheet."""
    return f"{prefix}{no:0{digits}d}"


def ranges_of(uses: Iterable[NumberUse], *, first: int, before: int) -> list[NumberRange]:
    """The numbers from `first` on and below `before` as ranges; what stands nowhere is a gap."""
    known = {use.no: use for use in uses}
    found: list[NumberRange] = []
    for no in range(first, before):
        use = known.get(no, NumberUse(no, GAP, ""))
        last = found[-1] if found else None
        if last and (last.use, last.who, last.why) == (use.use, use.who, use.why):
            found[-1] = NumberRange(last.first, no, last.use, last.who, last.why)
        else:
            found.append(NumberRange(no, no, use.use, use.who, use.why))
    return found


def runs_of(numbers: Iterable[tuple[BatchT, int]]) -> list[tuple[BatchT, int, int]]:
    """Numbers of several batches as runs without a hole: (batch, first, last), in order."""
    runs: list[tuple[BatchT, int, int]] = []
    for book, no in sorted(set(numbers)):
        if runs and runs[-1][0] == book and runs[-1][2] + 1 == no:
            runs[-1] = (book, runs[-1][1], no)
        else:
            runs.append((book, no, no))
    return runs


def printed_alike(prefix: str, digits: int, other_prefix: str, other_digits: int) -> tuple[int, int] | None:
    """What both prefixes add to their numbers where these can come out as the same text; else None."""
    head, tail = _split(prefix)
    other_head, other_tail = _split(other_prefix)
    if head != other_head or len(tail) + digits != len(other_tail) + other_digits:
        return None
    return int(tail or 0) * 10**digits, int(other_tail or 0) * 10**other_digits


def _split(prefix: str) -> tuple[str, str]:
    head = prefix.rstrip("0123456789")
    return head, prefix[len(head) :]


def overlap(first: int, last: int, other_first: int, other_last: int) -> bool:
    """Whether two ranges share a number."""
    return first <= other_last and other_first <= last
