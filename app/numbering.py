"""Numbers people read: visits, bills, prescriptions. Per centre and day, without gaps, never used twice."""

from datetime import date

from sqlalchemy import Date, Unicode, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model, TenantScoped, current_unit, db
from app.db.types import BigInt


class NumberCounter(TenantScoped, Model):
    """The last number given out under a name on a day; advanced in the business transaction."""

    __tablename__ = "kernel_number"

    tenant_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Unicode(40), primary_key=True)
    on: Mapped[date] = mapped_column(Date, primary_key=True)
    value: Mapped[int]


def next_value(name: str, *, on: date) -> int:
    """The next whole number under a name on a day, counted from 1. The counter is held until commit."""
    for _ in range(2):
        advanced = db.session.scalar(
            update(NumberCounter)
            .where(NumberCounter.name == name, NumberCounter.on == on)
            .values(value=NumberCounter.value + 1)
            .returning(NumberCounter.value)
            .execution_options(synchronize_session=False)
        )
        if advanced is not None:
            return int(advanced)
        try:
            with db.session.begin_nested():
                db.session.add(NumberCounter(name=name, on=on, value=1))
                db.session.flush()
        except IntegrityError:
            continue  # another desk was first today
        return 1
    raise RuntimeError(f"counter {name} could not be advanced")


def next_number(name: str, *, on: date, prefix: str = "", width: int = 5) -> str:
    """A readable number such as ``V2611210042``: prefix, two digits each of year, month and day, serial."""
    if current_unit() is None:
        raise RuntimeError("numbers are given out inside a use case")
    return f"{prefix}{on:%y%m%d}{next_value(name, on=on):0{width}d}"
