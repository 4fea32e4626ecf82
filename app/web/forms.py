"""A form is a use case's signature seen from a page: what was typed, what is wrong, and one act.

Names of lines are flat: ``lines-0-drug_id``. What was typed is kept whatever happens.
"""

import re
import types
import uuid
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from werkzeug.datastructures import MultiDict

from app.actor import Actor
from app.cases import UseCase
from app.errors import DomainError, InvalidInput
from app.use_cases import KERNELS_OWN, case_of, command
from app.web.main_forms import hidden_of_case

_LINE = re.compile(r"^(\w+)-(\d+)-(\w+)$")


class Form:
    """One use case on a page."""

    def __init__(
        self,
        use_case: Callable[..., Any],
        typed: "MultiDict[str, str] | None" = None,
        *,
        start: Mapping[str, Any] | None = None,
        **fixed: Any,
    ) -> None:
        """``start`` fills an empty form; ``fixed`` are arguments the page knows (ids from the URL)."""
        self._function = use_case
        self.case: UseCase = case_of(use_case)
        self._typed = typed
        self._start = start or {}
        self._fixed = fixed
        self.command_id = _command_id(typed.get("command_id", "") if typed else "")
        self.errors: dict[str, list[str]] = {}
        self.messages: list[str] = []
        self.refusal: DomainError | None = None

    def value(self, name: str) -> Any:
        """What stands in a field: typed text first, then the starting value."""
        if self._typed is not None and name in self._typed:
            return self._typed[name]
        found = self._start.get(name, "")
        return "" if found is None else found

    def values(self, name: str) -> list[str]:
        """All choices of a field that allows several."""
        if self._typed is not None:
            return self._typed.getlist(name)
        return [str(item) for item in self._start.get(name, [])]

    def lines(self, name: str) -> list[dict[str, str]]:
        """What was typed into the rows of a grid, in order."""
        return _lines(self._typed, name) if self._typed is not None else list(self._start.get(name, []))

    def error(self, name: str) -> list[str]:
        """Complaints about one field."""
        return self.errors.get(name, [])

    def is_required(self, name: str) -> bool:
        """Whether the signature has no default for this field."""
        fields = self.case.schema.model_fields
        return name in fields and fields[name].is_required()

    def perform(self, *, by: Actor) -> Any:
        """Carry out the use case; None when it was refused, and then the form says why."""
        try:
            return self.perform_or_raise(by=by)
        except DomainError as refusal:
            self.reject(refusal)
            return None

    def perform_or_raise(self, *, by: Actor) -> Any:
        """Carry out a use case whose page has nothing to correct: a refusal rises to a page of its own."""
        with command(self.command_id, is_typed=True):
            return self._function(**self.arguments(), by=by)

    def arguments(self) -> dict[str, Any]:
        """Arguments for the use case from what was typed; an empty text counts as not given.

        A field that the centre has hidden is not read: what is stored in it stays.
        """
        typed = self._typed if self._typed is not None else MultiDict()
        hidden = hidden_of_case(self.case.name) & set(self.case.schema.model_fields)
        found = {name: self._start[name] for name in hidden if self._start.get(name) not in (None, "")}
        for name, field in self.case.schema.model_fields.items():
            if name in self._fixed or name in hidden:
                continue
            if _is_list(field.annotation):
                lines = _lines(typed, name)
                found[name] = lines or [item for item in typed.getlist(name) if item != ""]
            elif name in typed and typed[name].strip() != "":
                found[name] = typed[name]
            elif name in typed and field.annotation is str and not field.is_required():
                found[name] = ""
            elif field.annotation is bool:
                found[name] = name in typed and typed[name] not in {"", "0", "false"}
        return found | self._fixed

    def reject(self, refusal: DomainError) -> None:
        """Show a refusal on the field it names, or above the form."""
        self.refusal = refusal
        if isinstance(refusal, InvalidInput):
            self.errors = refusal.complaints
            self.messages = [refusal.text]
            shown = set(self.case.schema.model_fields)
            self.messages += [
                text
                for name, texts in refusal.complaints.items()
                if name.split("-")[0] not in shown
                for text in texts
            ]
        elif refusal.field:
            self.errors = {refusal.field: [refusal.text]}
            self.messages = [refusal.text]
        else:
            self.messages = [refusal.text]


def _command_id(given: str) -> str:
    """The id the page was made with; what a page never makes is replaced."""
    return uuid.uuid4().hex if not given or given.startswith(KERNELS_OWN) else given


def _is_list(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _is_list(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return any(_is_list(part) for part in get_args(annotation))
    return origin in (list, tuple)


def _lines(typed: "MultiDict[str, str] | None", name: str) -> list[dict[str, str]]:
    rows: dict[int, dict[str, str]] = {}
    for key, value in (typed or MultiDict()).items():
        if (found := _LINE.match(key)) and found[1] == name and value.strip() != "":
            rows.setdefault(int(found[2]), {})[found[3]] = value
    return [rows[index] for index in sorted(rows)]
