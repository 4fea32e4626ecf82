"""What an event says, field by field, as its own type tells: to show it, and to correct it.

A field's path is its name, inside a line with the line's place: ``lines-0-quantity``. Pydantic names what is wrong
in the same way, so a complaint finds its input.
"""

import copy
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError, to_jsonable_python

from app.complaints import complaint, complaints_of, refuse_what_no_engine_stores
from app.errors import InvalidInput
from app.events import KERNEL_FIELDS, Event, Private, Words, subscriptions
from app.i18n import gettext

PREFIX = "values-"  # of the inputs on the page
MASKED = "…"
_KINDS = {bool: "yes", int: "text", Decimal: "text", date: "date", datetime: "text", str: "text"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a message; ``kind`` is that of its input, "" when nobody can type it."""

    path: tuple[str | int, ...]
    kind: str
    value: Any
    is_private: bool = False
    is_optional: bool = False
    is_missing: bool = False  # the event's type has gained it since
    options: tuple[str, ...] = ()
    words: str = ""  # a msgid

    @property
    def name(self) -> str:
        """The path in one word."""
        return "-".join(str(part) for part in self.path)

    @property
    def label(self) -> str:
        """What the reader calls it; a value without words goes by its path."""
        return gettext(self.words) if self.words else self.name

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Code and words of what can be chosen."""
        if self.kind == "yes":
            return [("true", gettext("Yes")), ("false", gettext("No"))]
        return [(option, option) for option in self.options]

    @property
    def text(self) -> str:
        """The value as it is typed."""
        if self.value is None:
            return ""
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


def words_of(name: str) -> str:
    """What the reader calls an event of this name."""
    kind = subscriptions.types.get(name)
    return gettext(kind.words) if kind is not None and kind.words else name


def leaves(name: str, payload: Mapping[str, Any]) -> list[Leaf]:
    """The values of a message in the order of its type; of a type that is gone, whatever there is, all private."""
    kind = subscriptions.types.get(name)
    own = {key: value for key, value in payload.items() if key != "by"}
    if kind is None:
        return [Leaf((key,), "", value, is_private=True) for key, value in own.items()]
    found = list(_of_fields(kind, own, (), is_private=False))
    known = {leaf.path[0] for leaf in found} | {part.name for part in fields(kind)}
    return found + [
        Leaf((key,), "", value, is_private=True) for key, value in own.items() if key not in known
    ]


def corrected(
    name: str, payload: Mapping[str, Any], typed: Mapping[str, str], *, may_see: bool
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The message with what was typed, and what that changed: path → before and after, private values masked.

    Raises:
        InvalidInput: each field with what is wrong with it, under the name of its input.
    """
    kind, found = subscriptions.types[name], {leaf.name: leaf for leaf in leaves(name, payload)}
    own = {key: copy.deepcopy(value) for key, value in payload.items() if key != "by"}
    changes: dict[str, list[str]] = {}
    complaints: dict[str, list[str]] = {}
    for path, text in typed.items():
        leaf = found.get(path)
        if leaf is None or not leaf.kind or (leaf.is_private and not may_see):
            complaints[PREFIX + path] = [complaint("extra_forbidden")]
        elif text != leaf.text:
            _put(own, leaf, text)
            changes[path] = [MASKED, MASKED] if leaf.is_private else [leaf.text, text]
    if complaints:
        raise InvalidInput(complaints)
    return _checked(kind, own) | {"by": payload["by"]}, changes


def _checked(kind: type[Event], own: dict[str, Any]) -> dict[str, Any]:
    try:
        event = TypeAdapter(kind).validate_python(own)
    except ValidationError as error:
        found = {PREFIX + path: texts for path, texts in complaints_of(error).items()}
        raise InvalidInput(found) from None
    said = {part.name: getattr(event, part.name) for part in _own_fields(kind)}
    plain: dict[str, Any] = to_jsonable_python(said)
    complaints = {}
    for leaf in _of_fields(kind, said, (), is_private=False):
        try:
            refuse_what_no_engine_stores(leaf.value)
        except PydanticCustomError as error:
            complaints[PREFIX + leaf.name] = [complaint(error.type)]
    if complaints:
        raise InvalidInput(complaints)
    return plain


def _put(own: dict[str, Any], leaf: Leaf, text: str) -> None:
    place: Any = own
    for part in leaf.path[:-1]:
        place = place[part]
    place[leaf.path[-1]] = None if leaf.is_optional and text == "" else text


def _own_fields(kind: type[Any]) -> list[Field[Any]]:
    return [part for part in fields(kind) if part.name not in KERNEL_FIELDS]


def _of_fields(kind: type[Any], said: Any, path: tuple[Any, ...], *, is_private: bool) -> Iterator[Leaf]:
    hints = get_type_hints(kind, include_extras=True)
    for part in _own_fields(kind):
        value = said.get(part.name, MISSING) if isinstance(said, Mapping) else getattr(said, part.name)
        yield from _of_value(hints[part.name], value, (*path, part.name), is_private=is_private)


def _of_value(hint: Any, value: Any, path: tuple[Any, ...], *, is_private: bool) -> Iterator[Leaf]:
    words = _words(hint)
    hint, is_marked = _bare(hint)
    hint, is_optional = _without_none(hint)
    hint, is_marked_inside = _bare(hint)
    is_private = is_private or is_marked or is_marked_inside
    is_missing = value is MISSING
    if get_origin(hint) is tuple and isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _of_value(get_args(hint)[0], item, (*path, place), is_private=is_private)
    elif is_dataclass(hint) and isinstance(hint, type) and value is not None and not is_missing:
        yield from _of_fields(hint, value, path, is_private=is_private)
    else:
        options = tuple(str(item.value) for item in hint) if _is_enum(hint) else ()
        kind = "select" if options else _KINDS.get(hint, "")
        yield Leaf(
            path, kind, None if is_missing else value, is_private, is_optional, is_missing, options, words
        )


def _words(hint: Any) -> str:
    marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((mark.text for mark in marks if isinstance(mark, Words)), "")


def _bare(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) is not Annotated:
        return hint, False
    return get_args(hint)[0], any(isinstance(mark, Private) for mark in get_args(hint)[1:])


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    rest = [part for part in get_args(hint) if part is not type(None)]
    return (rest[0], True) if len(rest) == 1 else (hint, True)


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)
