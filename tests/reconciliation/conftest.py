"""A till beside the played channel, and a whole day of G9."""

from typing import Any

import pytest
from support.channels import merchant, world_outside
from support.insurer import connected, insurer, insurer_address
from support.reconciling import Till, moment, till

from app.actor import Actor
from modules.reconciliation import queries

__all__ = ["connected", "insurer", "insurer_address", "merchant", "till", "world_outside"]


@pytest.fixture
def reviewer(administrator: Actor) -> Actor:
    """Who reviews what the accountant has handled."""
    return administrator


@pytest.fixture
def g9(till: Till) -> Till:
    """The day of G9, the 19th, has passed; it is not compared yet."""
    with moment("18 10:00:00"):
        old = till.pay("20.00")
    with moment("19 09:30:00"):
        till.compare("18")
    with moment("19 10:00:00"):
        till.pay("62.40")
        till.pay("30.00")
        till.refund(old, "20.00")
        till.lose("18.00")
    with moment("19 23:59:58"):
        till.channel.misbehave("midnight")
        till.pay("15.00")
    return till


@pytest.fixture
def days_hold(ours: dict[str, Any]) -> Any:
    """Whether every identity of ``flask check`` holds."""

    def hold() -> bool:
        findings = queries.check_days(ours["tenant_id"])
        assert [finding for finding in findings if not finding.holds] == []
        return True

    return hold
