"""Numbers of the district's papers."""

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app import clock
from app.db import db
from modules.distribution.models import Counter


def next_number(name: str, prefix: str) -> str:
    """The next number under a name today, as the kernel makes them for centres; held until commit."""
    on = clock.today()
    return f"{prefix}{on:%y%m%d}{_next_value(name):05d}"


def _next_value(name: str) -> int:
    on = clock.today()
    for _ in range(2):
        advanced = db.session.scalar(
            update(Counter)
            .where(Counter.name == name, Counter.on == on)
            .values(value=Counter.value + 1)
            .returning(Counter.value)
            .execution_options(synchronize_session=False)
        )
        if advanced is not None:
            return int(advanced)
        try:
            with db.session.begin_nested():
                db.session.add(Counter(name=name, on=on, value=1))
                db.session.flush()
        except IntegrityError:
            continue  # another desk was first today
        return 1
    raise RuntimeError(f"counter {name} could not be advanced")
