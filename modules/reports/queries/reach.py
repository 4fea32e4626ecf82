"""How far a reader sees: one centre, or every centre of the district. Reports are read on copies."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from app.actor import Actor
from app.db import across_tenants, current_unit, tenant_unit
from app.errors import NotFound
from app.tenancy import Tenant, directory, tenant_of

RowT = TypeVar("RowT", bound=tuple[Any, ...])
ROOM = "reports"


@dataclass(frozen=True, slots=True)
class Reach:
    """The centres a report is about."""

    centres: tuple[Tenant, ...]
    is_district: bool  # the reader stands in the district

    @property
    def one(self) -> Tenant | None:
        """The centre, when it is one."""
        return self.centres[0] if len(self.centres) == 1 and not self.is_whole else None

    @property
    def is_whole(self) -> bool:
        """Whether it is about the whole district."""
        return self.is_district and len(self.centres) != 1

    @property
    def ids(self) -> frozenset[int]:
        """The centres' ids."""
        return frozenset(centre.id for centre in self.centres)


def reach_of(by: Actor, centre: str = "") -> Reach:
    """What the reader may see: their own centre; from the district every centre, or the one with this code.

    Raises:
        NotFound: there is no such centre for this reader.
    """
    if by.tenant_id is not None:
        own = tenant_of(by.tenant_id)
        if centre not in ("", own.code):
            raise NotFound(field="centre")
        return Reach((own,), False)
    there = [tenant for tenant in directory().all_active() if ROOM in tenant.modules]
    if not centre:
        return Reach(tuple(there), True)
    found = tuple(tenant for tenant in there if tenant.code == centre)
    if not found:
        raise NotFound(field="centre")
    return Reach(found, True)


@contextmanager
def reading(tenant_id: int) -> Iterator[None]:
    """A unit on a centre: the reader's own is taken as it is."""
    unit = current_unit()
    if unit is not None and unit.tenant_id == tenant_id:
        yield
        return
    with tenant_unit(tenant_id) as opened:
        opened.is_fresh = False
        yield


def over(reach: Reach, read: Callable[[], Iterable[RowT]]) -> list[RowT]:
    """Rows of every centre in reach; each begins with the centre's id. One reading for each partition."""
    if (one := reach.one) is not None:
        with reading(one.id):
            return list(read())
    found: list[RowT] = []
    for partition in sorted({centre.partition for centre in reach.centres}):
        with across_tenants(partition) as unit:
            unit.is_fresh = False
            found += [row for row in read() if row[0] in reach.ids]
    return found
