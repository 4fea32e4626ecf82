"""Every English message has its Chinese, says the same facts, and is said one way in the whole house."""

import re
from pathlib import Path

import pytest
from support.tools import tool

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
translations = tool("translations")
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
