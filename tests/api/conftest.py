"""A program that may everything, so that walks and fuzzing get past the door."""

from typing import Any

import pytest
from flask import Flask
from support import world

from app.use_cases import registry


@pytest.fixture
def token_for_everything(app: Flask) -> Any:
    """``token_for_everything(centre)``: a program with the permissions of all use cases, which no grant could give."""

    def make(centre: dict[str, Any]) -> str:
        declared = app.extensions["his_registry"].permissions
        wanted = {case.permission for case in registry.values() if case.permission in declared}
        return world.program_token(centre, "administrator", wanted)

    return make
