"""The demo district lives through days on which the outside misbehaves, and everything still balances."""

from datetime import date, time

import pytest
from flask import Flask

from app import clock


def simulate(app: Flask, *more: str) -> str:
    """What the command says; it fails when a refusal came that a clinic would not expect."""
    told = ["simulate", "--centres", "1", "--visits-per-day", "6", "--fault-rate", "0.1", *more]
    result = app.test_cli_runner().invoke(args=told)
    assert result.exit_code == 0, result.output
    return str(result.output)


def proves_itself(app: Flask) -> bool:
    """Every line of ``flask check``."""
    result = app.test_cli_runner().invoke(args=["check"])
    assert result.exit_code == 0, result.output
    return "ok" in result.output


@pytest.mark.one_engine
def test_a_demo_that_is_built_after_midnight_stops_at_that_moment(app: Flask) -> None:
    clock.stop(clock.moment_of(date(2026, 11, 20), time(0, 20)))
    assert "visits in" in simulate(app, "--days", "1", "--until-now")


@pytest.mark.one_engine
@pytest.mark.slow
def test_days_with_insured_residents_purchases_counts_and_faults_balance(app: Flask) -> None:
    said = simulate(app, "--days", "6")
    assert "outside" in said  # something went wrong there
    assert proves_itself(app)
