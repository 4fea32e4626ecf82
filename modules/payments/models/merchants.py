"""What an institution has agreed with its channels."""

from datetime import datetime

from sqlalchemy import Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.fields import HoldsSealed, Opened, sealed_column
from app.db import Model, TenantScoped, choice_column, id_column, search_key_column
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.payments.rules.states import Channel

SECRET_LENGTH = 200


class MerchantState(Choice):
    """Whether new orders go through it."""

    ACTIVE = "active", N_("In use")
    RETIRED = "retired", N_("No longer used")


class Merchant(TenantScoped, HoldsSealed, Model):
    """A merchant number with a channel (商户号). Retired ones stay: their orders are still asked about."""

    __tablename__ = "payments_merchant"
    __table_args__ = (
        UniqueConstraint("tenant_id", "callback_key"),
        Index(
            "ux_payments_merchant_active",
            "tenant_id",
            "channel",
            unique=True,
            **only_where("state = 'active'"),
        ),
    )

    id: Mapped[int] = id_column()
    channel: Mapped[Channel] = choice_column(Channel)
    state: Mapped[MerchantState] = choice_column(MerchantState, default=MerchantState.ACTIVE)
    merchant_no: Mapped[str] = mapped_column(Unicode(64))
    base_url: Mapped[str] = mapped_column(Unicode(200))
    callback_key: Mapped[str] = search_key_column(64)  # nobody guesses it; what comes there is signed besides
    sealed_secret: Mapped[str] = sealed_column("secret", SECRET_LENGTH)
    secret = Opened[str]("sealed_secret")
    set_up_at: Mapped[datetime]
    set_up_by: Mapped[str] = mapped_column(Unicode(100))
