"""How a centre reaches the insurer, and who is signed in there."""

from datetime import date

from sqlalchemy import Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.fields import HoldsSealed, Opened, sealed_column
from app.db import AppendOnly, Model, TenantScoped, choice_column, id_column
from app.i18n import N_, Choice


class SignType(Choice):
    """How messages are signed."""

    SM3 = "SM3", N_("SM3 with a key")
    SHA256 = "SHA256", N_("SHA-256 with a key")


class InsuranceConnection(TenantScoped, HoldsSealed, Model):
    """A centre's connection to the insurer: its code there, the address, the key."""

    __tablename__ = "insurance_connection"
    __table_args__ = (UniqueConstraint("tenant_id"),)

    id: Mapped[int] = id_column()
    institution_code: Mapped[str] = mapped_column(Unicode(12))
    institution_name: Mapped[str] = mapped_column(Unicode(100))
    region: Mapped[str] = mapped_column(Unicode(6))
    base_url: Mapped[str] = mapped_column(Unicode(200))
    sign_type: Mapped[SignType] = choice_column(SignType)
    sealed_key: Mapped[str] = sealed_column("key", 200)
    key = Opened[str]("sealed_key")
    fund_includes_account: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    __mapper_args__ = {"version_id_col": version}


class SignIn(AppendOnly, TenantScoped, Model):
    """An operator's sign-in of a day (签到, 9001)."""

    __tablename__ = "insurance_sign_in"
    __table_args__ = (UniqueConstraint("tenant_id", "account_id", "on"),)

    id: Mapped[int] = id_column()
    account_id: Mapped[int]
    on: Mapped[date]
    sign_no: Mapped[str] = mapped_column(Unicode(40))
