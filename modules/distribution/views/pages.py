"""The blueprint of distribution, and what its pages share."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.db import Page
from app.web.access import current_actor
from app.web.forms import Form

blueprint = Blueprint("distribution", __name__, template_folder="../templates", url_prefix="/distribution")


def paged(endpoint: str, page: Page[Any]) -> dict[str, str]:
    """Addresses of the pages before and behind."""
    following = url_for(endpoint, before=page.next_before) if page.next_before else ""
    return {"previous_url": "" if page.is_first else url_for(endpoint), "next_url": following}


def act(
    use_case: Callable[..., Any],
    show: Callable[[Form], str],
    target: Callable[[Any], str],
    done: str,
    **fixed: Any,
) -> ResponseReturnValue:
    """Carry out what a page asks for: on success to the page of what was done, else the page with the reason."""
    form = Form(use_case, request.form, **fixed)
    found = form.perform(by=current_actor())
    if found is None:
        return show(form), 422
    flash(done, "ok")
    return redirect(target(found), 303)
