"""A patient with a diagnosis, and drugs by their names."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from support.outpatients import open_encounter

from app.actor import Actor
from app.db import control_unit, db
from modules.catalogue.models import Drug
from modules.clinic.models import Encounter
from modules.prescriptions.rules.lines import DrugLine, HerbLine

MakeEncounter = Callable[..., Encounter]
MakeLine = Callable[..., DrugLine]


@pytest.fixture
def make_encounter(ours: dict[str, Any], registrar: Actor, doctor: Actor) -> MakeEncounter:
    """Register a patient and let the doctor take them; a test says only what matters to it."""

    def make(**given: Any) -> Encounter:
        return open_encounter(ours, registrar=registrar, **{"doctor": doctor, **given})

    return make


@pytest.fixture
def drugs(app: Flask) -> dict[str, Drug]:
    """The demonstration formulary by name; of several strengths the first code."""
    with control_unit():
        rows = db.session.scalars(select(Drug).order_by(Drug.code.desc()))
        return {row.name: row for row in rows}


@pytest.fixture
def make_line(drugs: dict[str, Drug]) -> MakeLine:
    """A line with the drug's own route and frequency, three days."""

    def make(name: str, dose: str = "", **given: Any) -> DrugLine:
        drug = drugs[name]
        values: dict[str, Any] = {
            "drug_id": drug.id,
            "dose": Decimal(dose) if dose else drug.dose_per_min_unit,
            "route": drug.default_route,
            "frequency": drug.default_frequency,
            "days": 3,
        }
        return DrugLine(**{**values, **given})

    return make


@pytest.fixture
def make_herb(drugs: dict[str, Drug]) -> Callable[..., HerbLine]:
    """A herb with its grams."""

    def make(name: str, grams: int, footnote: str = "") -> HerbLine:
        return HerbLine(drug_id=drugs[name].id, grams=Decimal(grams), footnote=footnote)

    return make
