"""What a thief or the database's owner can do past the application."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import isolation, migrate

Say = Callable[..., list[Any]]


@pytest.fixture
def as_owner(app: Flask) -> Iterator[Say]:
    """``as_owner("p1", "UPDATE …")``: a statement of the database's owner, past the application."""
    with migrate.owned() as engines:

        def say(name: str, statement: str, **values: Any) -> list[Any]:
            with engines[name].begin() as connection:
                isolation.see_everybody(connection)
                result = connection.execute(text(statement), values)
                return list(result) if result.returns_rows else []

        yield say
