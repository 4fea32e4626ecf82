"""Who is it: one test or more for each control of the first table of the security list."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from support import world

from app import clock
from app.accounts import passwords, queries, services
from app.accounts.errors import AccountElsewhere, AlreadyMember, InvitationRefused, NameTaken, SignInRefused
from app.accounts.models import Invitation, JoinOffer, Membership
from app.actor import Actor, system_actor
from app.db import control_unit, db, tenant_unit
from app.errors import InvalidInput, NotFound, NotSignedIn
from app.factory import create_app
from app.records import AuditRow


def _sign_in(name: str, password: str = world.PASSWORD) -> str:
    return services.sign_in(name=name, password=password, address="10.0.0.1")


@pytest.fixture
def two_places(ours: dict[str, Any], theirs: dict[str, Any], doctor: Actor) -> dict[str, int]:
    """Our doctor was offered a place in the other centre, and accepted: centre code → membership."""
    offer = services.offer_membership(
        sign_in_name="doctor@c1", roles=["doctor"], by=world.actor(theirs, "security_administrator")
    )
    services.accept_offer(offer_id=offer.id, by=doctor)
    with control_unit():
        rows = db.session.scalars(select(Membership).where(Membership.account_id == doctor.account_id)).all()
    codes = {ours["tenant_id"]: "ours", theirs["tenant_id"]: "theirs"}
    return {codes[row.tenant_id]: row.id for row in rows}


# IDN-01 One person, one account


def test_idn_01_a_sign_in_name_belongs_to_one_account_of_the_whole_district(theirs: dict[str, Any]) -> None:
    with pytest.raises(NameTaken):
        services.create_account(
            sign_in_name=" DOCTOR@C1",
            display_name="同名",
            password=world.PASSWORD,
            roles=["doctor"],
            by=world.actor(theirs, "security_administrator"),
        )


def test_idn_01_one_account_works_in_two_centres_and_has_in_each_the_roles_of_that_centre(
    two_places: dict[str, int], ours: dict[str, Any], theirs: dict[str, Any], doctor: Actor
) -> None:
    services.change_roles(
        account_id=doctor.account_id,
        roles=["registrar"],
        by=world.actor(theirs, "security_administrator"),
    )
    token = _sign_in("doctor@c1")
    here = services.find_signed_in(token, address="")
    assert here is not None
    there = services.find_signed_in(
        services.switch_place(token=token, membership_id=two_places["theirs"], by=here.actor), address=""
    )
    assert there is not None
    assert (here.actor.tenant_id, here.actor.roles) == (ours["tenant_id"], ("doctor",))
    assert (there.actor.tenant_id, there.actor.roles) == (theirs["tenant_id"], ("registrar",))
    assert there.places == 2


def test_idn_01_an_offer_says_nothing_about_names_of_other_centres(theirs: dict[str, Any]) -> None:
    by = world.actor(theirs, "security_administrator")
    for name in ("doctor@c1", "nobody.at.all"):
        services.offer_membership(sign_in_name=name, roles=["doctor"], by=by)
        with pytest.raises(AlreadyMember):
            services.offer_membership(sign_in_name=name, roles=["doctor"], by=by)
    with control_unit():
        offers = queries.list_offers(by=by)
        members = [member.account.sign_in_name for member in queries.list_members(by=by)]
    assert {offer.sign_in_name for offer in offers} == {"doctor@c1", "nobody.at.all"}
    assert "doctor@c1" not in members


def test_idn_01_nobody_answers_an_offer_made_to_another(theirs: dict[str, Any], cashier: Actor) -> None:
    offer = services.offer_membership(
        sign_in_name="doctor@c1", roles=["doctor"], by=world.actor(theirs, "security_administrator")
    )
    for answer in (services.accept_offer, services.decline_offer):
        with pytest.raises(NotFound):
            answer(offer_id=offer.id, by=cashier)


def test_idn_01_an_offer_is_answered_once_and_can_be_taken_back(
    theirs: dict[str, Any], doctor: Actor, security_administrator: Actor
) -> None:
    by = world.actor(theirs, "security_administrator")
    first = services.offer_membership(sign_in_name="doctor@c1", roles=["doctor"], by=by)
    with pytest.raises(NotFound):  # another centre's offer
        services.withdraw_offer(offer_id=first.id, by=security_administrator)
    services.withdraw_offer(offer_id=first.id, by=by)
    second = services.offer_membership(sign_in_name="doctor@c1", roles=["doctor"], by=by)
    services.decline_offer(offer_id=second.id, by=doctor)
    for offer in (first, second):
        with pytest.raises(NotFound):
            services.accept_offer(offer_id=offer.id, by=doctor)
    with control_unit():
        assert not any(row.is_accepted for row in db.session.scalars(select(JoinOffer)))


def test_idn_01_the_offer_is_accepted_on_the_page_and_the_other_centres_trail_says_so(
    sign_in: Any, theirs: dict[str, Any]
) -> None:
    keeper, desk = sign_in("security_administrator", "c2"), sign_in("doctor")
    typed = {"sign_in_name": "doctor@c1", "roles": ["doctor"]}
    assert keeper.post("/accounts/offers/new", data=typed).status_code == 303
    assert "doctor@c1" in keeper.get("/accounts/").text
    page = desk.get("/my-account/").text
    assert "城西社区卫生服务中心" in page
    assert "切换工作地点" not in page
    number = page.partition("/my-account/offers/")[2].partition("/")[0]
    assert desk.post(f"/my-account/offers/{number}/acceptance").status_code == 303
    assert "切换工作地点" in desk.get("/home").text
    with tenant_unit(theirs["tenant_id"]):
        rows = db.session.scalars(select(AuditRow).where(AuditRow.action == "offer.accepted")).all()
    assert len(rows) == 1


def test_idn_01_a_centre_does_not_reset_the_password_of_an_account_that_works_elsewhere_too(
    two_places: dict[str, int], security_administrator: Actor, doctor: Actor
) -> None:
    with pytest.raises(AccountElsewhere):
        services.reset_password(account_id=doctor.account_id, by=security_administrator)


GOOD = "four brown otters"


def _open(code: str, password: str = GOOD) -> str:
    return services.open_account(code=code, password=password, address="10.0.0.1")


@pytest.fixture
def invitation(security_administrator: Actor) -> Invitation:
    """A new doctor was given a one-time code."""
    return services.invite(
        sign_in_name="new.person", display_name="新人", roles=["doctor"], by=security_administrator
    )


def test_idn_01_a_new_account_has_no_password_that_works_until_its_owner_sets_one(
    invitation: Invitation,
) -> None:
    for password in ("", GOOD, invitation.code):
        with pytest.raises(SignInRefused):
            _sign_in("new.person", password)
    found = services.find_signed_in(_open(invitation.code), address="")
    assert found is not None
    assert (found.display_name, found.must_change_password) == ("新人", False)
    assert _sign_in("new.person", GOOD)


def test_idn_01_a_code_is_good_once_and_for_three_days(invitation: Invitation, doctor: Actor) -> None:
    with pytest.raises(InvalidInput):  # a weak password spends no code
        _open(invitation.code, "short")
    clock.stop(world.NOW + timedelta(hours=72))
    with pytest.raises(InvitationRefused):
        _open(invitation.code)
    clock.stop(world.NOW + timedelta(hours=71))
    assert _open(f" {invitation.code.upper()} ")
    for code in (invitation.code, "", "abcd-abcd-abcd-abcd"):
        with pytest.raises(InvitationRefused):
            _open(code, "five brown otters")


def test_idn_01_a_code_stands_nowhere_in_the_clear_and_a_newer_one_replaces_it(
    invitation: Invitation, security_administrator: Actor
) -> None:
    first = invitation.code
    assert first.replace("-", "") not in invitation.code_hash
    second = services.reset_password(account_id=invitation.account_id, by=security_administrator).code
    with pytest.raises(InvitationRefused):
        _open(first)
    assert _open(second)


def test_idn_01_a_code_opens_no_account_that_was_closed_meanwhile(
    invitation: Invitation, security_administrator: Actor
) -> None:
    services.change_roles(
        account_id=invitation.account_id, roles=["doctor"], is_enabled=False, by=security_administrator
    )
    with pytest.raises(InvitationRefused):
        _open(invitation.code)


def test_idn_01_the_owner_sets_the_password_on_the_page(app: Flask, sign_in: Any) -> None:
    keeper, owner = sign_in("security_administrator"), app.test_client()
    typed = {"sign_in_name": "li.jing2", "display_name": "李静静", "roles": ["doctor"], "command_id": "once"}
    page = keeper.post("/accounts/new", data=typed).text
    code = re.search(r"data-one-time-code>([^<]+)<", page)
    assert code is not None
    assert code[1] not in keeper.post("/accounts/new", data=typed).text  # sent twice: made once, shown once
    assert code[1] not in keeper.get("/accounts/").text
    given = {"code": code[1], "password": GOOD, "again": GOOD}
    assert owner.get("/welcome").status_code == 200
    assert owner.post("/welcome", data={**given, "again": "other"}).status_code == 422
    assert owner.post("/welcome", data={**given, "password": "short", "again": "short"}).status_code == 422
    assert owner.post("/welcome", data=given).headers["Location"] == "/"
    assert owner.get("/home").status_code == 200
    assert app.test_client().post("/welcome", data=given).status_code == 422


def test_idn_01_the_first_administrator_of_an_installation_is_opened_by_a_command(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    said = run(args=["invite", "first.eye", "安全员", "district_security"])
    code = re.search(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", said.output)
    assert code is not None, said.output
    found = services.find_signed_in(_open(code[0]), address="")
    assert found is not None
    assert found.actor.tenant_id is None
    assert found.actor.may("accounts.account.manage")
    assert run(args=["invite", "x.y", "安全员", "security_administrator"]).exit_code == 1
    assert run(args=["invite", "x.y", "安全员", "security_administrator", "--centre", "C1"]).exit_code == 0


def test_idn_01_no_program_opens_an_account_with_a_password_it_knows(app: Flask) -> None:
    paths = {operation.path for operation in app.extensions["his_operations"]}
    assert "accounts/create-account" not in paths


# IDN-02 Passwords


def test_idn_02_a_password_is_stored_as_argon2id_with_the_agreed_work() -> None:
    assert passwords.hash_password("four brown otters").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_idn_02_the_costly_work_is_done_outside_of_every_transaction(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.db import current_unit

    seen = []
    real = passwords.verify_password

    def verify(stored: str, password: str) -> bool:
        seen.append(current_unit())
        return real(stored, password)

    monkeypatch.setattr(passwords, "verify_password", verify)
    assert _sign_in("doctor@c1")
    assert seen == [None]


# IDN-04 Failures


@pytest.mark.parametrize("name", ["doctor@c1", "nobody.at.all"])
def test_idn_04_an_unknown_name_costs_the_same_work_and_gets_the_same_answer(
    app: Flask, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    verified = []
    real = passwords._hasher.verify

    def verify(stored: str, password: str) -> bool:
        verified.append(stored.rpartition("$")[0].rpartition("$")[0])
        return real(stored, password)

    monkeypatch.setattr(passwords, "_hasher", type("Hasher", (), {"verify": staticmethod(verify)}))
    with pytest.raises(SignInRefused) as refusal:
        _sign_in(name, "guessed wrong")
    assert verified == ["$argon2id$v=19$m=19456,t=2,p=1"]
    assert refusal.value.field == "name"


def test_idn_04_a_locked_account_is_opened_by_its_security_administrator_and_nobody_else(
    sign_in: Any, ours: dict[str, Any], administrator: Actor, security_administrator: Actor
) -> None:
    for _ in range(services.FAILURES):
        with pytest.raises(SignInRefused):
            _sign_in("doctor@c1", "wrong")
    account_id, path = ours["people"]["doctor"]["account_id"], "/accounts/{}/password"
    assert sign_in("administrator").post(path.format(account_id), data={}).status_code == 403
    with pytest.raises(SignInRefused):
        _sign_in("doctor@c1")
    code = services.reset_password(account_id=account_id, by=security_administrator).code
    assert services.open_account(code=code, password="four brown otters", address="10.0.0.1")
    assert _sign_in("doctor@c1", "four brown otters")


def test_idn_04_tries_at_a_locked_account_do_not_make_the_lock_longer(app: Flask) -> None:
    for _ in range(services.FAILURES * 3):
        with pytest.raises(SignInRefused):
            _sign_in("doctor@c1", "wrong")
    clock.stop(clock.now() + timedelta(minutes=services.LOCK_MINUTES, seconds=1))
    assert _sign_in("doctor@c1")


@pytest.mark.parametrize("path", ["/sign-in", "/welcome"])
def test_idn_04_an_address_that_guesses_is_stopped_and_the_other_desks_go_on(app: Flask, path: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False

    def post(number: int, address: str) -> int:
        typed = {
            "name": f"guess.{number}",
            "password": "guessed wrong",
            "code": "x",
            "again": "guessed wrong",
        }
        return app.test_client().post(path, data=typed, environ_base={"REMOTE_ADDR": address}).status_code

    assert [post(number, "10.9.9.9") for number in range(11)] == [422] * 10 + [429]
    assert post(12, "10.0.0.5") == 422
    right = {"name": "doctor@c1", "password": world.PASSWORD}
    client = app.test_client()
    assert client.post("/sign-in", data=right, environ_base={"REMOTE_ADDR": "10.0.0.5"}).status_code == 303


# IDN-06 Sessions


def test_idn_06_a_change_of_place_begins_a_fresh_token_and_session(
    two_places: dict[str, int], sign_in: Any
) -> None:
    desk = sign_in("doctor")
    with desk.session_transaction() as session:
        before, session["planted"] = session["token"], "x"
    answer = desk.post("/my-account/place", data={"membership_id": str(two_places["theirs"])})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    with desk.session_transaction() as session:
        assert "planted" not in session
        assert session["token"] != before
    assert services.find_signed_in(before, address="") is None
    assert "城西社区卫生服务中心" in desk.get("/home").text


def test_idn_06_a_change_of_place_makes_no_day_longer(two_places: dict[str, int], doctor: Actor) -> None:
    token = _sign_in("doctor@c1")
    for hour in range(1, 30):
        clock.stop(world.NOW + timedelta(minutes=29 * hour))
        if services.find_signed_in(token, address="") is None:
            break
        place = two_places["theirs" if hour % 2 else "ours"]
        token = services.switch_place(token=token, membership_id=place, by=doctor)
    else:
        pytest.fail("the sign-in never ended")


def test_idn_06_nobody_changes_to_a_place_that_is_not_theirs(
    two_places: dict[str, int], cashier: Actor, doctor: Actor
) -> None:
    with pytest.raises(NotFound):
        services.switch_place(token=_sign_in("cashier@c1"), membership_id=two_places["theirs"], by=cashier)
    with pytest.raises(NotFound):  # with the token of another person
        services.switch_place(token=_sign_in("cashier@c1"), membership_id=two_places["theirs"], by=doctor)


def test_idn_06_a_sign_in_begins_where_the_account_was_last(
    two_places: dict[str, int], doctor: Actor, theirs: dict[str, Any]
) -> None:
    services.switch_place(token=_sign_in("doctor@c1"), membership_id=two_places["theirs"], by=doctor)
    found = services.find_signed_in(_sign_in("doctor@c1"), address="")
    assert found is not None
    assert found.actor.tenant_id == theirs["tenant_id"]


def test_idn_06_an_open_page_learns_that_another_place_was_chosen(
    two_places: dict[str, int], sign_in: Any
) -> None:
    desk = sign_in("doctor")
    before = desk.get("/session").json["place"]
    desk.post("/my-account/place", data={"membership_id": str(two_places["theirs"])})
    assert desk.get("/session").json["place"] != before


@pytest.mark.parametrize(("minutes", "state"), [(14, "open"), (16, "locked"), (29, "locked"), (31, "ended")])
def test_idn_06_a_desk_locks_after_fifteen_minutes_and_ends_after_thirty(
    sign_in: Any, minutes: int, state: str
) -> None:
    desk = sign_in("doctor")
    assert desk.get("/home").status_code == 200
    clock.stop(world.NOW + timedelta(minutes=minutes))
    answer = desk.get("/home?a=1")
    places = {"open": None, "locked": "/unlock?next=/home?a%3D1", "ended": "/sign-in?next=/home?a%3D1"}
    assert answer.headers.get("Location") == places[state]
    fragment = desk.get("/lookup/palette?q=a", headers={"HX-Request": "true"})
    assert fragment.status_code == (200 if state == "open" else 401)
    assert desk.get("/session").status_code == (200 if state == "open" else 401)


def test_idn_06_a_locked_desk_does_not_wake_by_asking(sign_in: Any) -> None:
    desk = sign_in("doctor")
    for minutes in (16, 20, 25, 29):
        clock.stop(world.NOW + timedelta(minutes=minutes))
        assert desk.get("/session").status_code == 401
    clock.stop(world.NOW + timedelta(minutes=31))
    assert desk.get("/home").headers["Location"].startswith("/sign-in")


def test_idn_06_the_password_opens_a_locked_desk_with_a_fresh_token(app: Flask, sign_in: Any) -> None:
    desk = sign_in("doctor")
    clock.stop(world.NOW + timedelta(minutes=20))
    with desk.session_transaction() as session:
        before = session["token"]
    assert desk.get("/unlock").status_code == 200
    assert desk.post("/unlock", data={"password": "guessed wrong"}).status_code == 422
    beside = {"Accept": "application/json"}
    wrong = desk.post("/unlock", data={"password": "guessed wrong"}, headers=beside)
    assert (wrong.status_code, bool(wrong.json["title"])) == (422, True)
    answer = desk.post("/unlock", data={"password": world.PASSWORD}, headers=beside)
    assert set(answer.json) == {"csrf_token", "user", "place"}
    with desk.session_transaction() as session:
        assert session["token"] != before
    assert services.find_signed_in(before, address="") is None
    assert desk.get("/home").status_code == 200
    assert desk.get("/unlock").headers["Location"] == "/"


def test_idn_06_wrong_passwords_at_a_locked_desk_lock_the_account(app: Flask, doctor: Actor) -> None:
    token = _sign_in("doctor@c1")
    for _ in range(services.FAILURES):
        with pytest.raises(SignInRefused):
            services.unlock(token=token, password="wrong", by=doctor)
    with pytest.raises(SignInRefused):
        services.unlock(token=token, password=world.PASSWORD, by=doctor)


def test_idn_06_no_day_at_a_desk_is_longer_than_twelve_hours(app: Flask, doctor: Actor) -> None:
    token = _sign_in("doctor@c1")
    for minutes in range(20, 12 * 60, 20):
        clock.stop(world.NOW + timedelta(minutes=minutes))
        token = services.unlock(token=token, password=world.PASSWORD, by=doctor)
    clock.stop(world.NOW + timedelta(hours=12, seconds=1))
    with pytest.raises(NotSignedIn):
        services.unlock(token=token, password=world.PASSWORD, by=doctor)
    assert services.find_signed_in(token, address="") is None


def test_idn_06_an_unlocked_form_is_sent_with_its_fresh_csrf_token(app: Flask, sign_in: Any) -> None:
    desk = sign_in("doctor")
    clock.stop(world.NOW + timedelta(minutes=20))
    beside = {"Accept": "application/json"}
    fresh = desk.post("/unlock", data={"password": world.PASSWORD}, headers=beside).json["csrf_token"]
    app.config["WTF_CSRF_ENABLED"] = True
    typed = {"language": "en", "next": "/home"}
    assert desk.post("/language", data={**typed, "csrf_token": "stale"}).status_code == 400
    assert desk.post("/language", data={**typed, "csrf_token": fresh}).status_code == 303


# IDN-07 The end of a sign-in


@pytest.fixture
def other_process(app: Flask) -> Flask:
    """The same installation in another process: nothing is shared but the databases."""
    made = create_app(app.extensions["his_settings"])
    made.config["WTF_CSRF_ENABLED"] = False
    return made


@pytest.mark.parametrize("what", ["roles", "closed", "password", "own page"])
def test_idn_07_what_ends_a_sign_in_ends_it_in_every_process_at_once(
    other_process: Flask, sign_in: Any, doctor: Actor, security_administrator: Actor, what: str
) -> None:
    desk = other_process.test_client()
    desk.post("/sign-in", data={"name": "doctor@c1", "password": world.PASSWORD})
    assert desk.get("/home").status_code == 200
    if what == "roles":
        services.change_roles(account_id=doctor.account_id, roles=["cashier"], by=security_administrator)
    elif what == "closed":
        services.change_roles(
            account_id=doctor.account_id, roles=["doctor"], is_enabled=False, by=security_administrator
        )
    elif what == "password":
        services.change_password(present=world.PASSWORD, fresh="four brown otters", by=doctor)
    else:
        here = sign_in("doctor")
        page = here.get("/my-account/").text
        number = page.partition("/my-account/sign-ins/")[2].partition("/")[0]
        assert here.post(f"/my-account/sign-ins/{number}/end").status_code == 303
        assert here.get("/home").status_code == 200
    for engine in other_process.extensions["his_engines"].values():
        engine.dispose()
    assert desk.get("/home").headers["Location"].startswith("/sign-in")
    for engine in other_process.extensions["his_engines"].values():
        engine.dispose()


def test_idn_07_nobody_ends_a_sign_in_of_another_person(doctor: Actor, cashier: Actor) -> None:
    found = services.find_signed_in(_sign_in("doctor@c1"), address="")
    assert found is not None
    with pytest.raises(NotFound):
        services.end_own_sign_in(sign_in_id=found.sign_in_id, by=cashier)
    assert [row.id for row in queries.list_own_sign_ins(by=cashier)] == []


# IDN-10 Machines


def test_idn_10_a_program_has_no_password_that_works(ours: dict[str, Any]) -> None:
    by = system_actor(ours["tenant_id"])
    account = services.create_program(sign_in_name="analyser", display_name="分析仪", roles=["doctor"], by=by)
    for password in ("", "four brown otters"):
        with pytest.raises(SignInRefused):
            _sign_in("analyser", password)
    with pytest.raises(NotFound):
        services.reset_password(account_id=account.id, by=by)
