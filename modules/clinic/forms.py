"""The record's form: flat fields of the page as the nested arguments of the use cases, and back."""

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from app.web.forms import Form
from modules.clinic.models import Encounter, Measurement
from modules.clinic.rules.vitals import VitalSigns

Typed = MultiDict[str, str]
_YES_NO = {True: "true", False: "false", None: ""}


def nested(typed: Typed, prefix: str) -> dict[str, str]:
    """The filled fields named ``prefix-…``."""
    start = f"{prefix}-"
    return {
        name.removeprefix(start): value
        for name, value in typed.items()
        if name.startswith(start) and value.strip() != ""
    }


def record_form(use_case: Callable[..., Any], typed: Typed, visit_id: int, **fixed: Any) -> Form:
    """The form of a use case that takes the record, its diagnoses and the vital signs."""
    return Form(
        use_case,
        typed,
        visit_id=visit_id,
        record=nested(typed, "record"),
        vitals=nested(typed, "vitals") or None,
        **fixed,
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
