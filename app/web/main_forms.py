"""Main forms as the reader's centre has arranged them."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from app import main_forms
from app.main_forms import MainForm, Placed
from app.registry import installed
from app.tenancy import setting
from app.web.access import find_actor


def install(app: Flask) -> None:
    """Give every template the arrangement of forms."""
    app.jinja_env.globals.update(form_layout=layout, is_form_arranged=is_arranged)


def choice_of(form: MainForm) -> Mapping[str, Any]:
    """What the reader's centre has decided about a form. No statement: it comes with the centre."""
    actor = find_actor()
    chosen = setting(actor.tenant_id if actor else None, main_forms.SETTING, {})
    found: Mapping[str, Any] = chosen.get(form.name, {})
    return found


def layout(name: str, *, is_short: bool = False) -> list[Placed]:
    """The fields a page shows, in order."""
    form = installed().forms[name]
    return main_forms.shown(form, choice_of(form), is_short=is_short)


def is_arranged(name: str) -> bool:
    """Whether the centre has departed from the order that the module declares."""
    return bool(choice_of(installed().forms[name]))


def hidden_of_case(case: str) -> frozenset[str]:
    """Fields of a use case's form that its centre has hidden."""
    form = installed().form_of_case.get(case)
    return frozenset() if form is None else main_forms.hidden_names(form, choice_of(form))
