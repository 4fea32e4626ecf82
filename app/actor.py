"""Who acts: a person at a desk, a program, or the system itself."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The one on whose behalf a use case runs. Permissions are today's, judged at each call."""

    account_id: int
    name: str
    tenant_id: int | None = None
    practitioner_id: int | None = None
    station_id: int | None = None
    department_id: int | None = None
    permissions: frozenset[str] = field(default_factory=frozenset)
    roles: tuple[str, ...] = ()
    address: str = ""
    origin: str = "desk"  # desk | api | job | system
    is_system: bool = False

    def may(self, permission: str) -> bool:
        """Whether this actor holds the permission."""
        return self.is_system or permission in self.permissions


def system_actor(tenant_id: int | None, name: str = "system", origin: str = "system") -> Actor:
    """The system itself, for work that no person started: relays, expiry, provisioning."""
    return Actor(account_id=0, name=name, tenant_id=tenant_id, origin=origin, is_system=True)
