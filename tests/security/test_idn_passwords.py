"""IDN-02 and IDN-03: which passwords are taken, and for how long."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from support import world

from app import clock
from app.accounts import passwords, services
from app.accounts.models import Account
from app.accounts.profiles import Profile
from app.actor import Actor
from app.db import control_unit, current_unit, db
from app.errors import InvalidInput, PermissionDenied
from app.records import ControlAuditRow, ControlCommandLog

GOOD = "Four brown otters 7"


@pytest.fixture
def dengbao(app: Flask) -> None:
    """The district follows GB/T 22239."""
    services.change_password_profile(profile=Profile.DENGBAO, by=world.district_actor("district_security"))


def _open(by: Actor, password: str) -> Account:
    return services.create_account(
        sign_in_name="new.person", display_name="新人", password=password, roles=["doctor"], by=by
    )


@pytest.mark.parametrize(
    "password",
    [
        "nine char",
        "a" * 129,
        "aaaaaaaaaaaa",
        "1234567890",
        "my new.person name",
        "this is 新人 surely",
        "chengdong rocks",
        "城东社区卫生服务中心",
        "shequ weisheng fuwu",
    ],
)
def test_idn_02_bad_passwords_are_refused(security_administrator: Actor, password: str) -> None:
    with pytest.raises(InvalidInput):
        _open(security_administrator, password)


@pytest.mark.parametrize(
    "password", ["ten charsx", "x y z w" * 9, "四只棕色的水獭在河边睡觉", " blanks at ends "]
)
def test_idn_02_good_passwords_are_taken_and_compared_to_the_byte(
    security_administrator: Actor, password: str
) -> None:
    _open(security_administrator, password)
    assert services.sign_in(name="new.person", password=password, address="10.0.0.1")
    for other in (password.swapcase() + "x", password.strip() + "x", password[:-1]):
        with pytest.raises(services.SignInRefused):
            services.sign_in(name="new.person", password=other, address="10.0.0.1")


def test_idn_02_no_use_case_hashes_inside_its_transaction(
    app: Flask, dengbao: None, doctor: Actor, security_administrator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = []

    class Watched:
        def hash(self, password: str) -> str:
            units.append(current_unit())
            return real.hash(password)

        def verify(self, stored: str, password: str) -> bool:
            units.append(current_unit())
            return real.verify(stored, password)

    real = passwords._hasher
    monkeypatch.setattr(passwords, "_hasher", Watched())
    account = _open(security_administrator, GOOD)
    code = services.reset_password(account_id=account.id, by=security_administrator).code
    services.open_account(code=code, password=GOOD + "!", address="10.0.0.1")
    services.change_password(present=world.PASSWORD, fresh=GOOD, by=doctor)
    assert len(units) > 4
    assert set(units) == {None}


def test_idn_02_the_journal_of_commands_keeps_no_trace_of_a_password(sign_in: Any, doctor: Actor) -> None:
    desk = sign_in("doctor")
    for number, (present, fresh) in enumerate(((world.PASSWORD, GOOD), (GOOD, GOOD + "!"))):
        typed = {"command_id": f"same-{number}", "present": present, "fresh": fresh, "again": fresh}
        assert desk.post("/password", data=typed).status_code == 303
    with control_unit():
        wanted = ControlCommandLog.use_case == "accounts.change_password"
        digests = db.session.scalars(select(ControlCommandLog.digest).where(wanted)).all()
    assert len(digests) == 2
    assert len(set(digests)) == 1  # other passwords, the same digest: it says nothing of them


@pytest.mark.parametrize(
    ("environment", "profile"),
    [("production", Profile.DENGBAO), ("demo", Profile.ASVS), ("test", Profile.ASVS)],
)
def test_idn_03_production_begins_with_the_national_profile(
    app: Flask, monkeypatch: pytest.MonkeyPatch, environment: str, profile: Profile
) -> None:
    settings = replace(app.extensions["his_settings"], environment=environment)
    monkeypatch.setitem(app.extensions, "his_settings", settings)
    with control_unit():
        assert services.present_profile() is profile


@pytest.mark.parametrize(
    ("password", "is_good"),
    [
        ("four brown otters", False),
        ("Four brown otters", True),
        ("fourbrownotters7", False),
        ("FourBrownOtters7", True),
    ],
)
def test_idn_03_dengbao_wants_three_kinds_of_character_and_asvs_does_not(
    security_administrator: Actor, app: Flask, password: str, *, is_good: bool
) -> None:
    by = world.district_actor("district_security")
    services.change_password_profile(profile=Profile.DENGBAO, by=by)
    if not is_good:
        with pytest.raises(InvalidInput):
            _open(security_administrator, password)
        services.change_password_profile(profile=Profile.ASVS, by=by)
    assert _open(security_administrator, password)


def _must_change(days: int) -> bool:
    """Whether the doctor, so many days later, signs in to nothing but the page that changes the password."""
    clock.stop(world.NOW + timedelta(days=days))
    token = services.sign_in(name="doctor@c1", password=world.PASSWORD, address="10.0.0.1")
    found = services.find_signed_in(token, address="")
    assert found is not None
    return found.must_change_password


def test_idn_03_a_password_is_worn_out_after_ninety_days_with_dengbao_only(app: Flask) -> None:
    assert not _must_change(400)
    clock.stop(world.NOW)
    services.change_password_profile(profile=Profile.DENGBAO, by=world.district_actor("district_security"))
    assert not _must_change(59)  # the world was built thirty days before
    assert _must_change(61)


def test_idn_03_the_last_five_passwords_do_not_come_again_with_dengbao(dengbao: None, doctor: Actor) -> None:
    present = world.PASSWORD
    for number in range(5):
        services.change_password(present=present, fresh=f"{GOOD}{number}", by=doctor)
        present = f"{GOOD}{number}"
    for number in range(5):
        with pytest.raises(InvalidInput):
            services.change_password(present=present, fresh=f"{GOOD}{number}", by=doctor)
    services.change_password(present=present, fresh=f"{GOOD}5", by=doctor)
    services.change_password(present=f"{GOOD}5", fresh=f"{GOOD}0", by=doctor)


def test_idn_03_asvs_remembers_none(app: Flask, doctor: Actor) -> None:
    services.change_password(present=world.PASSWORD, fresh=GOOD, by=doctor)
    services.change_password(present=GOOD, fresh=world.PASSWORD, by=doctor)


def test_idn_03_a_change_of_the_profile_leaves_a_row_in_the_trail(dengbao: None) -> None:
    with control_unit():
        row = db.session.scalars(
            select(ControlAuditRow).where(ControlAuditRow.action == "policy.password_profile_changed")
        ).one()
    assert (row.detail["before"], row.detail["after"]) == ("asvs", "dengbao")
    assert row.actor_name == world.DISTRICT["district_security"]


def test_idn_03_only_the_districts_security_administrator_chooses_the_profile(
    sign_in: Any, security_administrator: Actor
) -> None:
    with pytest.raises(PermissionDenied):
        services.change_password_profile(profile=Profile.ASVS, by=security_administrator)
    page = sign_in("district_security", "district")
    assert page.post("/accounts/policy", data={"profile": "none"}).status_code == 422
    assert page.post("/accounts/policy", data={"profile": "dengbao"}).status_code == 303
    assert 'value="dengbao" selected' in page.get("/accounts/policy").text
