"""Addresses of static files, with the hash of their contents so that browsers may keep them for a year."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

STATIC = Path(__file__).resolve().parent.parent / "static"
VENDOR = STATIC / "vendor"
MANIFEST = VENDOR / "manifest.json"


def are_missing() -> bool:
    """Whether ``deploy/assets.py`` has not been run yet."""
    return not MANIFEST.exists()


@lru_cache(maxsize=512)
def _hash(name: str, changed_ns: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a file below ``app/static``."""
    file = STATIC / name
    try:
        version = _hash(name, file.stat().st_mtime_ns)
    except FileNotFoundError:
        version = "missing"
    return url_for("static", filename=name, v=version)


def install(app: Flask) -> None:
    """Give templates ``asset()``; a versioned address is kept for a year, any other asked for again."""
    app.jinja_env.globals["asset"] = asset

    @app.before_request
    def explain_what_is_missing() -> ResponseReturnValue | None:
        """Without the fetched files no page works: one page says so and what to do."""
        if app.extensions["his_settings"].environment == "test" or not are_missing():
            return None
        if request.endpoint in {None, "static"} or request.blueprint in {"health", "api", "theme", "lookups"}:
            return None
        return render_template("assets_missing.html"), 503

    @app.after_request
    def keep_static(answer: Response) -> Response:
        if request.endpoint == "static":
            versioned = "v" in request.args
            answer.headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if versioned else "no-cache"
            )
        return answer
