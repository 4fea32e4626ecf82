"""What a centre decides for itself."""

from typing import Any

import pytest
from flask import Flask, current_app, url_for

from app.actor import Actor
from app.errors import InvalidInput, NotFound
from app.registry import Setting, SettingKind, installed
from app.tenancy import setting_of
from tenants import rules, services

NUMBER = Setting("days", "Days", SettingKind.NUMBER, 3, least=1, most=7)
SWITCH = Setting("one", "One", SettingKind.SWITCH, default=False)
TEXT = Setting("word", "Word", SettingKind.TEXT, "", most=5)


@pytest.mark.parametrize(
    ("declared", "typed", "stored"),
    [
        (NUMBER, "7", 7),
        (NUMBER, 1, 1),
        (SWITCH, "1", True),
        (SWITCH, "", False),
        (SWITCH, True, True),
        (TEXT, "是", "是"),
    ],
)
def test_a_setting_is_stored_as_its_kind(declared: Setting, typed: Any, stored: Any) -> None:
    assert rules.setting_value(declared, typed) == stored


@pytest.mark.parametrize(
    ("declared", "typed"),
    [
        (NUMBER, "8"),
        (NUMBER, "0"),
        (NUMBER, "three"),
        (NUMBER, "٣"),
        (NUMBER, True),
        (NUMBER, None),
        (NUMBER, "9" * 30),
        (SWITCH, "perhaps"),
        (SWITCH, []),
        (TEXT, "too long"),
        (TEXT, 5),
    ],
)
def test_an_impossible_value_is_refused(declared: Setting, typed: Any) -> None:
    with pytest.raises(rules.NotPossible):
        rules.setting_value(declared, typed)


def test_a_setting_nobody_declares_is_refused(administrator: Actor) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.change_settings(settings={"theme": "plum", "no_such": 1}, by=administrator)
    assert set(refusal.value.complaints) == {"no_such"}
    assert setting_of(administrator.tenant_id, "theme") == "teal"


def test_a_theme_is_worn_at_once_and_by_this_centre_only(
    sign_in: Any, administrator: Actor, theirs: dict[str, Any]
) -> None:
    client = sign_in("administrator")
    answer = client.post("/centre/settings", data={"theme": "plum", "density": "compact", "start_page": ""})
    assert answer.status_code == 303
    page = client.get("/home").text
    address = next(part.split('"')[0] for part in page.split('href="') if part.startswith("/theme/"))
    assert "#7a4b94" in client.get(address).text
    assert setting_of(theirs["tenant_id"], "theme") == "teal"


def test_a_wrong_theme_is_refused_on_its_field(sign_in: Any) -> None:
    answer = sign_in("administrator").post("/centre/settings", data={"theme": "glitter"})
    assert answer.status_code == 422
    assert 'aria-describedby="f-theme-error' in answer.text


def test_a_centre_is_renamed(sign_in: Any) -> None:
    client = sign_in("administrator")
    assert client.post("/centre/name", data={"name": "望江社区卫生服务中心"}).status_code == 303
    assert "望江社区卫生服务中心" in client.get("/home").text
    assert client.post("/centre/name", data={"name": "望"}).status_code == 422


def test_a_grant_is_changed_by_one_click_and_the_cell_answers(sign_in: Any) -> None:
    client, doctor = sign_in("security_administrator"), sign_in("doctor")
    assert doctor.get("/staff/").status_code == 403
    path = "/centre/grants/doctor/tenants.practitioner.manage"
    answer = client.post(path, data={"is_granted": "1"}, headers={"HX-Request": "true"})
    assert 'aria-pressed="true"' in answer.text
    assert doctor.get("/staff/").status_code == 200
    client.post(path, data={"is_granted": "0"})
    assert doctor.get("/staff/").status_code == 403
    assert client.post("/centre/grants/doctor/no.such.right", data={"is_granted": "1"}).status_code == 404


def test_a_person_is_added_and_changed_on_the_page(sign_in: Any, ours: dict[str, Any]) -> None:
    client = sign_in("administrator")
    typed = {
        "staff_no": "901",
        "name": "钱多多",
        "department_id": str(ours["departments"]["general"]),
        "licence": "physician",
        "title": "none",
        "may_prescribe": "1",
    }
    assert client.post("/staff/new", data=typed).status_code == 303
    assert "钱多多" in client.get("/staff/?q=qdd").text
    again = client.post("/staff/new", data=typed)
    assert again.status_code == 422
    assert "901" in again.text
    person = ours["people"]["doctor"]["practitioner_id"]
    changed = {
        "department_id": str(ours["departments"]["tcm"]),
        "licence": "physician",
        "title": "senior",
        "licence_expires_on": "2026-02-30",
    }
    assert client.post(f"/staff/{person}", data=changed).status_code == 422
    assert (
        client.post(f"/staff/{person}", data=changed | {"licence_expires_on": "2030-02-28"}).status_code
        == 303
    )


def test_departments_are_added_renamed_and_put_out_of_use(
    sign_in: Any, administrator: Actor, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    client = sign_in("administrator")
    new = {"code": "PED", "name": "儿科", "kind": "clinic", "station_id": str(ours["station_id"])}
    assert client.post("/places/departments/new", data=new).status_code == 303
    department_id = ours["departments"]["tcm"]
    assert (
        client.post(
            f"/places/departments/{department_id}", data={"name": "中医馆", "kind": "clinic"}
        ).status_code
        == 303
    )
    assert "中医馆" in client.get("/places/").text
    assert client.post("/places/stations/new", data={"code": "S 2", "name": "桥"}).status_code == 422
    with pytest.raises(NotFound):
        services.change_department(
            department_id=theirs["departments"]["tcm"], name="别人的", kind="clinic", by=administrator
        )


def test_an_optional_part_that_others_need_stays_on(sign_in: Any) -> None:
    client = sign_in("administrator")
    assert client.post("/centre/modules/catalogue", data={"is_on": "0"}).status_code == 404  # never optional
    assert client.post("/centre/modules/nothing", data={"is_on": "0"}).status_code == 404


def test_a_refused_switch_names_the_parts_in_words_and_says_which_way(administrator: Actor) -> None:
    with pytest.raises(services.ModuleNeeded) as needed:
        services.switch_module(module="charging", is_on=False, by=administrator)
    assert needed.value.text == "请先停用依赖它的功能：医疗票据、对账、药房、统计报表"
    for module in (
        "demo",
        "distribution",
        "reports",
        "storeroom",
        "dispensing",
        "reconciliation",
        "invoices",
    ):
        services.switch_module(module=module, is_on=False, by=administrator)
    services.switch_module(module="charging", is_on=False, by=administrator)
    with pytest.raises(services.ModuleMissing) as missing:
        services.switch_module(module="dispensing", is_on=True, by=administrator)
    assert missing.value.text == "请先启用它所依赖的功能：收费"


def test_registration_declares_every_setting_with_the_default_it_reads(app: Flask) -> None:
    from modules.registration.rules.settings import RegistrationSettings

    declared = {
        name.removeprefix("registration."): setting.default
        for name, setting in app.extensions["his_registry"].settings.items()
        if name.startswith("registration.")
    }
    house = RegistrationSettings()
    assert declared == {name: getattr(house, name) for name in RegistrationSettings.__slots__}


def test_a_setting_has_a_default_that_it_allows(app: Flask) -> None:
    for declared in app.extensions["his_registry"].settings.values():
        assert rules.setting_value(declared, declared.default) == declared.default


def test_a_role_has_a_first_page_of_its_own_and_else_the_centres(sign_in: Any, administrator: Actor) -> None:
    pages = {"start_page": "patients.show_patients", "start_page.cashier": "charging.show_desk"}
    known = {entry.endpoint for module in installed().modules.values() for entry in module.menu}
    pages["start_page"] = next(name for name in sorted(known) if name.startswith("patients."))
    services.change_settings(settings=pages, by=administrator)
    assert sign_in("cashier").get("/").headers["Location"] == url_for_of("charging.show_desk")
    assert sign_in("registrar").get("/").headers["Location"] == url_for_of(pages["start_page"])
    services.change_settings(settings={"start_page.cashier": "staff.show_staff"}, by=administrator)
    assert sign_in("cashier").get("/").headers["Location"] == url_for_of(
        pages["start_page"]
    )  # may not open the staff


def url_for_of(endpoint: str) -> str:
    """The address of a page, outside a request."""
    with current_app.test_request_context():
        return url_for(endpoint)
