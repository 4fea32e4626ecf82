"""May they: function level, the district's and the centres' rights, the three administrators."""

import os
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from support import world

from app import use_cases
from app.accounts import services
from app.accounts.errors import NotAProgram, OwnRoles, TwoAdministrators
from app.actor import Actor, system_actor
from app.errors import PermissionDenied
from app.jobs.registry import kinds
from app.registry import (
    ADMINISTRATORS,
    DISTRICT_ROLES,
    EVERYONE,
    Duty,
    Module,
    Permission,
    Registry,
    Role,
    Scope,
)
from app.web.access import PUBLIC, refuse_undeclared
from tenants import services as tenants
from tenants.services import NotForThisRole

CENTRES_ADMINISTRATORS = [role for role in EVERYONE if role in ADMINISTRATORS]
WRITES_OF_EVERYBODY = {"accounts.self.manage", "accounts.job.view", "accounts.job.start"}


def _permissions(app: Flask) -> dict[str, Permission]:
    found: dict[str, Permission] = app.extensions["his_registry"].permissions
    return found


# ACC-01 Deny by default


def test_acc_01_each_route_without_its_declaration_stops_the_start(app: Flask) -> None:
    refuse_undeclared(app)
    for endpoint, view in app.view_functions.items():
        if endpoint == "static":
            continue
        app.view_functions[endpoint] = lambda: "open"
        with pytest.raises(RuntimeError, match=f"without a declared permission: .'{endpoint}'"):
            refuse_undeclared(app)
        app.view_functions[endpoint] = view
    refuse_undeclared(app)


def test_acc_01_each_right_that_no_manifest_declares_stops_the_start(app: Flask) -> None:
    declared = app.extensions["his_registry"].permissions
    asked = {getattr(view, "required_permission", PUBLIC) for view in app.view_functions.values()}
    asked |= {case.permission for case in use_cases.registry.values()}
    asked |= {kind.permission for kind in kinds.values()}
    for permission in asked & set(declared):
        taken = declared.pop(permission)
        with pytest.raises(RuntimeError, match="no manifest declares"):
            refuse_undeclared(app)
        declared[permission] = taken
    refuse_undeclared(app)


def test_acc_01_every_use_case_refuses_an_actor_without_rights(app: Flask, ours: dict[str, Any]) -> None:
    stranger = Actor(account_id=1, name="nobody", tenant_id=ours["tenant_id"])
    for name, case in use_cases.registry.items():
        if case.permission in _permissions(app):
            with pytest.raises(PermissionDenied):
                use_cases.perform(name, {}, by=stranger)


# ACC-02 Function level: centre and district


def test_acc_02_no_role_holds_by_proposal_what_it_may_never_hold(app: Flask) -> None:
    registry = app.extensions["his_registry"]
    held = {**registry.default_grants(), **registry.district_grants()}
    assert set(held) == set(Role)
    for role, permissions in held.items():
        assert [code for code in permissions if not registry.permissions[code].fits(role)] == []


@pytest.mark.parametrize(
    ("role", "scope"),
    [("doctor", Scope.DISTRICT), ("district_operator", Scope.CENTRE), ("supervisor", Scope.CENTRE)],
)
def test_acc_02_a_manifest_that_mixes_centre_and_district_stops_the_start(role: str, scope: Scope) -> None:
    wrong = Permission("tests.thing.do", "Do", (role,), scope=scope)
    with pytest.raises(RuntimeError):
        Registry().add(Module(name="tests", label="Tests", permissions=(wrong,)))


def test_acc_02_a_centres_role_is_never_given_a_right_of_the_district(
    app: Flask, ours: dict[str, Any]
) -> None:
    codes = [code for code, found in _permissions(app).items() if found.scope is Scope.DISTRICT]
    assert codes
    for code in codes:
        with pytest.raises(NotForThisRole):
            tenants.change_grant(
                role="doctor", permission=code, is_granted=True, by=system_actor(ours["tenant_id"])
            )


@pytest.mark.parametrize("role", world.DISTRICT)
def test_acc_02_the_district_opens_no_page_of_a_centre(app: Flask, sign_in: Any, role: str) -> None:
    client = sign_in(role, "district")
    permissions = _permissions(app)
    for rule in app.url_map.iter_rules():
        needed = getattr(app.view_functions[rule.endpoint], "required_permission", "")
        if needed in permissions and permissions[needed].scope is Scope.CENTRE and "GET" in rule.methods:
            path = re.sub(r"<\w+:\w+>", "1", rule.rule)
            assert client.get(path).status_code in {403, 404}, path


@pytest.mark.parametrize("role", world.DISTRICT)
def test_acc_02_the_district_has_a_home_a_menu_and_its_own_account(sign_in: Any, role: str) -> None:
    client = sign_in(role, "district")
    assert client.get("/").headers["Location"] == "/home"
    home = client.get(client.get("/home").headers["Location"])
    assert home.status_code == 200
    assert "城东社区卫生服务中心" in home.text
    assert client.get("/my-account/").status_code == 200
    assert client.get("/password").status_code == 200
    assert client.get("/lookup/palette?q=").json["rows"]
    assert client.get("/lookup/practitioners?q=a").status_code in {403, 404}
    assert client.get("/api/v1/openapi.json").status_code == 200
    assert client.post("/language", data={"language": "en"}).status_code == 303
    assert "Centres" in client.get("/district/centres").text
    assert client.post("/sign-out").status_code == 303


def test_acc_02_no_program_puts_half_a_centre_into_the_directory(app: Flask, sign_in: Any) -> None:
    half = {"code": "C9", "name": "半个社区卫生服务中心", "district": "示范区", "zone": "No/Where"}
    operator = sign_in("district_operator", "district")  # such a zone stopped the daily work of every centre
    assert operator.post("/api/v1/tenants/create-centre", json=half).status_code == 404
    assert "/tenants/create-centre" not in operator.get("/api/v1/openapi.json").text


def test_acc_02_a_centre_is_opened_by_the_district_operator_only(app: Flask, administrator: Actor) -> None:
    given = {"code": "C9", "name": "新建社区卫生服务中心", "district": "示范区"}
    for by in (administrator, world.district_actor("district_security"), world.district_actor("supervisor")):
        with pytest.raises(PermissionDenied):
            tenants.create_centre(**given, by=by)
    assert tenants.create_centre(**given, by=world.district_actor("district_operator")).code == "C9"


def test_acc_02_district_security_keeps_accounts_of_the_district_and_none_of_a_centre(
    sign_in: Any, ours: dict[str, Any]
) -> None:
    client = sign_in("district_security", "district")
    page = client.get("/accounts/").text
    assert "supervisor@district" in page
    assert "doctor@c1" not in page
    assert client.get(f"/accounts/{ours['people']['doctor']['account_id']}").status_code == 404
    typed = {"sign_in_name": "second.eye", "display_name": "副监督"}
    assert client.post("/accounts/new", data={**typed, "roles": ["doctor"]}).status_code == 422
    assert client.post("/accounts/new", data={**typed, "roles": ["supervisor"]}).status_code == 200


def test_acc_02_the_districts_auditor_reads_what_every_centre_did_with_accounts_and_settings(
    sign_in: Any, theirs: dict[str, Any]
) -> None:
    tenants.rename_centre(name="望江社区卫生服务中心", by=world.actor(theirs, "administrator"))
    client = sign_in("district_auditor", "district")
    assert "机构更名" in client.get("/trail/?action=centre.renamed").text
    assert sign_in("district_operator", "district").get("/trail/").status_code == 403


# ACC-09 Three administrators


@pytest.mark.parametrize("pair", list(combinations(CENTRES_ADMINISTRATORS, 2)), ids="+".join)
def test_acc_09_no_account_holds_two_of_the_three(
    pair: tuple[str, str], ours: dict[str, Any], security_administrator: Actor
) -> None:
    account_id = ours["people"]["doctor"]["account_id"]
    acts: list[Any] = [
        lambda: services.change_roles(account_id=account_id, roles=list(pair), by=security_administrator),
        lambda: services.offer_membership(
            sign_in_name="x.y", roles=[*pair, "doctor"], by=security_administrator
        ),
        lambda: services.create_program(
            sign_in_name="x.y", display_name="程序", roles=list(pair), by=security_administrator
        ),
        lambda: services.invite(
            sign_in_name="x.y", display_name="两职", roles=list(pair), by=security_administrator
        ),
        lambda: services.create_account(
            sign_in_name="x.y",
            display_name="两职",
            password=world.PASSWORD,
            roles=list(pair),
            by=security_administrator,
        ),
    ]
    for act in acts:
        with pytest.raises(TwoAdministrators):
            act()


@pytest.mark.parametrize("pair", list(combinations(DISTRICT_ROLES[:3], 2)), ids="+".join)
def test_acc_09_no_account_holds_two_of_the_three_in_the_district(app: Flask, pair: tuple[str, str]) -> None:
    by = world.district_actor("district_security")
    account_id = world.district_actor("supervisor").account_id
    with pytest.raises(TwoAdministrators):
        services.change_roles(account_id=account_id, roles=list(pair), by=by)


def test_acc_09_rights_of_one_administrator_are_never_given_to_a_role_of_another(
    app: Flask, ours: dict[str, Any]
) -> None:
    by, tried = system_actor(ours["tenant_id"]), 0
    for code, found in _permissions(app).items():
        for role in EVERYONE:
            if (
                found.duty in {Duty.SYSTEM, Duty.SECURITY, Duty.AUDIT}
                and ADMINISTRATORS.get(role) != found.duty
            ):
                tried += 1
                with pytest.raises(NotForThisRole):
                    tenants.change_grant(role=role, permission=code, is_granted=True, by=by)
    assert tried > 50


def test_acc_09_the_system_administrator_is_never_given_a_right_to_read_health_records(
    app: Flask, ours: dict[str, Any]
) -> None:
    codes = [code for code, found in _permissions(app).items() if found.duty is Duty.RECORD]
    assert {"clinic.encounter.view", "prescriptions.prescription.view"} <= set(codes)
    for role in ("administrator", "security_administrator"):
        for code in codes:
            with pytest.raises(NotForThisRole):
                tenants.change_grant(
                    role=role, permission=code, is_granted=True, by=system_actor(ours["tenant_id"])
                )


@pytest.mark.parametrize("code", ["patients.patient.view", "charging.settlement.refund"])
def test_acc_09_nobody_widens_the_rights_of_a_role_of_the_own(
    ours: dict[str, Any], security_administrator: Actor, code: str
) -> None:
    with pytest.raises(OwnRoles):
        tenants.change_grant(
            role="security_administrator", permission=code, is_granted=True, by=security_administrator
        )
    for is_granted in (False, True):  # what the product proposes may be given back
        tenants.change_grant(
            role="security_administrator",
            permission="tenants.role.view",
            is_granted=is_granted,
            by=security_administrator,
        )


def test_acc_09_the_auditor_changes_nothing_and_is_given_nothing_that_does(
    app: Flask, ours: dict[str, Any], auditor: Actor
) -> None:
    writes = {case.permission for case in use_cases.registry.values()} & set(_permissions(app))
    assert auditor.permissions & writes <= WRITES_OF_EVERYBODY
    for code in writes - auditor.permissions:
        with pytest.raises(NotForThisRole):
            tenants.change_grant(
                role="auditor", permission=code, is_granted=True, by=system_actor(ours["tenant_id"])
            )


@pytest.mark.parametrize("role", ["administrator", "security_administrator", "auditor"])
def test_acc_09_each_of_the_three_opens_only_the_own_pages(sign_in: Any, role: str) -> None:
    pages = {
        "/centre/settings": "administrator",
        "/centre/modules": "administrator",
        "/trail/outbox": "administrator",
        "/places/": "administrator",
        "/accounts/": "security_administrator",
        "/accounts/tokens": "security_administrator",
        "/centre/grants": "security_administrator",
        "/trail/": "auditor",
    }
    client = sign_in(role)
    for path, owner in pages.items():
        assert client.get(path).status_code == (200 if owner == role else 403), path


def test_acc_09_a_token_carries_nobody_elses_rights(
    ours: dict[str, Any], security_administrator: Actor, doctor: Actor
) -> None:
    with pytest.raises(NotAProgram):
        services.issue_token(account_id=doctor.account_id, label="x", by=security_administrator)
    own = services.issue_token(
        account_id=security_administrator.account_id, label="x", by=security_administrator
    )
    found = services.find_signed_in(own, address="", origin="api")
    assert found is not None
    assert found.actor.account_id == security_administrator.account_id


# ACC-13 Judged at each call


def test_acc_13_rights_taken_away_between_form_and_submit_are_gone(
    sign_in: Any, security_administrator: Actor
) -> None:
    desk = sign_in("administrator")
    assert desk.get("/places/stations/new").status_code == 200
    tenants.change_grant(
        role="administrator",
        permission="tenants.department.manage",
        is_granted=False,
        by=security_administrator,
    )
    assert desk.post("/places/stations/new", data={"code": "S9", "name": "桥北站"}).status_code == 403


# ACC-02 The matrix under review

EXPECTED = Path(__file__).parent / "expected_grants.txt"


def _matrix(app: Flask) -> list[str]:
    """One line for each permission: where it belongs, whose duty it is, and the roles it starts with."""
    return [
        f"{code} [{found.scope.value}{' ' + found.duty.value if found.duty else ''}]: {' '.join(found.roles) or '-'}"
        for code, found in sorted(_permissions(app).items())
    ]


def test_acc_02_what_the_manifests_propose_is_what_was_reviewed(app: Flask) -> None:
    """After a review: HIS_REVIEW=1 pytest tests/security -k reviewed, and look at the difference."""
    if os.environ.get("HIS_REVIEW"):
        EXPECTED.write_text("\n".join(_matrix(app)) + "\n", encoding="utf-8")
    assert _matrix(app) == EXPECTED.read_text(encoding="utf-8").splitlines()


def test_acc_02_every_role_does_by_proposal_what_the_reviewed_table_says_and_nothing_else(
    app: Flask, ours: dict[str, Any]
) -> None:
    reviewed: dict[str, set[str]] = {role.value: set() for role in Role}
    for line in EXPECTED.read_text(encoding="utf-8").splitlines():
        head, _, roles = line.partition(": ")
        for role in roles.split():
            if role != "-":
                reviewed[role].add(head.partition(" ")[0])
    for role in EVERYONE:
        assert world.actor(ours, role).permissions == reviewed[role], role
    for role in DISTRICT_ROLES:
        assert world.district_actor(role).permissions == reviewed[role], role
