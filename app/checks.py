"""What must hold in a centre, whatever happened: the checks that the modules' manifests name."""

from typing import Any

from sqlalchemy import Select

from app.crypto import services as proofs
from app.db import db
from app.registry import Finding, installed

_NAMED = 5


def findings_of(tenant_id: int) -> list[Finding]:
    """What the checks of all modules say of one centre; each reads in a unit of its own."""
    found = [
        finding
        for module in installed().modules.values()
        for checked in module.checks
        for finding in checked(tenant_id)
    ]
    return found + proofs.findings(tenant_id)


def nobody(name: str, breaking: Select[Any]) -> Finding:
    """No row may come back from the statement; the first that do are named. One statement."""
    found = [str(row) for row in db.session.scalars(breaking.limit(_NAMED + 1))]
    named = ", ".join(found[:_NAMED]) + (" …" if len(found) > _NAMED else "")
    return Finding(name, named or "0", "0")
