"""A page of a list with the addresses of its neighbours, as ``ui.pager`` wants it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request

from app.db import Page


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """Rows of a page and where to go from it."""

    rows: list[Any]
    previous_url: str
    next_url: str


def links(page: Page[Any], rows: list[Any] | None = None) -> LinkedPage:
    """The page with the present filters kept in its links; "back" leads to the newest rows."""
    return LinkedPage(
        page.rows if rows is None else rows,
        "" if page.is_first else _here(None),
        _here(page.next_before) if page.next_before else "",
    )


def _here(before: int | None) -> str:
    """This address with its filters, from another row on."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if key != "before"]
    if before is not None:
        kept.append(("before", str(before)))
    return f"{request.path}?{urlencode(kept)}"
