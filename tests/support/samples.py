"""A value that fits for every argument of a use case, made from its schema; keys of rows are asked for by name."""

from collections.abc import Callable, Iterator
from typing import Any

KeyFor = Callable[[str], int | None]
_BY_FORMAT = {"date": "2026-11-20", "time": "09:00:00", "date-time": "2026-11-20T01:30:00Z"}


def sample(schema: Any, key_for: KeyFor) -> dict[str, Any]:
    """Arguments for a schema: every field, optional ones too, each list with one line."""
    described = schema.model_json_schema()
    found: dict[str, Any] = _value(described, "", described.get("$defs", {}), key_for)
    return {name: value for name, value in found.items() if value is not None}


def is_key(name: str) -> bool:
    """Whether an argument of this name is the key of a row."""
    return name.endswith(("_id", "_ids"))


def key_paths(values: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where keys of rows stand in a sample, also inside lines."""
    items = values.items() if isinstance(values, dict) else enumerate(values)
    for name, value in items:
        here = (*path, name)
        owner = next(part for part in reversed(here) if isinstance(part, str))
        if isinstance(value, dict | list):
            yield from key_paths(value, here)
        elif is_key(owner):
            yield here


def replaced(values: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The same sample with one value exchanged."""
    if not path:
        return value
    copy = dict(values) if isinstance(values, dict) else list(values)
    copy[path[0]] = replaced(values[path[0]], path[1:], value)
    return copy


def flat(values: dict[str, Any]) -> dict[str, str]:
    """A sample as a form of a page sends it: ``lines-0-drug_id``."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            found |= {f"{name}-{n}-{k}": str(v) for n, line in enumerate(value) for k, v in line.items()}
        elif isinstance(value, dict):
            found |= {f"{name}-{k}": str(v) for k, v in value.items()}
        elif isinstance(value, list):
            found[name] = str(value[0]) if value else ""
        else:
            found[name] = "1" if value is True else "" if value is False else str(value)
    return found


def _value(part: dict[str, Any], name: str, defs: dict[str, Any], key_for: KeyFor) -> Any:
    part = _plain(part, defs)
    if "enum" in part:
        return part["enum"][0]
    kind = part.get("type")
    if kind == "object":
        return {key: _value(inner, key, defs, key_for) for key, inner in part.get("properties", {}).items()}
    if kind == "array":
        return [_value(part.get("items", {}), name, defs, key_for)]
    if kind in {"integer", "number"}:
        return _number(part, name, key_for)
    if kind == "boolean":
        return True
    return _text(part)


def _plain(part: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """The description itself, behind references and choices; of several kinds the number, and never nothing."""
    while "$ref" in part or "anyOf" in part:
        if "$ref" in part:
            part = defs[part["$ref"].rsplit("/", 1)[1]]
        else:
            options = [one for one in part["anyOf"] if one.get("type") != "null"]
            part = next((one for one in options if one.get("type") in {"number", "integer"}), options[0])
    return {**part, "enum": [part["const"]]} if "const" in part else part


def _number(part: dict[str, Any], name: str, key_for: KeyFor) -> Any:
    if is_key(name):
        return key_for(name)
    least = part.get("minimum", part.get("exclusiveMinimum", 0) + 1 if "exclusiveMinimum" in part else 1)
    return max(int(least), 1)


def _text(part: dict[str, Any]) -> str:
    if found := _BY_FORMAT.get(part.get("format", "")):
        return found
    text = "1" if "pattern" in part else "内容"
    return text * max(1, -(-part.get("minLength", 1) // len(text)))
