"""What the window and the waiting room must be able to explain."""

from app.errors import Conflict, DomainError
from app.i18n import N_


class SlotFull(Conflict):
    """Every place of the time window is sold."""

    code = "registration.slot_full"
    message = N_("All %(capacity)s places of the time window %(window)s are taken.")


class SessionFull(Conflict):
    """No time window that is still to come has a place left."""

    code = "registration.session_full"
    message = N_("No place is left today. The doctor may give an add-on number, or choose another session.")


class SessionNotOpen(Conflict):
    """The session is not published, was stopped, or is over."""

    code = "registration.session_not_open"
    message = N_("This clinic session is not open for registration: %(status)s.")


class NotToday(DomainError):
    """Visits are registered for today's sessions only; for later days there are appointments."""

    code = "registration.not_today"
    message = N_("This session is on %(day)s. Book an appointment instead.")


class SlotOver(Conflict):
    """The time window is over."""

    code = "registration.slot_over"
    message = N_("This time window is over. Choose a later one.")


class ChannelClosed(Conflict):
    """The place is kept for another channel."""

    code = "registration.channel_closed"
    message = N_("These places are kept for: %(channel)s.")


class AlreadyRegistered(Conflict):
    """The patient holds an open visit in this session."""

    code = "registration.already_registered"
    message = N_("This patient is already registered in this session.")


class ChooseSession(DomainError):
    """Neither a time window nor a session nor a department was chosen."""

    code = "registration.choose_session"
    message = N_("Please choose a time window, a session or a department.")


class AddOnLimitReached(Conflict):
    """The session's add-on numbers are used up."""

    code = "registration.addon_limit"
    message = N_("The limit of %(limit)s add-on numbers of this session is reached.")


class NotYourSession(DomainError):
    """A doctor gives add-on numbers for an own session only."""

    code = "registration.not_your_session"
    message = N_("Only the session's own doctor, or who manages sessions, may do this.")


class AppointmentExists(Conflict):
    """One active appointment for each person, department and shift."""

    code = "registration.appointment_exists"
    message = N_("This patient already has an appointment in this department and shift.")


class SuspendedForNoShows(DomainError):
    """Who stayed away too often may not book for a while; the window still registers them."""

    code = "registration.suspended"
    message = N_(
        "This patient did not come to %(count)s appointments in %(days)s days and cannot book for now."
    )


class TooLateToCancel(Conflict):
    """The appointment begins too soon."""

    code = "registration.too_late_to_cancel"
    message = N_("Appointments can be cancelled until %(hours)s hours before.")


class AppointmentNotOpen(Conflict):
    """The appointment was used, cancelled or missed before."""

    code = "registration.appointment_not_open"
    message = N_("This appointment is not open any more: %(status)s.")


class TooFarAhead(DomainError):
    """The day lies beyond what is open for booking, or in the past."""

    code = "registration.not_bookable"
    message = N_("This time can no longer be booked.")


class VisitAlreadySeen(Conflict):
    """A doctor has begun, or the visit is over."""

    code = "registration.already_seen"
    message = N_("The doctor has already begun with this patient; the registration stands.")


class VisitAlreadyCancelled(Conflict):
    """The registration was taken back before."""

    code = "registration.already_cancelled"
    message = N_("This registration was already cancelled.")


class VisitNotWaiting(Conflict):
    """The step does not fit the visit's state."""

    code = "registration.wrong_state"
    message = N_("This is not possible in the state: %(status)s.")


class NobodyWaiting(Conflict):
    """The queue is empty."""

    code = "registration.nobody_waiting"
    message = N_("Nobody is waiting.")


class NoSessionToday(Conflict):
    """The one who calls has no clinic session today."""

    code = "registration.no_session_today"
    message = N_("You have no clinic session today. Choose a session to call from.")


class SeenByAnother(Conflict):
    """Another doctor has taken this patient."""

    code = "registration.seen_by_another"
    message = N_("Another doctor is already seeing this patient.")


class FreeReturnNotDue(DomainError):
    """No visit in this department within the days of the centre's setting."""

    code = "registration.no_free_return"
    message = N_("There is no visit in this department in the last %(days)s days; the return is not free.")


class PractitionerBusy(Conflict):
    """The practitioner already has a session in this shift."""

    code = "registration.practitioner_busy"
    message = N_("This practitioner already has a session in this shift.")


class SessionHasBookings(Conflict):
    """A session with appointments or visits is stopped, not taken back to a draft."""

    code = "registration.session_has_bookings"
    message = N_("Places of this session are already taken. Stop the session instead.")
