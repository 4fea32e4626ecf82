"""What the tenants room announces."""

from dataclasses import dataclass

from app.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreOrdered(Event):
    """A centre stands in the directory; its rows in the partition are to be made."""

    centre_id: int
