"""A program that may everything, so that walks and fuzzing get past the door."""

from typing import Any

import pytest
from flask import Flask
from support import world

from app.accounts import services as accounts
from app.actor import system_actor
from app.use_cases import registry
from tenants import services as tenants


@pytest.fixture
def token_for_everything(app: Flask) -> Any:
    """``token_for_everything(centre)``: its administrator with the permissions of all use cases."""

    def make(centre: dict[str, Any]) -> str:
        actor, operator = world.actor(centre, "administrator"), system_actor(centre["tenant_id"])
        declared = app.extensions["his_registry"].permissions
        wanted = {case.permission for case in registry.values() if case.permission in declared}
        for permission in sorted(wanted - actor.permissions):
            tenants.change_grant(role="administrator", permission=permission, is_granted=True, by=operator)
        return accounts.issue_token(account_id=actor.account_id, label="walk", by=actor)

    return make
