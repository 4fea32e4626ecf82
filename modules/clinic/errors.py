"""What the doctor's desk must be able to explain."""

from app.errors import Conflict, DomainError, NotFound, PermissionDenied
from app.i18n import N_


class NoEncounter(NotFound):
    """The patient has not been taken into the consulting room."""

    code = "clinic.no_encounter"
    message = N_("This visit has not been taken by a doctor yet.")


class NotTreatingDoctor(PermissionDenied):
    """Only the treating doctor writes and signs."""

    code = "clinic.not_treating_doctor"
    message = N_("Only the treating doctor may do this: %(doctor)s")


class NotADoctor(PermissionDenied):
    """The account belongs to no practitioner."""

    code = "clinic.not_a_doctor"
    message = N_("Your account is not joined to a practitioner of this centre.")


class TakenByOther(Conflict):
    """Another doctor has this patient."""

    code = "clinic.taken_by_other"
    message = N_("This patient is already with another doctor: %(doctor)s")


class RecordChanged(Conflict):
    """The draft was saved elsewhere after the page was opened."""

    code = "clinic.record_changed"
    message = N_("The record was saved in another window after you opened it. Open it again, then go on.")


class RecordSigned(Conflict):
    """A signed record is not overwritten."""

    code = "clinic.record_signed"
    message = N_("The record is signed. A correction makes a new version and needs a reason.")


class PartsMissing(DomainError):
    """A record is signed whole."""

    code = "clinic.parts_missing"
    message = N_("Still missing before signing: %(parts)s")


class DiagnosisMissing(DomainError):
    """No signature without a coded main diagnosis."""

    code = "clinic.diagnosis_missing"
    message = N_("A record needs a coded main diagnosis.")


class MainDiagnosisUnclear(DomainError):
    """Exactly one diagnosis is the main one."""

    code = "clinic.main_diagnosis_unclear"
    message = N_("Exactly one diagnosis is the main one.")


class DiagnosisRepeated(DomainError):
    """A code stands twice."""

    code = "clinic.diagnosis_repeated"
    message = N_("A diagnosis stands in the list twice.")


class AllergiesNotAsked(DomainError):
    """The cover of a record states the allergies, or that there are none."""

    code = "clinic.allergies_not_asked"
    message = N_("Ask for allergies first: record them, or that none are known.")


class PressureImplausible(DomainError):
    """Blood pressure has two values, the upper above the lower."""

    code = "clinic.pressure_implausible"
    message = N_("Blood pressure needs both values, the systolic above the diastolic.")


class NothingMeasured(DomainError):
    """A measurement without a value."""

    code = "clinic.nothing_measured"
    message = N_("Type at least one value.")


class RecordNotSigned(DomainError):
    """A visit ends with a signed record."""

    code = "clinic.record_not_signed"
    message = N_("Sign the record before you finish the visit.")


class AlreadyFinished(Conflict):
    """The visit is over."""

    code = "clinic.already_finished"
    message = N_("This visit is finished.")
