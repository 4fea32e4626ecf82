"""The translation catalogues, one beside each room: ``update`` follows the sources, ``compile`` compiles.

A text that the kernel's catalogue already has is not written again in a room above it.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import normalize, read_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "zh_Hans"
KERNEL = "app"
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
HEADER = """msgid ""
msgstr ""
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"""

Key = tuple[str, str]  # context (or ""), msgid


@dataclass(frozen=True, slots=True)
class Room:
    """A folder with sources and the catalogue of its texts."""

    name: str

    @property
    def folder(self) -> Path:
        """Where its sources are."""
        return ROOT / self.name

    @property
    def po_file(self) -> Path:
        """Its Chinese catalogue."""
        return self.folder / "translations" / LANGUAGE / "LC_MESSAGES" / "messages.po"

    def read(self) -> Catalog:
        """Its catalogue as written; empty when there is none yet."""
        if not self.po_file.exists():
            return Catalog(locale=LANGUAGE)
        with self.po_file.open("rb") as file:
            return read_po(file, locale=LANGUAGE)

    def texts(self) -> dict[Key, str]:
        """(context, msgid) → Chinese."""
        return {key_of(message): str(message.string or "") for message in self.read() if message.id}

    def wanted(self) -> dict[Key, Message]:
        """Every text that its sources show to people."""
        found: dict[Key, Message] = {}
        for file in self._sources():
            method = "jinja2" if file.suffix == ".html" else "python"
            for _line, text, _comments, context in extract_from_file(method, file, keywords=KEYWORDS):
                message = Message(text[0] if isinstance(text, tuple) else text, context=context)
                found.setdefault(key_of(message), message)
        return found

    def _sources(self) -> Iterator[Path]:
        yield from sorted(self.folder.rglob("*.py"))
        yield from sorted((self.folder / "templates").rglob("*.html"))


def key_of(message: Message) -> Key:
    """What tells one text from another."""
    text = message.id[0] if isinstance(message.id, tuple | list) else message.id
    return message.context or "", text


def rooms() -> list[Room]:
    """All rooms with texts, the kernel first."""
    modules = sorted(
        folder.name for folder in (ROOT / "modules").iterdir() if (folder / "__init__.py").exists()
    )
    names = [KERNEL, "tenants", *(f"modules/{name}" for name in modules)]
    return [Room(name) for name in names if (ROOT / name).is_dir()]


def missing(room: Room) -> list[Key]:
    """Texts of a room that nobody has said in Chinese yet."""
    known = room.texts() | (Room(KERNEL).texts() if room.name != KERNEL else {})
    return sorted(key for key in room.wanted() if not known.get(key))


def update(room: Room) -> list[Key]:
    """Bring a room's catalogue up to date with its sources; returns the texts that still lack Chinese."""
    wanted, said = room.wanted(), room.texts()
    elsewhere = Room(KERNEL).texts() if room.name != KERNEL else {}
    own = [key for key in wanted if not elsewhere.get(key)]
    if not own and not room.po_file.exists():
        return []
    parts = [HEADER]
    for context, text in sorted(own, key=lambda key: (key[1], key[0])):
        message = wanted[context, text]
        lines = ["#, python-format"] if message.python_format else []
        lines += [f"msgctxt {normalize(context)}"] if context else []
        lines += [
            f"msgid {normalize(text, width=0)}",
            f"msgstr {normalize(said.get((context, text), ''), width=0)}",
        ]
        parts.append("\n".join(lines) + "\n")
    room.po_file.parent.mkdir(parents=True, exist_ok=True)
    room.po_file.write_text("\n".join(parts), encoding="utf-8")
    return [key for key in own if not said.get(key)]


def compile_catalogue(room: Room) -> bool:
    """Compile a room's catalogue when it is newer than what was compiled; returns whether it was."""
    compiled = room.po_file.with_suffix(".mo")
    if not room.po_file.exists():
        return False
    if compiled.exists() and compiled.stat().st_mtime_ns >= room.po_file.stat().st_mtime_ns:
        return False
    with compiled.open("wb") as file:
        write_mo(file, room.read())
    return True


def main(arguments: list[str]) -> int:
    """Run one of the two commands."""
    if arguments == ["compile"]:
        for room in rooms():
            compile_catalogue(room)
        return 0
    if arguments == ["update"]:
        for room in rooms():
            for context, text in update(room):
                sys.stdout.write(f"{room.name}: {context + ' | ' if context else ''}{text}\n")
        return 0
    sys.stderr.write("usage: python deploy/translations.py compile|update\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
