"""What the tenants room announces."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.events import Event, Words
from app.i18n import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreOrdered(Event):
    """A centre stands in the directory; its rows in the partition are to be made."""

    words: ClassVar[str] = N_("Centre ordered")
    centre_id: Annotated[int, Words(N_("Centre"))]
