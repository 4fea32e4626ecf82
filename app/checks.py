"""What must hold in a centre, whatever happened: the checks that the modules' manifests name."""

from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Select

from app.crypto import services as proofs
from app.db import db
from app.db.retrying import PASSING
from app.i18n import N_
from app.registry import Finding, installed

BROKE_OFF = N_("checks that broke off")
_NAMED = 5
log = structlog.get_logger()


def findings_of(tenant_id: int) -> list[Finding]:
    """What the checks of all modules say of one centre; each reads in a unit of its own.

    A check that breaks off is a finding itself: the others are told none the less. A database that is away is no
    finding; whoever asks tries again.
    """
    checks = [check for module in installed().modules.values() for check in module.checks]
    found, broken = [], []
    for check in (*checks, proofs.findings):
        findings = _said_by(check, tenant_id)
        if findings is None:
            broken.append(f"{check.__module__}.{check.__name__}")
        else:
            found += findings
    if broken:
        found.append(Finding(BROKE_OFF, ", ".join(broken), "0"))
    return found


def _said_by(check: Callable[[int], list[Finding]], tenant_id: int) -> list[Finding] | None:
    try:
        return list(check(tenant_id))
    except PASSING:
        raise
    except Exception:  # whatever it is, the night has to end
        log.exception("check.broke_off", check=check.__qualname__, tenant=tenant_id)
        return None


def nobody(name: str, breaking: Select[Any]) -> Finding:
    """No row may come back from the statement; the first that do are named. One statement."""
    found = [str(row) for row in db.session.scalars(breaking.limit(_NAMED + 1))]
    named = ", ".join(found[:_NAMED]) + (" …" if len(found) > _NAMED else "")
    return Finding(name, named or "0", "0")
