"""What may be told of a failure in a log or a journal: kind and place, never its message.

The message of an exception repeats what somebody typed or what a row holds; it belongs in neither (AUD-05).
"""

import re
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from app.config import ROOT
from app.errors import DomainError

DEEPEST = 30  # frames of one failure
# C0 and C1 but the tab, line and paragraph separators: a terminal or a reader of lines would obey them
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def fault_of(failure: BaseException) -> str:
    """One line: the code of a refusal, else the kind of the failure and the place in the sources it rose from."""
    if isinstance(failure, DomainError):
        return failure.code
    if getattr(failure, "names_nobody", False):  # its message is made of tables and counts
        return f"{type(failure).__name__}: {failure}"
    frames = traceback.extract_tb(failure.__traceback__)
    kind = type(failure).__name__
    return f"{kind} at {_place(frames[-1])}" if frames else kind


def told(failure: BaseException) -> list[str]:
    """The way a failure took, outermost first, with what it arose from; kinds and places only."""
    lines: list[str] = []
    present: BaseException | None = failure
    while present is not None and len(lines) < DEEPEST * 3:
        lines.append(type(present).__name__)
        lines += [_place(frame) for frame in traceback.extract_tb(present.__traceback__)[-DEEPEST:]]
        present = present.__cause__ or (None if present.__suppress_context__ else present.__context__)
    return lines


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else "/".join(path.parts[-2:])
    return f"{name}:{frame.lineno} {frame.name}"


def tell_fault(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of the log: an exception becomes its way through the sources."""
    failure = line.pop("exc_info", None)
    if failure is True:
        failure = sys.exc_info()
    if isinstance(failure, tuple):
        failure = failure[1]
    if isinstance(failure, BaseException):
        line["fault"] = told(failure)
    return line


def neutralise(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of the log: no text of a line ends the line or moves a terminal's cursor."""
    for name, value in line.items():
        if isinstance(value, str):
            line[name] = plain_text(value)
    return line


def plain_text(text: str) -> str:
    """The text with control characters spelt out."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
