"""What an administrator may do with accounts, and what nobody may."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from support import world

from app.accounts import services
from app.accounts.errors import AccountElsewhere, OwnRoles, SignInRefused
from app.accounts.models import Membership
from app.actor import Actor
from app.db import Mode, control_unit, db, tenant_unit
from app.errors import NotFound
from app.records import AuditRow

NEW = "four brown otters"


def _sign_in(name: str = "doctor@c1", password: str = world.PASSWORD) -> str:
    return services.sign_in(name=name, password=password, address="10.0.0.1")


@pytest.fixture
def shared(ours: dict[str, Any], theirs: dict[str, Any]) -> int:
    """Our doctor also works in the other centre."""
    account_id: int = ours["people"]["doctor"]["account_id"]
    with control_unit(Mode.WRITE):
        db.session.add(Membership(account_id=account_id, tenant_id=theirs["tenant_id"], roles=["doctor"]))
        db.session.commit()
    return account_id


def test_a_centre_does_not_take_over_an_account_that_also_belongs_elsewhere(
    shared: int, theirs: dict[str, Any]
) -> None:
    by = world.actor(theirs, "security_administrator")
    with pytest.raises(AccountElsewhere):
        services.reset_password(account_id=shared, by=by)
    assert _sign_in()


def test_an_account_of_another_centre_is_unknown(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    by, account_id = world.actor(theirs, "security_administrator"), ours["people"]["doctor"]["account_id"]
    with pytest.raises(NotFound):
        services.reset_password(account_id=account_id, by=by)
    with pytest.raises(NotFound):
        services.change_roles(account_id=account_id, roles=["auditor"], by=by)
    with pytest.raises(NotFound):
        services.issue_token(account_id=account_id, label="x", by=by)


def test_nobody_gives_roles_to_themselves(security_administrator: Actor) -> None:
    by = security_administrator
    with pytest.raises(OwnRoles):
        services.change_roles(account_id=by.account_id, roles=["security_administrator", "doctor"], by=by)


def test_a_new_password_ends_every_sign_in_and_gives_this_browser_a_fresh_one(
    app: Flask, sign_in: Any
) -> None:
    desk, forgotten = sign_in("doctor"), _sign_in()
    answer = desk.post("/password", data={"present": world.PASSWORD, "fresh": NEW, "again": NEW})
    assert answer.status_code == 303
    assert services.find_signed_in(forgotten, address="") is None
    assert desk.get("/home").status_code == 200


def test_a_password_is_compared_as_it_was_typed(doctor: Actor) -> None:
    services.change_password(present=world.PASSWORD, fresh=f" {NEW} ", by=doctor)
    assert _sign_in(password=f" {NEW} ")
    with pytest.raises(SignInRefused):
        _sign_in(password=NEW)


def test_the_trail_says_for_whose_account_a_token_was_issued(
    ours: dict[str, Any], security_administrator: Actor
) -> None:
    account = services.create_program(
        sign_in_name="analyser", display_name="分析仪", roles=["doctor"], by=security_administrator
    )
    services.issue_token(account_id=account.id, label="partner", by=security_administrator)
    with tenant_unit(ours["tenant_id"]):
        row = db.session.scalars(select(AuditRow).where(AuditRow.action == "token.issued")).one()
    assert row.detail["account"] == account.id
