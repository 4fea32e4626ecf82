"""Counting SQL: a use case and a page use a small, fixed number of statements, and tests say how many."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from sqlalchemy import event

_ADMINISTRATION = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "PRAGMA", "SET ")
_KERNEL_TABLES = (
    "control_partition",  # the epochs, once a second for each process
    "accounts_sign_in",
    "tenants_centre",
    "control_node_lease",
    "tenants_role_grant",
    "control_data_key",
)


@dataclass
class Counted:
    """What was said to the databases."""

    statements: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Statements of the work itself: no BEGIN or COMMIT, no look-up of session and tenant."""
        return len(self.statements)


@contextmanager
def count_statements() -> Iterator[Counted]:
    """Record the statements of all engines of the application inside the block."""
    counted = Counted()

    def listen(
        conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        if statement.lstrip().upper().startswith(_ADMINISTRATION):
            return
        if any(table in statement for table in _KERNEL_TABLES):
            return
        counted.statements.append(statement)

    engines = list(current_app.extensions["his_engines"].values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", listen)
    try:
        yield counted
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", listen)
