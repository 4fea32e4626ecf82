"""Whose a row is."""

from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import BigInt


class TenantScoped:
    """The row belongs to one tenant. The session filters ORM statements and stamps new rows."""

    tenant_id: Mapped[int] = mapped_column(BigInt, index=False)
