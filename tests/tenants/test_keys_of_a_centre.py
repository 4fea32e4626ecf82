"""The keys a page shows: the centre's choice, and each person's own before it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from app.accounts.services import choose_keys
from app.actor import Actor
from app.errors import InvalidInput
from tenants.services import change_settings


def primary_key(client: Any, path: str = "/patients/new") -> str:
    """The key of the page's main button, as declared and as shown."""
    button = re.search(r'<button class="btn p"[^>]*data-key="([^"]+)".*?</button>', client.get(path).text)
    assert button is not None
    assert f'<kbd class="kbd">{button[1].replace("+", " ")}</kbd>' in button[0]
    return button[1]


def keys_for_scripts(client: Any) -> dict[str, str]:
    """What the scripts are told."""
    block = re.search(r'id="his-config">(.*?)</script>', client.get("/home").text)
    assert block is not None
    found: dict[str, str] = json.loads(block[1])["keys"]
    return found


def test_a_centre_chooses_its_keys(
    sign_in: Callable[..., Any], administrator: Actor, theirs: dict[str, Any]
) -> None:
    desk = sign_in("registrar")
    assert primary_key(desk) == "F8"
    assert keys_for_scripts(desk) == {}
    answer = sign_in("administrator").post("/centre/settings", data={"keys": "classic"})
    assert answer.status_code == 303
    assert primary_key(desk) == "F9"
    assert keys_for_scripts(desk)["Ins"] == "F2"
    assert primary_key(sign_in("registrar", "c2")) == "F8"


def test_a_person_may_have_other_keys_and_give_them_up_again(
    sign_in: Callable[..., Any], administrator: Actor
) -> None:
    change_settings(settings={"keys": "classic"}, by=administrator)
    desk, other = sign_in("registrar"), sign_in("doctor")
    assert desk.post("/my-account/keys", data={"scheme": "laptop"}).status_code == 303
    assert primary_key(desk) == "Alt+S"
    assert keys_for_scripts(other)["F8"] == "F9"
    assert 'value="laptop" selected' in desk.get("/my-account/").text
    desk.post("/my-account/keys", data={"scheme": "standard"})
    assert primary_key(desk) == "F8"
    desk.post("/my-account/keys", data={"scheme": ""})
    assert primary_key(desk) == "F9"


def test_a_scheme_that_is_not_there_is_refused(sign_in: Callable[..., Any], registrar: Actor) -> None:
    with pytest.raises(InvalidInput):
        choose_keys(scheme="emacs", by=registrar)
    assert sign_in("registrar").post("/my-account/keys", data={"scheme": "emacs"}).status_code == 422
    assert sign_in("administrator").post("/centre/settings", data={"keys": "emacs"}).status_code == 422


def test_texts_on_pages_name_the_keys_in_force(sign_in: Callable[..., Any], administrator: Actor) -> None:
    change_settings(settings={"keys": "laptop"}, by=administrator)
    assert "Alt S" in sign_in("registrar").get("/registration/window/patient").text
