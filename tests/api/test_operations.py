"""What programs may rely on."""

from typing import Any

import pytest
from flask import Flask
from support import world

from app.actor import Actor

STATION = {"code": "S9", "name": "桥北站"}


@pytest.fixture
def program(app: Flask, ours: dict[str, Any]) -> Any:
    """``program("/api/v1/…", json=…)`` posts as a program that may what the administrator may, with CSRF on."""
    app.config["WTF_CSRF_ENABLED"] = True
    token = world.program_token(ours, "administrator")
    client = app.test_client()

    def call(path: str, method: str = "POST", headers: dict[str, str] | None = None, **options: Any) -> Any:
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        return client.open(path, method=method, headers=sent, **options)

    return call


def test_every_use_case_is_an_operation(app: Flask) -> None:
    from app.use_cases import registry

    operations = app.extensions["his_operations"]
    paths = {op.path for op in operations if op.case and op.case.module != "tests"}
    wanted = {
        name.replace(".", "/", 1).replace("_", "-")
        for name, case in registry.items()
        if case.permission in app.extensions["his_registry"].permissions
        and not case.is_step
        and case.module != "tests"  # tests declare some of their own, before or after an application is made
    }
    assert paths == wanted
    assert "tenants/add-station" in paths


def test_an_operation_performs_its_use_case_and_answers_with_a_string_id(program: Any) -> None:
    answer = program("/api/v1/tenants/add-station", json=STATION)
    assert answer.status_code == 200, answer.text
    assert answer.json["kind"] == "tenants_station"
    assert isinstance(answer.json["id"], str)


def test_a_key_seen_before_returns_the_first_result(program: Any) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = program("/api/v1/tenants/add-station", json=STATION, headers=key)
    second = program("/api/v1/tenants/add-station", json=STATION, headers=key)
    assert second.json == first.json
    other = program("/api/v1/tenants/add-station", json=STATION | {"code": "S8"}, headers=key)
    assert (other.status_code, other.json["code"]) == (409, "command.reused")


def test_a_key_of_any_length_is_a_key(program: Any) -> None:
    key = {"Idempotency-Key": "x" * 500}
    first = program("/api/v1/tenants/add-station", json=STATION, headers=key)
    assert program("/api/v1/tenants/add-station", json=STATION, headers=key).json == first.json


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "S9", "name": "桥\x00北"},
        {"code": "S9", "name": "桥\ud800北"},
        {"code": "S9", "name": "桥北站", "kind": "nowhere"},
        {"code": "S9", "name": "桥北站", "unknown": 1},
        {"code": "S9"},
        [],
        7,
    ],
)
def test_wrong_arguments_are_a_problem_document(program: Any, wrong: Any) -> None:
    answer = program("/api/v1/tenants/add-station", json=wrong)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "input.invalid"
    assert answer.json["details"]


@pytest.mark.parametrize("department_id", [2**63, 10**30, -(2**70), "9" * 30, 1.5, True, None, "one"])
def test_an_id_no_database_could_hold_is_refused(program: Any, department_id: Any) -> None:
    body = {"staff_no": "900", "name": "赵一", "department_id": department_id}
    answer = program("/api/v1/tenants/add-practitioner", json=body)
    assert answer.status_code in {404, 422}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", 10**18])
def test_a_day_out_of_this_world_is_refused(program: Any, ours: dict[str, Any], day: Any) -> None:
    body = {
        "staff_no": "900",
        "name": "赵一",
        "department_id": ours["departments"]["general"],
        "licence_expires_on": day,
    }
    assert program("/api/v1/tenants/add-practitioner", json=body).status_code == 422


def test_an_id_may_be_sent_as_a_string(program: Any, ours: dict[str, Any]) -> None:
    body = {"staff_no": "900", "name": "赵一", "department_id": str(ours["departments"]["general"])}
    assert program("/api/v1/tenants/add-practitioner", json=body).status_code == 200


def test_another_centres_row_is_not_found(program: Any, theirs: dict[str, Any]) -> None:
    body = {"staff_no": "900", "name": "赵一", "department_id": theirs["departments"]["general"]}
    assert program("/api/v1/tenants/add-practitioner", json=body).status_code == 404


def test_what_is_no_json_is_refused(program: Any) -> None:
    path = "/api/v1/tenants/add-station"
    assert program(path, data="code=S9").status_code == 415
    assert program(path, data="{", content_type="application/json").status_code == 400
    deep = "[" * 100_000
    assert program(path, data=deep, content_type="application/json").status_code in {400, 422}
    nested = '{"settings": ' + '{"a":' * 50 + "1" + "}" * 50 + "}"
    assert (
        program("/api/v1/tenants/change-settings", data=nested, content_type="application/json").status_code
        == 422
    )


@pytest.mark.control("ACC-01")
def test_without_a_token_or_a_right_nothing_is_done(app: Flask, program: Any, doctor: Actor) -> None:
    path = "/api/v1/tenants/add-station"
    stranger = program(path, json=STATION, headers={"Authorization": "Bearer none"})
    assert (stranger.status_code, stranger.json["code"]) == (401, "sign_in.required")
    from app.tenancy import tenant_of  # a doctor's token may do what a doctor may

    assert "tenants.department.manage" not in tenant_of(doctor.tenant_id).grants["doctor"]
    system_only = program(
        "/api/v1/tenants/provision-centre", json={"code": "C9", "name": "新中心", "district": "示范区"}
    )
    assert (system_only.status_code, system_only.json["code"]) == (403, "permission.denied")


@pytest.mark.control("APP-05")
def test_a_browsers_session_needs_its_token_but_a_bearer_does_not(app: Flask, sign_in: Any) -> None:
    client = sign_in("administrator")
    app.config["WTF_CSRF_ENABLED"] = True
    refused = client.post("/api/v1/tenants/add-station", json=STATION)
    assert (refused.status_code, refused.json["code"]) == (400, "csrf")
    token = client.get("/session").json["csrf_token"]
    answer = client.post("/api/v1/tenants/add-station", json=STATION, headers={"X-CSRFToken": token})
    assert answer.status_code == 200


def test_the_document_and_the_page_name_every_operation(sign_in: Any) -> None:
    client = sign_in("administrator")
    document = client.get("/api/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    page = client.get("/api/v1/").text
    for path, methods in document["paths"].items():
        assert path.replace("{", "&lt;").replace("}", "&gt;") in page
        for operation in methods.values():
            assert {"401", "403", "422"} <= set(operation["responses"])


def test_nobody_reads_the_document_without_signing_in(app: Flask) -> None:
    assert app.test_client().get("/api/v1/openapi.json").status_code == 401


def test_an_open_page_asks_whether_its_session_lives(app: Flask, sign_in: Any) -> None:
    assert sign_in("doctor").get("/session").json["user"] == "李静"
    assert app.test_client().get("/session").status_code == 401


@pytest.mark.parametrize(
    "step",
    [
        "prescriptions/mark-reviewed",  # the pharmacy's review ticks its checks around it
        "registration/finish-visit",  # the doctor's desk asks for a signed record first
        "registration/begin-consultation",
        "patients/note-visit",
    ],
)
def test_a_step_of_a_use_case_is_no_operation_of_its_own(app: Flask, program: Any, step: str) -> None:
    assert program(step).status_code == 404
