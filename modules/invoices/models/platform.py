"""How an institution reaches the platform of electronic invoices."""

from sqlalchemy import Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.fields import HoldsSealed, Opened, sealed_column
from app.db import Model, TenantScoped, id_column


class PlatformConnection(TenantScoped, HoldsSealed, Model):
    """An institution's connection: its code with the finance bureau, the address, the key."""

    __tablename__ = "invoices_connection"
    __table_args__ = (UniqueConstraint("tenant_id"),)

    id: Mapped[int] = id_column()
    unit_code: Mapped[str] = mapped_column(Unicode(20))
    institution_kind: Mapped[str] = mapped_column(Unicode(50))  # 医疗机构类型, as the foot prints it
    base_url: Mapped[str] = mapped_column(Unicode(200))
    sealed_key: Mapped[str] = sealed_column("key", 200)
    key = Opened[str]("sealed_key")
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    __mapper_args__ = {"version_id_col": version}
