"""Centres live in the control database; their stations, departments and staff in their partition."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Invitation
from app.crypto.digests import Proven
from app.crypto.fields import HoldsSealed, Opened, sealed_column
from app.db import Control, Model, TenantScoped, choice_column, id_column, text_column
from app.i18n import N_, Choice
from app.tenancy import DISTRICT


class CentreState(Choice):
    """The life of a centre as a tenant."""

    PREPARING = "preparing", N_("Being prepared")
    OPEN = "open", N_("In use")
    FAILED = "failed", N_("Preparation failed")
    SUSPENDED = "suspended", N_("Suspended")


class Centre(Control):
    """A community health centre (社区卫生服务中心): one tenant. A change of settings raises ``version``."""

    __tablename__ = "tenants_centre"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(Unicode(20))
    name: Mapped[str] = mapped_column(Unicode(100))
    district: Mapped[str] = mapped_column(Unicode(100))
    partition: Mapped[str] = mapped_column(Unicode(20))
    epoch: Mapped[int] = mapped_column(Integer, default=1)  # rises with each move to another partition
    zone: Mapped[str] = mapped_column(Unicode(40))
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[CentreState] = choice_column(CentreState, default=CentreState.OPEN)
    state_reason: Mapped[str] = text_column(300, default="")  # why it is suspended or could not be prepared
    state_at: Mapped[datetime | None]
    plan: Mapped[str] = mapped_column(Unicode(20), default="")  # code of the plan; "" has every module
    template: Mapped[str] = mapped_column(Unicode(20), default="")  # what it was made from
    logo: Mapped[str] = mapped_column(Unicode(64), default="")  # digest of its logo; "" has none
    codes: ClassVar[tuple[Invitation, ...]] = ()  # of its first administrators, in the answer that made it

    def enter(self, state: CentreState, reason: str, at: datetime) -> None:
        """Go into a state; every process sees it with its next request."""
        self.state, self.state_reason, self.state_at = state, reason, at
        self.is_active = state is CentreState.OPEN
        self.version += 1


class Logo(Control):
    """The logo of a centre (院徽), drawn anew as PNG from what was brought."""

    __tablename__ = "tenants_logo"
    __table_args__ = (UniqueConstraint("tenant_id"),)

    id: Mapped[int] = id_column()
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants_centre.id"))
    digest: Mapped[str] = mapped_column(Unicode(64))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    changed_at: Mapped[datetime]


class Plan(Control):
    """A named set of modules that a centre may have, made by the district; see ``tenants.plans`` for the shipped."""

    __tablename__ = "tenants_plan"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(Unicode(20))
    name: Mapped[str] = mapped_column(Unicode(60))
    modules: Mapped[list[Any]] = mapped_column(default=list)


class Template(Control):
    """What a new centre begins with, taken from an existing one; see ``tenants.templating`` for the shipped."""

    __tablename__ = "tenants_template"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(Unicode(20))
    name: Mapped[str] = mapped_column(Unicode(60))
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)
    made_from: Mapped[str] = mapped_column(Unicode(20), default="")  # code of the centre
    made_at: Mapped[datetime]


class Export(Control):
    """All data of a centre in a file: asked for by one operator, released by another, good for a day."""

    __tablename__ = "tenants_export"
    __table_args__ = (Index("ix_tenants_export_tenant", "tenant_id", "id"),)

    id: Mapped[int] = id_column()
    tenant_id: Mapped[int]
    reason: Mapped[str] = text_column(300)
    is_opened: Mapped[bool] = mapped_column(default=False)  # sealed fields stand in the clear
    asked_by: Mapped[int]
    asked_name: Mapped[str] = mapped_column(Unicode(100))
    asked_at: Mapped[datetime]
    released_by: Mapped[int | None]
    released_name: Mapped[str] = mapped_column(Unicode(100), default="")
    released_at: Mapped[datetime | None]
    task_id: Mapped[int | None]
    size: Mapped[int] = mapped_column(default=0)
    digest: Mapped[str] = mapped_column(Unicode(64), default="")  # SHA-256 of the file
    ready_until: Mapped[datetime | None]


class ModuleSubscription(Control):
    """Whether a centre has an optional module."""

    __tablename__ = "tenants_module_subscription"
    __table_args__ = (UniqueConstraint("tenant_id", "module"),)

    id: Mapped[int] = id_column()
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants_centre.id"))
    module: Mapped[str] = mapped_column(Unicode(40))
    is_on: Mapped[bool]


class RoleGrant(Proven, Control):
    """Where a centre departs from the permissions that manifests propose for a role."""

    __tablename__ = "tenants_role_grant"
    __table_args__ = (UniqueConstraint("tenant_id", "role", "permission"),)

    proven = (
        "role",
        "permission",
        "is_granted",
    )

    id: Mapped[int] = id_column()
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants_centre.id"))
    role: Mapped[str] = mapped_column(Unicode(32))
    permission: Mapped[str] = mapped_column(Unicode(80))
    is_granted: Mapped[bool]


class Usage(TenantScoped, Model):
    """What a centre used on one of its days."""

    __tablename__ = "tenants_usage"
    __table_args__ = (UniqueConstraint("tenant_id", "on"),)

    id: Mapped[int] = id_column()
    on: Mapped[date]
    visits: Mapped[int]
    rows: Mapped[int]
    size: Mapped[int]  # bytes, a rough estimate
    rooms: Mapped[dict[str, Any]] = mapped_column(default=dict)  # room → rows


class StationKind(Choice):
    """A centre's own house or one of its stations."""

    CENTRE = "centre", N_("Centre")
    STATION = "station", N_("Station")


class Station(TenantScoped, Model):
    """A place where a centre works: its own house or a station (社区卫生服务站)."""

    __tablename__ = "tenants_station"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(Unicode(20))
    name: Mapped[str] = mapped_column(Unicode(100))
    kind: Mapped[StationKind] = choice_column(StationKind)
    is_active: Mapped[bool] = mapped_column(default=True)


class DepartmentKind(Choice):
    """What a department does."""

    CLINIC = "clinic", N_("Clinical department")
    PHARMACY = "pharmacy", N_("Pharmacy")
    STOREROOM = "storeroom", N_("Storeroom")
    CASHIER = "cashier", N_("Cash desk")
    OFFICE = "office", N_("Office")


class Department(TenantScoped, Model):
    """A department of a centre (科室)."""

    __tablename__ = "tenants_department"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    id: Mapped[int] = id_column()
    station_id: Mapped[int] = mapped_column(ForeignKey("tenants_station.id"))
    code: Mapped[str] = mapped_column(Unicode(20))
    name: Mapped[str] = mapped_column(Unicode(50))
    initials: Mapped[str] = mapped_column(Unicode(50), default="")
    kind: Mapped[DepartmentKind] = choice_column(DepartmentKind)
    is_active: Mapped[bool] = mapped_column(default=True)


class LicenceKind(Choice):
    """What a practitioner is licensed as."""

    PHYSICIAN = "physician", N_("Physician")
    ASSISTANT_PHYSICIAN = "assistant_physician", N_("Assistant physician")
    NURSE = "nurse", N_("Nurse")
    PHARMACIST = "pharmacist", N_("Pharmacist")
    NONE = "none", N_("No medical licence")


class Title(Choice):
    """Professional title, from which the grade of antimicrobials follows (Order 84, 2012)."""

    NONE = "none", N_("No title")
    JUNIOR = "junior", N_("Junior title")
    INTERMEDIATE = "intermediate", N_("Intermediate title")
    SENIOR = "senior", N_("Senior title")


class Practitioner(TenantScoped, Model):
    """A member of staff with licence and rights (医务人员)."""

    __tablename__ = "tenants_practitioner"
    __table_args__ = (
        UniqueConstraint("tenant_id", "staff_no"),
        Index("ix_tenants_practitioner_department", "tenant_id", "department_id"),
    )

    id: Mapped[int] = id_column()
    staff_no: Mapped[str] = mapped_column(Unicode(20))
    name: Mapped[str] = mapped_column(Unicode(50))
    initials: Mapped[str] = mapped_column(Unicode(50), default="")
    department_id: Mapped[int] = mapped_column(ForeignKey("tenants_department.id"))
    licence: Mapped[LicenceKind] = choice_column(LicenceKind)
    licence_no: Mapped[str] = mapped_column(Unicode(40), default="")
    licence_expires_on: Mapped[date | None]
    title: Mapped[Title] = choice_column(Title)
    may_prescribe: Mapped[bool] = mapped_column(default=False)
    may_prescribe_controlled: Mapped[bool] = mapped_column(default=False)
    may_review: Mapped[bool] = mapped_column(default=False)  # a pharmacist's right to review prescriptions
    is_active: Mapped[bool] = mapped_column(default=True)


class OpenedCodes(HoldsSealed, Control):
    """One-time codes of a centre that was opened with many others: sealed, handed out once, then empty."""

    tenant_id: ClassVar[int] = DISTRICT  # under whose key the codes are sealed
    __tablename__ = "tenants_opened_codes"
    __table_args__ = (Index("ix_tenants_opened_codes_task", "task_id", "id"),)

    id: Mapped[int] = id_column()
    task_id: Mapped[int]
    centre_id: Mapped[int]
    account_id: Mapped[int]  # who asked, and alone may take them
    sealed_codes: Mapped[str] = sealed_column("codes", 600)
    codes = Opened[str]("sealed_codes")
    made_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    # Of all centres of the task, in the one answer that took them
    handed: ClassVar[tuple[tuple[str, ...], ...]] = ()
