"""The record's form: flat fields of the page as the nested arguments of the use cases, and back."""

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from app.i18n import gettext
from app.use_cases import case_of
from app.web.forms import Form
from app.web.main_forms import hidden_of_case
from modules.clinic.models import Encounter, Measurement
from modules.clinic.rules.vitals import VitalSigns

Typed = MultiDict[str, str]
_YES_NO = {True: "true", False: "false", None: ""}


def nested(
    typed: Typed, prefix: str, *, hidden: frozenset[str] = frozenset(), kept: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The filled fields named ``prefix-…``; a field that is ``hidden`` is not read, what is ``kept`` of it stays."""
    start = f"{prefix}-"
    found = {name: value for name, value in typed.items() if name not in hidden and value.strip() != ""}
    for name in hidden:
        if kept and kept.get(name) not in (None, ""):
            found[name] = kept[name]
    return {name.removeprefix(start): value for name, value in found.items() if name.startswith(start)}


def record_form(
    use_case: Callable[..., Any],
    typed: Typed,
    visit_id: int,
    *,
    kept: Callable[[], Mapping[str, Any]],
) -> Form:
    """The form of a use case that takes the record, its diagnoses and the vital signs.

    ``kept`` reads what is stored, for the fields that the centre has hidden, if there are any.
    """
    hidden = hidden_of_case(case_of(use_case).name)
    stored = kept() if hidden else {}
    return Form(
        use_case,
        typed,
        visit_id=visit_id,
        record=nested(typed, "record", hidden=hidden, kept=stored),
        vitals=nested(typed, "vitals", hidden=hidden, kept=stored) or None,
    )


def start_values(
    record: Mapping[str, Any], diagnoses: list[dict[str, Any]], measured: Measurement | None
) -> dict[str, Any]:
    """What stands in an open form: the draft (or a template) and the newest measurement."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        found[f"record-{name}"] = _YES_NO[value] if isinstance(value, bool) else value
    if measured is not None:
        for name in VitalSigns.__dataclass_fields__:
            found[f"vitals-{name}"] = _plain(getattr(measured, name))
    found["diagnoses"] = [
        {
            "code": line["code"],
            "text": f"{line['code']} {line['name']}",
            "is_suspected": "1" if line["is_suspected"] else "",
            "onset_on": line["onset_on"] or "",
        }
        for line in diagnoses
    ]
    return found


def _plain(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class DeskForm(Form):
    """The record on the doctor's desk; lines of the diagnosis table keep the text that was shown."""

    @classmethod
    def of(cls, use_case: Callable[..., Any], encounter: Encounter, start: Mapping[str, Any]) -> "DeskForm":
        """An open form."""
        return cls(use_case, start={**start, "revision": encounter.revision}, visit_id=encounter.visit_id)


def choices() -> dict[str, list[tuple[str, str]]]:
    """Options of the select fields of the record and the vital signs."""
    return {
        "kinds": [("first", gettext("First")), ("return", gettext("Return"))],
        "yes_no": [("false", gettext("No")), ("true", gettext("Yes"))],
        "glucose_moments": [
            ("fasting", gettext("Fasting")),
            ("after_meal", gettext("After a meal")),
            ("random", gettext("At random")),
        ],
    }
