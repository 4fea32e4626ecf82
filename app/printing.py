"""Papers: HTML to PDF through WeasyPrint, with nothing fetched from outside."""

import threading
from functools import lru_cache
from typing import Any

from flask import Response, render_template

_lock = threading.Lock()  # one font configuration for each process, used by one thread at a time


@lru_cache(maxsize=1)
def _fonts() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@lru_cache(maxsize=1)
def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols={"data"}, fail_on_errors=True)  # papers carry their pictures inside


def to_pdf(template: str, **facts: Any) -> bytes:
    """Render a template as a PDF."""
    from weasyprint import HTML

    html = render_template(template, **facts)
    with _lock:
        document = HTML(string=html, base_url="his:", url_fetcher=_fetcher())
        paper: bytes = document.write_pdf(font_config=_fonts())
    return paper


def paper_answer(paper: bytes, name: str) -> Response:
    """A PDF shown in the browser's own viewer."""
    answer = Response(paper, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer
