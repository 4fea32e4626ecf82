"""Accounts live in the control database: one person, one account, a membership in each of their centres."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.crypto.digests import Proven
from app.crypto.fields import HoldsSealed, Opened, sealed_column
from app.db import Control, id_column
from app.tenancy import DISTRICT


class Account(Control):
    """One person who may sign in."""

    __tablename__ = "accounts_account"
    __table_args__ = (UniqueConstraint("sign_in_name"),)

    id: Mapped[int] = id_column()
    sign_in_name: Mapped[str] = mapped_column(Unicode(50))  # normalised: trimmed, NFKC, lower case
    display_name: Mapped[str] = mapped_column(Unicode(50))
    password_hash: Mapped[str] = mapped_column(Unicode(200), default="")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    password_set_at: Mapped[datetime | None]
    failed_count: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None]
    is_program: Mapped[bool] = mapped_column(default=False)  # signs in by token only, has no password
    key_scheme: Mapped[str] = mapped_column(Unicode(20), default="")  # keys of one's own; "" has the centre's
    created_at: Mapped[datetime]
    memberships: Mapped[list["Membership"]] = relationship(back_populates="account", order_by="Membership.id")


class Membership(Proven, Control):
    """An account's place in a centre, or in the district (``tenancy.DISTRICT``), with the roles it has there."""

    __tablename__ = "accounts_membership"
    __table_args__ = (
        UniqueConstraint("account_id", "tenant_id"),
        Index("ix_accounts_membership_tenant", "tenant_id", "id"),
    )

    proven = (
        "account_id",
        "practitioner_id",
        "roles",
        "is_enabled",
    )

    id: Mapped[int] = id_column()
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    tenant_id: Mapped[int]
    practitioner_id: Mapped[int | None]  # the person in the centre's staff list
    station_id: Mapped[int | None]
    department_id: Mapped[int | None]
    roles: Mapped[list[Any]] = mapped_column(default=list)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    account: Mapped[Account] = relationship(back_populates="memberships")


class JoinOffer(Control):
    """A place asks the owner of a sign-in name, whether there is one or not, to work there too."""

    __tablename__ = "accounts_join_offer"
    __table_args__ = (
        Index("ix_accounts_join_offer_name", "sign_in_name", "id"),
        Index("ix_accounts_join_offer_tenant", "tenant_id", "id"),
    )

    id: Mapped[int] = id_column()
    tenant_id: Mapped[int]
    sign_in_name: Mapped[str] = mapped_column(Unicode(50))
    practitioner_id: Mapped[int | None]
    department_id: Mapped[int | None]
    roles: Mapped[list[Any]] = mapped_column(default=list)
    offered_by: Mapped[int]
    offered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    is_accepted: Mapped[bool] = mapped_column(default=False)


class SignIn(Control):
    """One sign-in, kept on the server; the browser holds only a random token, stored here by its hash."""

    __tablename__ = "accounts_sign_in"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_accounts_sign_in_account", "account_id", "id"),
    )

    id: Mapped[int] = id_column()
    token_hash: Mapped[str] = mapped_column(Unicode(64))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("accounts_membership.id"))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(Unicode(64), default="")
    is_program: Mapped[bool] = mapped_column(default=False)  # an API token: no idle limit, revocable
    label: Mapped[str] = mapped_column(Unicode(80), default="")
    factor_at: Mapped[datetime | None]  # when the second factor was given


class ProgramKey(Control):
    """The public half of a key with which a program signs its requests; several at once while they change."""

    __tablename__ = "accounts_program_key"
    __table_args__ = (Index("ix_accounts_program_key_membership", "membership_id", "id"),)

    id: Mapped[int] = id_column()
    membership_id: Mapped[int] = mapped_column(ForeignKey("accounts_membership.id"))
    label: Mapped[str] = mapped_column(Unicode(80))
    public_key: Mapped[str] = mapped_column(Unicode(1000))  # PEM, of the installation's suite
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class SpentNonce(Control):
    """A signed request was answered: the same one is refused for as long as its signature would be young enough."""

    __tablename__ = "accounts_spent_nonce"
    __table_args__ = (
        UniqueConstraint("key_id", "nonce"),
        Index("ix_accounts_spent_nonce_spent", "spent_at"),
    )

    id: Mapped[int] = id_column()
    key_id: Mapped[int] = mapped_column(ForeignKey("accounts_program_key.id"))
    nonce: Mapped[str] = mapped_column(Unicode(64))
    spent_at: Mapped[datetime]


class SecondFactor(HoldsSealed, Control):
    """The secret that an account shares with its owner's authenticator (TOTP)."""

    tenant_id: ClassVar[int] = DISTRICT  # under whose key the secret is sealed
    __tablename__ = "accounts_second_factor"
    __table_args__ = (UniqueConstraint("account_id"),)

    id: Mapped[int] = id_column()
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    sealed_secret: Mapped[str] = sealed_column("secret", 64)
    secret = Opened[str]("sealed_secret")
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None]  # of the clock, whose code was the last accepted


class AccountPerson(HoldsSealed, Control):
    """Who the owner of an account is outside work: the watch knows by it one's own record and those of colleagues."""

    tenant_id: ClassVar[int] = DISTRICT  # under whose key the number is sealed
    __tablename__ = "accounts_person"
    __table_args__ = (UniqueConstraint("account_id"),)

    id: Mapped[int] = id_column()
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    sealed_document_number: Mapped[str] = sealed_column("document_number", 64)
    document_number = Opened[str]("sealed_document_number")
    noted_at: Mapped[datetime]


class RecoveryCode(Control):
    """A code on paper for the day the authenticator is lost; stored by its hash, good once."""

    __tablename__ = "accounts_recovery_code"
    __table_args__ = (Index("ix_accounts_recovery_code_account", "account_id", "id"),)

    id: Mapped[int] = id_column()
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    code_hash: Mapped[str] = mapped_column(Unicode(64))
    used_at: Mapped[datetime | None]


class RememberedPassword(Control):
    """The hash of a password that was in use, so that it does not come again too soon."""

    __tablename__ = "accounts_remembered_password"
    __table_args__ = (Index("ix_accounts_remembered_password_account", "account_id", "id"),)

    id: Mapped[int] = id_column()
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    password_hash: Mapped[str] = mapped_column(Unicode(200))
    set_at: Mapped[datetime]


class Policy(Control):
    """A rule that the district's security administrator chose for every centre."""

    __tablename__ = "accounts_policy"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = id_column()
    name: Mapped[str] = mapped_column(Unicode(40))
    value: Mapped[str] = mapped_column(Unicode(40))


class Invitation(Control):
    """A one-time code with which the owner of an account sets its password; stored by its hash."""

    __tablename__ = "accounts_invitation"
    __table_args__ = (
        UniqueConstraint("code_hash"),
        Index("ix_accounts_invitation_account", "account_id", "id"),
    )
    code = ""  # in the clear only in the one answer that made it; no column
    sign_in_name = display_name = role = ""  # for whom, in the answer that opened a centre; no columns

    id: Mapped[int] = id_column()
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    code_hash: Mapped[str] = mapped_column(Unicode(64))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
