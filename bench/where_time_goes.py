"""Where the time of a journey goes: own time by package, from a profile of journeys in this process."""

import cProfile
import pstats
from collections import Counter
from typing import Any

from bench import journeys

PACKAGES = (
    (
        "waiting for the database",
        ("psycopg/connection.py", "psycopg/_cursor_base.py", "psycopg/_connection_base.py"),
    ),
    ("driver", ("psycopg",)),
    ("SQLAlchemy", ("sqlalchemy",)),
    ("Flask, Werkzeug, Babel", ("flask", "werkzeug", "babel", "jinja2", "itsdangerous")),
    ("pydantic and JSON", ("pydantic", "json/")),
    ("our kernel", ("/app/", "/tenants/")),
    ("our modules", ("/modules/",)),
)


def shares(app: Any, plan: journeys.Plan, *, count: int = 40) -> dict[str, float]:
    """Share of the whole, by package, of journeys played one after another; sums to one."""
    caller = journeys.InProcess(plan, app.test_client())
    profile = cProfile.Profile()
    profile.enable()
    for resident in plan.take(count):
        journeys.journey(caller, resident)
    profile.disable()
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        spent[_package_of(file, name)] += own
    whole = sum(spent.values())
    return {f"share of a journey: {package}": own / whole for package, own in spent.most_common()}


def _package_of(file: str, name: str) -> str:
    for package, marks in PACKAGES:
        if any(mark in file for mark in marks):
            return package
    return "Python's built-ins and the rest"
