"""Which jobs there are: ``@job("module.noun.verb", permission, label)`` on a keyword-only function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from app.cases import Arguments
from app.use_cases import schema_of

DESK, LONG = "desk", "long"  # somebody waits for a paper; exports, reports and imports
QUEUES = (DESK, LONG)
JobT = TypeVar("JobT", bound=Callable[..., "Paper | None"])


@dataclass(frozen=True, slots=True)
class Paper:
    """What a job leaves to download."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


class Handle(Protocol):
    """What a job function gets to speak through."""

    def step(self, done: int, total: int, text: str = "") -> None:
        """Say how far the work is; cheap enough to call for every row."""

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop; a job that sees this returns as soon as it can."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """What the registry knows of one job."""

    kind: str
    permission: str
    label: str
    function: Callable[..., "Paper | None"]
    schema: type[Arguments]
    queue: str
    writes: bool


kinds: dict[str, JobKind] = {}


def job(
    kind: str, permission: str, label: str, *, queue: str = LONG, writes: bool = False
) -> Callable[[JobT], JobT]:
    """Make ``function(*, handle, by, …)`` a job; its signature checks its arguments, as a use case's does.

    One that ``writes`` reads on the primary, any other on a copy that has seen what the asker wrote before.
    ``queue`` is ``DESK`` for what takes seconds while somebody waits for it; workers of its own do that.
    """
    if queue not in QUEUES:
        raise ValueError(f"{kind}: there is no queue {queue}")

    def decorate(function: JobT) -> JobT:
        schema = schema_of(function, kind, without=("handle", "by"))
        kinds[kind] = JobKind(kind, permission, label, function, schema, queue, writes)
        return function

    return decorate


def arguments_of(kind: JobKind, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments as the function takes them, checked.

    Raises:
        InvalidInput: each argument with what is wrong with it.
    """
    from app.use_cases import checked

    return checked(kind.schema, given)
