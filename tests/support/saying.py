"""Lets a test say an event, as the module that owns it would, so that its subscribers can be tried alone."""

from dataclasses import replace
from typing import Any

from app.actor import Actor
from app.events import emit
from app.use_cases import use_case


@use_case("tests.event.say")
def say(*, event: Any, by: Actor) -> None:
    """Emit the event inside a use case of its own."""
    emit(event)


def said(event: Any, by: Actor) -> Any:
    """Say the event as this actor."""
    say(event=event, by=replace(by, is_system=True))
    return event
