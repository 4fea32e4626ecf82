"""Limits of the items of the price list: for whom, and how often."""

from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.errors import NotFound
from app.use_cases import use_case
from modules.charging import queries
from modules.charging.errors import ReductionAgesWrong
from modules.charging.models import ItemKind, ItemLimit
from modules.charging.models.packages import AgeUnit, LimitSex

Age = Annotated[int, Field(ge=0, le=1800)]


@use_case("charging.price.change")
def set_limit(
    *,
    item_kind: ItemKind,
    item_id: int,
    sex: LimitSex | None = None,
    age_from: Age | None = None,
    age_to: Age | None = None,
    age_unit: AgeUnit = AgeUnit.YEARS,
    most: Annotated[int, Field(ge=1, le=9999)] | None = None,
    days: Annotated[int, Field(ge=1, le=366)] = 1,
    reason: Annotated[str, Field(max_length=200)] = "",
    by: Actor,
) -> ItemLimit | None:
    """Say for whom an item may be charged and how often, from now on; nothing said: it is not limited any more.

    Bounds of age count, in completed years or months. ``most`` is meant in the item's unit, for a patient, in ``days``
    days of which today is the last. What was charged before stays.

    Raises:
        NotFound: no such item on the price list.
        ReductionAgesWrong: the first age is above the last.
    """
    price = queries.price_of(item_kind, item_id)
    if price is None:
        raise NotFound(field="item_id")
    if age_from is not None and age_to is not None and age_from > age_to:
        raise ReductionAgesWrong(field="age_to")
    if before := queries.lock_open_limit(item_kind, item_id):
        before.valid_to = clock.now()
        db.session.flush()  # it must end before the new one begins, for the index of open limits
    limit = None
    if sex or age_from is not None or age_to is not None or most is not None:
        limit = ItemLimit(
            item_kind=item_kind,
            item_id=item_id,
            item_code=price.item_code,
            sex=sex,
            age_from=age_from,
            age_to=age_to,
            age_unit=age_unit,
            most=most,
            days=days if most is not None else 1,
            valid_from=clock.now(),
            reason=reason,
            set_by=by.name,
        )
        db.session.add(limit)
        db.session.flush()
    audit.record("limit.set", limit or price, by=by, item=price.item_code, is_limited=limit is not None)
    return limit
