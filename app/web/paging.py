"""A page of a list with the addresses of its neighbours, as ``ui.pager`` wants it."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from app.db import Page


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """Rows of a page and where to go from it."""

    rows: list[Any]
    previous_url: str
    next_url: str


def links(page: Page[Any], rows: list[Any] | None = None) -> LinkedPage:
    """The page with the present filters kept in its links; "back" leads to the newest rows."""
    kept = {key: value for key, value in request.args.items() if key != "before"}
    here = request.endpoint or ""
    first = "" if page.is_first else url_for(here, **(request.view_args or {}), **kept)
    following = (
        url_for(here, **(request.view_args or {}), **kept, before=page.next_before) if page.next_before else ""
    )
    return LinkedPage(page.rows if rows is None else rows, first, following)
