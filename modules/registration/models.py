"""Schedules, clinic sessions and their slots, appointments and visits."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import Model, TenantScoped, choice_column, id_column
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.registration.errors import SlotFull
from modules.registration.rules import slots
from modules.registration.rules.visits import VisitStage


class Shift(Choice):
    """Parts of a clinic's day (班次)."""

    MORNING = "morning", N_("Morning")
    AFTERNOON = "afternoon", N_("Afternoon")
    NIGHT = "night", N_("Night")


class NumberType(Choice):
    """What kind of number is sold (号别)."""

    ORDINARY = "ordinary", N_("Ordinary")
    EXPERT = "expert", N_("Expert")
    SPECIAL = "special", N_("Special disease")
    EMERGENCY = "emergency", N_("Emergency")
    REFILL = "refill", N_("Medicine refill")


class FeeScheme(Choice):
    """Which of the two ways of charging a visit has; never both (一般诊疗费 or 挂号费 with 诊察费)."""

    GENERAL_TREATMENT = "general_treatment", N_("General treatment fee")
    REGISTRATION_AND_CONSULTATION = "registration_and_consultation", N_("Registration and consultation fee")


class Channel(Choice):
    """Where a place may be sold from (渠道)."""

    WINDOW = slots.Channel.WINDOW.value, N_("Window")
    KIOSK = slots.Channel.KIOSK.value, N_("Kiosk")
    PHONE_APP = slots.Channel.PHONE_APP.value, N_("Phone app")
    HOTLINE_114 = slots.Channel.HOTLINE_114.value, N_("Hotline 114")
    UPPER_LEVEL = slots.Channel.UPPER_LEVEL.value, N_("Kept for upper hospital")
    FAMILY_DOCTOR = slots.Channel.FAMILY_DOCTOR.value, N_("Family doctor's residents")


class SessionStatus(Choice):
    """The life of a clinic session; a substitution (换诊) keeps its state and names the regular doctor."""

    DRAFT = "draft", N_("Not published")
    PUBLISHED = "published", N_("Published")
    STOPPED = "stopped", N_("Stopped")
    ENDED = "ended", N_("Ended")


class AppointmentStatus(Choice):
    """The life of an appointment (预约)."""

    BOOKED = "booked", N_("Booked")
    ARRIVED = "arrived", N_("Number taken")
    CANCELLED = "cancelled", N_("Cancelled")
    STOPPED = "stopped", N_("Clinic stopped")
    NO_SHOW = "no_show", N_("No-show")


class VisitStatus(Choice):
    """The life of a visit (就诊)."""

    REGISTERED = "registered", N_("To report in")
    WAITING = "waiting", N_("Waiting to be called")
    CALLED = "called", N_("Called")
    PASSED_OVER = "passed_over", N_("Passed over")
    AWAY = "away", N_("Away")
    IN_CONSULTATION = "in_consultation", N_("In consultation")
    FINISHED = "finished", N_("Seen")
    CANCELLED = "cancelled", N_("Taken back")


OPEN_STATUSES = (
    VisitStatus.REGISTERED,
    VisitStatus.WAITING,
    VisitStatus.CALLED,
    VisitStatus.PASSED_OVER,
    VisitStatus.AWAY,
    VisitStatus.IN_CONSULTATION,
)
_OPEN = "status IN ('registered', 'waiting', 'called', 'passed_over', 'away', 'in_consultation')"


class ScheduleTemplate(TenantScoped, Model):
    """One line of the weekly schedule (排班模板), from which clinic sessions are made ahead."""

    __tablename__ = "registration_template"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("capacity > 0", name="capacity"),
        Index("ix_registration_template_weekday", "tenant_id", "weekday", "id"),
        Index(
            "ux_registration_template_doctor",
            "tenant_id",
            "practitioner_id",
            "weekday",
            "shift",
            unique=True,
            **only_where("practitioner_id IS NOT NULL AND retired_at IS NULL"),
        ),
    )

    id: Mapped[int] = id_column()
    weekday: Mapped[int]  # 0 is Monday
    shift: Mapped[Shift] = choice_column(Shift)
    starts_at: Mapped[time]  # on the wall clock of the centre
    ends_at: Mapped[time]  # at or before the start: the next day
    department_id: Mapped[int] = mapped_column(ForeignKey("tenants_department.id"))
    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("tenants_practitioner.id"))
    room: Mapped[str] = mapped_column(Unicode(40), default="")
    number_type: Mapped[NumberType] = choice_column(NumberType)
    capacity: Mapped[int]
    window_minutes: Mapped[int]
    quotas: Mapped[dict[str, Any]] = mapped_column(default=dict)  # channel → places of the session
    addon_limit: Mapped[int] = mapped_column(default=0)
    fee_scheme: Mapped[FeeScheme | None] = choice_column(FeeScheme)  # None: as the centre does
    retired_at: Mapped[datetime | None]  # no longer makes sessions


class ClinicSession(TenantScoped, Model):
    """A practitioner (or a department) sees patients on a day (出诊).

    Its counters belong to its queue: a call counts once, whoever is called.
    """

    __tablename__ = "registration_session"
    __table_args__ = (
        CheckConstraint("addons_taken >= 0", name="addons_taken"),
        UniqueConstraint("tenant_id", "on", "day_no"),
        Index("ix_registration_session_department", "tenant_id", "department_id", "on"),
        Index(
            "ux_registration_session_template",
            "tenant_id",
            "template_id",
            "on",
            unique=True,
            **only_where("template_id IS NOT NULL"),
        ),
        Index(
            "ux_registration_session_practitioner",
            "tenant_id",
            "practitioner_id",
            "on",
            "shift",
            unique=True,
            **only_where("practitioner_id IS NOT NULL AND status IN ('draft', 'published', 'ended')"),
        ),
    )

    id: Mapped[int] = id_column()
    template_id: Mapped[int | None] = mapped_column(ForeignKey("registration_template.id"))
    on: Mapped[date]
    day_no: Mapped[int]  # counted in the centre and day; part of every visit's number
    shift: Mapped[Shift] = choice_column(Shift)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    department_id: Mapped[int] = mapped_column(ForeignKey("tenants_department.id"))
    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("tenants_practitioner.id"))
    regular_practitioner_id: Mapped[int | None]  # whom somebody stands in for (换诊)
    room: Mapped[str] = mapped_column(Unicode(40), default="")
    number_type: Mapped[NumberType] = choice_column(NumberType)
    fee_scheme: Mapped[FeeScheme | None] = choice_column(FeeScheme)
    status: Mapped[SessionStatus] = choice_column(SessionStatus)
    capacity: Mapped[int]
    addon_limit: Mapped[int] = mapped_column(default=0)
    addons_taken: Mapped[int] = mapped_column(default=0)
    last_queue_no: Mapped[int] = mapped_column(default=0)
    calls_made: Mapped[int] = mapped_column(default=0)
    others_since_return: Mapped[int] = mapped_column(default=0)
    stop_reason: Mapped[str] = mapped_column(Unicode(200), default="")

    def next_queue_no(self) -> int:
        """The next number of the queue, counted from 1 and never given twice."""
        self.last_queue_no += 1
        return self.last_queue_no


class Slot(TenantScoped, Model):
    """Places of one time window of a session for one channel (号源); the database refuses to oversell."""

    __tablename__ = "registration_slot"
    __table_args__ = (
        CheckConstraint("taken >= 0 AND taken <= capacity", name="taken"),
        UniqueConstraint("tenant_id", "session_id", "sequence", "channel"),
        Index("ix_registration_slot_window", "tenant_id", "session_id", "starts_at"),
    )

    id: Mapped[int] = id_column()
    session_id: Mapped[int] = mapped_column(ForeignKey("registration_session.id"))
    sequence: Mapped[int]  # of the window inside the session, from 1
    channel: Mapped[Channel] = choice_column(Channel)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)

    @property
    def left(self) -> int:
        """Places that are still free."""
        return self.capacity - self.taken

    def take_place(self) -> None:
        """Sell one place.

        Raises:
            SlotFull: every place is sold.
        """
        if self.taken >= self.capacity:
            raise SlotFull(
                field="slot_id", capacity=self.capacity, window=f"{clock.local(self.starts_at):%H:%M}"
            )
        self.taken += 1

    def give_back_place(self) -> None:
        """Put one place back into the pool."""
        self.taken -= 1


class Appointment(TenantScoped, Model):
    """A place kept for a patient (预约); the number is taken on arrival."""

    __tablename__ = "registration_appointment"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_registration_appointment_patient", "tenant_id", "patient_id", "on"),
        Index("ix_registration_appointment_session", "tenant_id", "session_id", "status"),
        Index("ix_registration_appointment_day", "tenant_id", "on", "id"),
        Index(
            "ux_registration_appointment_active",
            "tenant_id",
            "patient_id",
            "department_id",
            "on",
            "shift",
            unique=True,
            **only_where("status IN ('booked', 'stopped')"),
        ),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(20))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("registration_session.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("registration_slot.id"))
    department_id: Mapped[int]
    practitioner_id: Mapped[int | None]
    on: Mapped[date]
    shift: Mapped[Shift] = choice_column(Shift)
    window_starts_at: Mapped[datetime]
    channel: Mapped[Channel] = choice_column(Channel)
    status: Mapped[AppointmentStatus] = choice_column(AppointmentStatus)
    booked_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(Unicode(200), default="")
    visit_id: Mapped[int | None]


class Visit(TenantScoped, Model):
    """A patient's visit, from registration to leaving (就诊), with its place in the queue."""

    __tablename__ = "registration_visit"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "session_id", "queue_no"),
        Index("ix_registration_visit_day", "tenant_id", "on", "id"),
        Index("ix_registration_visit_patient", "tenant_id", "patient_id", "id"),
        Index("ix_registration_visit_practitioner", "tenant_id", "practitioner_id", "on"),
        Index(
            "ux_registration_visit_open",
            "tenant_id",
            "session_id",
            "patient_id",
            unique=True,
            **only_where(_OPEN),
        ),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(20))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    on: Mapped[date]  # the session's day at the centre, also for a night that runs past midnight
    session_id: Mapped[int] = mapped_column(ForeignKey("registration_session.id"))
    slot_id: Mapped[int | None] = mapped_column(
        ForeignKey("registration_slot.id")
    )  # None: a number beyond the quota
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("registration_appointment.id"))
    department_id: Mapped[int]
    practitioner_id: Mapped[int | None]
    room: Mapped[str] = mapped_column(Unicode(40), default="")
    number_type: Mapped[NumberType] = choice_column(NumberType)
    channel: Mapped[Channel] = choice_column(Channel)
    status: Mapped[VisitStatus] = choice_column(VisitStatus)
    queue_no: Mapped[int]
    window_starts_at: Mapped[datetime | None]
    window_ends_at: Mapped[datetime | None]
    priority: Mapped[int]  # 0 emergency, 1 priority, 2 ordinary
    priority_reasons: Mapped[list[Any]] = mapped_column(default=list)
    is_emergency: Mapped[bool] = mapped_column(default=False)
    is_addon: Mapped[bool] = mapped_column(default=False)
    is_returning: Mapped[bool] = mapped_column(default=False)  # back with a report (回诊)
    fee_codes: Mapped[list[Any]] = mapped_column(default=list)
    registered_at: Mapped[datetime]
    registered_by: Mapped[str] = mapped_column(Unicode(50), default="")
    checked_in_at: Mapped[datetime | None]
    called_at: Mapped[datetime | None]
    called_by_id: Mapped[int | None]
    call_count: Mapped[int] = mapped_column(default=0)
    passed_at_call: Mapped[int | None]
    began_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(Unicode(200), default="")

    @property
    def is_open(self) -> bool:
        """Whether the visit still goes on."""
        return self.status in OPEN_STATUSES

    @property
    def stage(self) -> VisitStage:
        """How far the visit has come, as the rules about cancelling ask."""
        if self.status is VisitStatus.CANCELLED:
            return VisitStage.CANCELLED
        if self.status is VisitStatus.FINISHED:
            return VisitStage.FINISHED
        if self.began_at is not None:
            return VisitStage.IN_CONSULTATION
        return {
            VisitStatus.REGISTERED: VisitStage.REGISTERED,
            VisitStatus.CALLED: VisitStage.CALLED,
        }.get(self.status, VisitStage.CHECKED_IN)
