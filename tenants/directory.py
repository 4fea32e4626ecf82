"""The tenant directory: one statement a request, the rest kept until the centre's version rises."""

import threading
import time

from sqlalchemy import false, select

from app.db import Mode, control_unit, db, tenant_unit
from app.db.retrying import reading
from app.db.units import control_reading
from app.errors import NotFound
from app.registry import Registry
from app.tenancy import Tenant, request_memo
from tenants import plans
from tenants.models import Centre, CentreState, Department, ModuleSubscription, Practitioner, RoleGrant

PLACE_SECONDS = 1.0


class TenantDirectory:
    """Answers the kernel's questions about a tenant."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[int, Tenant] = {}
        self._places: dict[int, tuple[Tenant, float]] = {}
        self._lock = threading.Lock()

    def get(self, tenant_id: int) -> Tenant:
        """The tenant as it is now.

        Raises:
            NotFound: there is no such centre.
        """
        memo = request_memo()
        if memo is not None and tenant_id in memo:
            return memo[tenant_id]
        found = self._look_up(tenant_id)
        if memo is not None:
            memo[tenant_id] = found
        return found

    def place(self, tenant_id: int) -> Tenant:
        """The tenant for its partition and zone, as it was a second ago at most.

        Whoever writes at a place that is no longer the centre's is refused by the partition itself and asks anew.
        """
        moment = time.monotonic()
        memo = request_memo()
        if memo is not None and tenant_id in memo:
            return memo[tenant_id]
        found, looked = self._places.get(tenant_id, (None, float("-inf")))
        if found is None or moment - looked > PLACE_SECONDS:
            found = self.get(tenant_id)
            self._places[tenant_id] = (found, moment)
        return found

    def forget_places(self) -> None:
        """A centre has moved: ask control again."""
        self._places.clear()

    @reading
    def _look_up(self, tenant_id: int) -> Tenant:
        with control_reading():
            version = db.session.scalar(
                select(Centre.version).where(Centre.id == tenant_id).execution_options(kernel="tenant")
            )
            if version is None:
                raise NotFound
            known = self._known.get(tenant_id)
            if known is None or known.version != version:
                known = self._load(tenant_id)
                with self._lock:
                    self._known[tenant_id] = known
            return known

    def has_staff(
        self, tenant_id: int | None, practitioner_id: int | None, department_id: int | None
    ) -> bool:
        """Whether the member of staff and the department, as far as they are named, are of this centre."""
        wanted = ((Practitioner, practitioner_id), (Department, department_id))
        if all(row_id is None for _, row_id in wanted):
            return True
        if tenant_id is None:
            return False
        with tenant_unit(tenant_id, Mode.WRITE):  # the primary, for a person who was added a moment ago
            return all(row_id is None or db.session.get(model, row_id) for model, row_id in wanted)

    def all_active(self) -> list[Tenant]:
        """Every centre that is not suspended, ordered by code."""
        with control_unit():
            ids = list(db.session.scalars(select(Centre.id).where(Centre.is_active).order_by(Centre.code)))
        return [self.get(tenant_id) for tenant_id in ids]

    def all_closed(self) -> list[int]:
        """Ids of the centres that are suspended or not prepared yet."""
        with control_unit():
            return list(db.session.scalars(select(Centre.id).where(Centre.is_active == false())))

    def find_by_code(self, code: str) -> Tenant | None:
        """The centre with this code, or None."""
        with control_unit():
            tenant_id = db.session.scalar(select(Centre.id).where(Centre.code == code))
        return None if tenant_id is None else self.get(tenant_id)

    def forget(self) -> None:
        """Drop what the process knows (after a restore; between tests)."""
        with self._lock:
            self._known.clear()
        self._places.clear()

    def _load(self, tenant_id: int) -> Tenant:
        centre = db.session.get_one(Centre, tenant_id)
        switched = {
            row.module: row.is_on
            for row in db.session.scalars(
                select(ModuleSubscription).where(ModuleSubscription.tenant_id == tenant_id)
            )
        }
        allowed = plans.allowed_by(centre.plan)
        modules = frozenset(
            name
            for name, module in self._registry.modules.items()
            if not module.is_optional or (plans.allows(allowed, name) and switched.get(name, True))
        )
        grants = self._registry.default_grants()
        for grant in db.session.scalars(select(RoleGrant).where(RoleGrant.tenant_id == tenant_id)):
            held = grants.setdefault(grant.role, set())
            if grant.is_granted:
                held.add(grant.permission)
            else:
                held.discard(grant.permission)
        return Tenant(
            id=centre.id,
            version=centre.version,
            code=centre.code,
            name=centre.name,
            partition=centre.partition,
            epoch=centre.epoch,
            zone=centre.zone,
            is_active=centre.is_active,
            closed_because=centre.state_reason if centre.state is CentreState.SUSPENDED else "",
            is_prepared=centre.state not in {CentreState.PREPARING, CentreState.FAILED},
            plan=allowed,
            modules=modules,
            grants={role: frozenset(held) for role, held in grants.items()},
            settings=dict(centre.settings),
            logo=centre.logo,
        )
