"""Who lives around a centre, as the simulation knows them."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from app.db import tenant_unit
from modules.catalogue import queries as catalogue
from modules.demo.services.district import Centre
from modules.demo.services.outside import Outside
from modules.demo.services.people import Resident


@dataclass(slots=True)
class Known:
    """A resident who has a file, and until when the drugs at home last."""

    resident: Resident
    patient_id: int
    cost_type: str = "self"
    supplied_until: date | None = None
    last_visit_on: date | None = None


@dataclass(slots=True)
class Town:
    """Everybody who has been to a centre, the drugs by code, and what went wrong outside."""

    centre: Centre
    dice: random.Random
    drug_ids: dict[str, int]
    outside: Outside | None = None
    people: list[Known] = field(default_factory=list)
    hitches: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, centre: Centre, dice: random.Random, outside: Outside | None = None) -> "Town":
        """The town around a centre, with nobody known yet."""
        with tenant_unit(centre.tenant_id):
            return cls(centre, dice, {drug.code: drug.id for drug in catalogue.all_drugs()}, outside)
