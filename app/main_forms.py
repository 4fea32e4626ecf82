"""Main forms: a module declares each once, with its fields; a centre arranges it. Pure rules, no database.

What a centre decides here is about people at a form, on a page or through a program. Imports, jobs and modules that
call a use case directly bring what they have.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SETTING = "forms"  # in a centre's settings: name of the form → its arrangement


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field, as pages write it and as a centre may arrange it. Texts are msgids."""

    name: str  # as in the page: ``phone``, ``record-past_history``
    label: str
    type: str = "text"
    span: int = 3
    is_needed: bool = False  # a rule requires it: it stays, and stays required
    stays: bool = False  # it is never hidden: a rule may ask for it
    may_be_required: bool = True
    can_wait: bool = False  # a short form leaves it out unless the centre requires it
    part: str = ""  # heading of the folded part it stands in
    options: str = ""  # which of the page's lists it chooses from
    blank: str | bool = True  # text of the empty choice, False for none
    placeholder: str = ""
    unit: str = ""
    maxlength: int | None = None

    @property
    def may_hide(self) -> bool:
        """Whether a centre may leave it out."""
        return not (self.is_needed or self.stays)

    @property
    def may_require(self) -> bool:
        """Whether a centre may insist on it."""
        return self.may_be_required and not self.is_needed and self.type != "checkbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class MainForm:
    """A form that several pages and programs fill in."""

    name: str  # module.noun
    label: str
    cases: tuple[str, ...]  # use cases that take it whole
    drafts: tuple[str, ...] = ()  # use cases that also take it half filled
    fields: tuple[FormField, ...]

    def field(self, name: str) -> FormField | None:
        """The declared field of this name."""
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True, slots=True)
class Placed:
    """A field where the centre has put it."""

    field: FormField
    is_required: bool
    is_hidden: bool = False


class NotPossible(ValueError):
    """An arrangement that the declaration does not allow, with the field it fails at."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(field)


def arranged(form: MainForm, choice: Mapping[str, Any]) -> list[Placed]:
    """All fields in the centre's order, part by part. What a release has added since stands where it was declared."""
    hidden, required = set(choice.get("hidden", ())), set(choice.get("required", ()))
    return [
        Placed(
            field,
            is_required=field.is_needed or (field.may_require and field.name in required),
            is_hidden=field.may_hide and field.name in hidden,
        )
        for field in _by_part(form, _in_order(form, choice.get("order", ())))
    ]


def shown(form: MainForm, choice: Mapping[str, Any], *, is_short: bool = False) -> list[Placed]:
    """The fields a page shows."""
    return [
        placed
        for placed in arranged(form, choice)
        if not placed.is_hidden and not (is_short and placed.field.can_wait and not placed.is_required)
    ]


def hidden_names(form: MainForm, choice: Mapping[str, Any]) -> frozenset[str]:
    """Fields that are not read from a page; what is stored in them stays."""
    return frozenset(placed.field.name for placed in arranged(form, choice) if placed.is_hidden)


def unfilled(form: MainForm, choice: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """Fields that the centre insists on and that are empty among a use case's values."""
    wanted = [p.field.name for p in arranged(form, choice) if p.is_required and not p.field.is_needed]
    return [name for name in wanted if name.split("-")[0] in values and _is_empty(_value_of(values, name))]


def checked(
    form: MainForm, *, order: Sequence[str], hidden: Iterable[str], required: Iterable[str]
) -> dict[str, Any]:
    """An arrangement as it is stored; empty when nothing departs from the declaration.

    Raises:
        NotPossible: a field is not of this form, cannot be hidden, or cannot be required.
    """
    known = {field.name: field for field in form.fields}
    hidden, required = list(dict.fromkeys(hidden)), list(dict.fromkeys(required))
    for name in (*order, *hidden, *required):
        if name not in known:
            raise NotPossible(name)
    for name in hidden:
        if not known[name].may_hide or name in required:
            raise NotPossible(name)
    for name in required:
        if not known[name].may_require:
            raise NotPossible(name)
    placed = [field.name for field in _by_part(form, _in_order(form, order))]
    default = [field.name for field in _by_part(form, form.fields)]
    found = {"order": [] if placed == default else placed, "hidden": hidden, "required": required}
    return {key: value for key, value in found.items() if value}


def _in_order(form: MainForm, order: Sequence[str]) -> list[FormField]:
    known = {field.name: field for field in form.fields}
    names = [name for name in dict.fromkeys(order) if name in known]
    if not names:
        return list(form.fields)
    before = ""
    for field in form.fields:  # one that nobody has placed yet comes behind its neighbour
        if field.name not in names:
            names.insert(names.index(before) + 1 if before else 0, field.name)
        before = field.name
    return [known[name] for name in names]


def _by_part(form: MainForm, fields: Sequence[FormField]) -> list[FormField]:
    parts = list(dict.fromkeys(field.part for field in form.fields))
    return sorted(fields, key=lambda field: parts.index(field.part))


def _value_of(values: Mapping[str, Any], name: str) -> Any:
    found: Any = values
    for step in name.split("-"):
        found = found.get(step) if isinstance(found, Mapping) else getattr(found, step, None)
    return found


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
