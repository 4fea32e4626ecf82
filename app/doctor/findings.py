"""What a check says, and what it may look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from app.config import Settings
from app.i18n import N_, Choice


class State(Choice):
    """How bad a finding is."""

    OK = "ok", N_("ok")
    WARNING = "warning", N_("warning")
    PROBLEM = "problem", N_("PROBLEM")


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a check has to say."""

    state: State
    text: str
    remedy: str = ""
    control: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """The installation under examination."""

    settings: Settings
    config: dict[str, Any]  # Flask's
    engines: Any
    environment: dict[str, str]
    now: datetime

    @property
    def is_production(self) -> bool:
        """Whether people are treated with it."""
        return self.settings.environment == "production"

    def primaries(self) -> Iterator[tuple[str, Engine]]:
        """Name and writing engine of control and each partition."""
        for name in self.settings.urls():
            yield name, self.engines[name]


def ok(text: str) -> Found:
    """Nothing to do."""
    return Found(State.OK, text)


def warning(text: str, remedy: str) -> Found:
    """Should be seen to."""
    return Found(State.WARNING, text, remedy)


def problem(text: str, remedy: str) -> Found:
    """Must be seen to."""
    return Found(State.PROBLEM, text, remedy)
