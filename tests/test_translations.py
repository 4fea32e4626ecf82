"""Every English message has its Chinese, says the same facts, and is said one way in the whole house."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def _tool() -> ModuleType:
    path = Path(__file__).parent.parent / "deploy" / "translations.py"
    spec = importlib.util.spec_from_file_location("deploy_translations", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


translations = _tool()
ROOMS = {room.name: room for room in translations.rooms()}


@pytest.mark.parametrize("name", ROOMS)
def test_every_text_of_a_room_has_its_chinese(name: str) -> None:
    assert [text for _context, text in translations.missing(ROOMS[name])] == []


@pytest.mark.parametrize("name", ROOMS)
def test_a_translation_carries_the_same_facts(name: str) -> None:
    wrong = {
        text: chinese
        for (_context, text), chinese in ROOMS[name].texts().items()
        if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(chinese))
    }
    assert wrong == {}


def test_one_english_text_has_one_chinese_text_in_all_rooms() -> None:
    said: dict[tuple[str, str], dict[str, list[str]]] = {}
    for name, room in ROOMS.items():
        for key, chinese in room.texts().items():
            said.setdefault(key, {}).setdefault(chinese, []).append(name)
    assert {key: ways for key, ways in said.items() if len(ways) > 1} == {}


@pytest.mark.parametrize("name", ROOMS)
def test_a_catalogue_holds_no_text_that_is_gone(name: str) -> None:
    room = ROOMS[name]
    assert sorted(set(room.texts()) - set(room.wanted())) == []


def test_compiled_catalogues_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "room" / "translations" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(
        translations.HEADER + '\nmsgid "Yes"\nmsgstr "是"\n', encoding="utf-8"
    )
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    room = translations.Room("room")
    assert translations.compile_catalogue(room)
    assert not translations.compile_catalogue(room)
