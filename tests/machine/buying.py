"""The district buys for a centre and sends; what comes may be less than was sent."""

from decimal import Decimal
from random import Random

from machine.centre import DRUGS, Centre
from support import distribution as district

from app.db import tenant_unit
from modules.distribution import queries

D = Decimal


def through_the_district(centre: Centre, dice: Random) -> None:
    """A plan is handed in, merged, approved, ordered and partly sent."""
    drugs = [(code, dice.randint(2, 9)) for code in dice.sample(DRUGS, dice.randint(1, 2))]
    district.hand_in(centre.ids, centre.desk, *drugs)
    order = district.buy()
    parts = [
        district.batch(line, dice.randint(1, int(line.approved)))
        for line in district.lines_of(order).values()
    ]
    centre.deliveries.append(district.send(order, centre.ids, *parts).id)


def take_in(centre: Centre, dice: Random) -> None:
    """What has come is inspected."""
    if centre.deliveries:
        with tenant_unit(centre.tenant_id):
            delivery = queries.get_delivery(centre.deliveries.pop(0))
        differs = [{"short": 1}] if dice.random() < 0.4 else []
        district.receive(delivery, centre.ids, centre.desk["storekeeper"], *differs)
