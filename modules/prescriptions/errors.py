"""What a prescription is refused for."""

from app.errors import Conflict, DomainError, NotFound, PermissionDenied
from app.i18n import N_


class NoRightToPrescribe(PermissionDenied):
    """No licence, no right, or a licence that has run out (B6, doctor right)."""

    code = "prescriptions.no_right"
    message = N_("%(doctor)s may not prescribe: no physician's licence with the right to prescribe.")


class LicenceExpired(PermissionDenied):
    """The licence has run out."""

    code = "prescriptions.licence_expired"
    message = N_("The licence of %(doctor)s expired on %(day)s.")


class NoRightToControlled(PermissionDenied):
    """Controlled drugs need a right of their own."""

    code = "prescriptions.no_right_to_controlled"
    message = N_("%(doctor)s may not prescribe controlled drugs: %(drug)s")


class NotTreating(PermissionDenied):
    """Only the treating doctor prescribes for a visit."""

    code = "prescriptions.not_treating"
    message = N_("Only the treating doctor may do this: %(doctor)s")


class EncounterFinished(Conflict):
    """The visit is over."""

    code = "prescriptions.encounter_finished"
    message = N_("The visit is finished; nothing can be added to it.")


class DiagnosisMissing(DomainError):
    """No prescription without a diagnosis."""

    code = "prescriptions.diagnosis_missing"
    message = N_("A prescription needs a diagnosis. Choose it in the record first.")


class NoLines(DomainError):
    """An empty sheet."""

    code = "prescriptions.no_lines"
    message = N_("Choose at least one drug.")


class TooManyLines(DomainError):
    """Order 53, article 6."""

    code = "prescriptions.too_many_lines"
    message = N_("At most 5 drugs stand on one prescription. Write a second one.")


class HerbsMixed(DomainError):
    """Order 53, article 6."""

    code = "prescriptions.herbs_mixed"
    message = N_("Herbs stand on a prescription of their own.")


class ControlsMixed(DomainError):
    """Order 53, annex 1."""

    code = "prescriptions.controls_mixed"
    message = N_("Drugs under different control need prescriptions of their own.")


class DrugNotInUse(DomainError):
    """Unknown to the catalogue, or taken out of use."""

    code = "prescriptions.drug_not_in_use"
    message = N_("This drug is not in the catalogue, or no longer in use.")


class UsageUnknown(DomainError):
    """Route or frequency is not in the dictionary."""

    code = "prescriptions.usage_unknown"
    message = N_("Not in the dictionary, or no longer valid: %(code)s")


class QuantityIsComputed(DomainError):
    """A quantity is typed only where the frequency leaves it open."""

    code = "prescriptions.quantity_is_computed"
    message = N_(
        "The quantity follows from dose, frequency and days; it is typed only for a frequency as needed."
    )


class QuantityMissing(DomainError):
    """As needed: nobody can compute it."""

    code = "prescriptions.quantity_missing"
    message = N_("Type the quantity: the frequency is as needed.")


class EmptyWords(DomainError):
    """Order 53, article 6: usage is written out."""

    code = "prescriptions.empty_words"
    message = N_("Write the usage out; words like “as directed” may not stand on a prescription.")


class GroupMixed(DomainError):
    """Drugs of one infusion share route, frequency and days."""

    code = "prescriptions.group_mixed"
    message = N_("Drugs of group %(group)s must share route, frequency and days.")


class DaysNeedReason(DomainError):
    """Order 53, article 19."""

    code = "prescriptions.days_need_reason"
    message = N_("More than %(days)s days need a written reason.")


class ControlledTooLong(DomainError):
    """Order 53, articles 23 and 24."""

    code = "prescriptions.controlled_too_long"
    message = N_("%(drug)s is under special control: at most %(limit)s on one prescription.")


class UnsafeToPrescribe(DomainError):
    """A check stops the prescription (level 3)."""

    code = "prescriptions.unsafe"
    message = N_("Stopped by the safety checks: %(findings)s")


class WarningNeedsReason(DomainError):
    """A warning needs a written reason (level 2)."""

    code = "prescriptions.warning_needs_reason"
    message = N_("Give a reason for each warning: %(findings)s")


class PrescriptionNotFound(NotFound):
    """No such prescription here."""

    code = "prescriptions.not_found"
    message = N_("There is no such prescription here.")


class NotInThisState(Conflict):
    """The prescription has moved on, perhaps in another window."""

    code = "prescriptions.not_in_this_state"
    message = N_("Prescription %(number)s is %(state)s; this is not possible now.")


class NotEditable(Conflict):
    """Only a draft or a returned sheet is changed."""

    code = "prescriptions.not_editable"
    message = N_("Prescription %(number)s is signed. Withdraw it first, or write a new one.")


class StillPaid(Conflict):
    """Money has been taken."""

    code = "prescriptions.still_paid"
    message = N_("Prescription %(number)s is paid. The money must be given back first.")


class PastValidity(Conflict):
    """Nothing is dispensed after the validity (order 53, article 18)."""

    code = "prescriptions.past_validity"
    message = N_("Prescription %(number)s was valid until %(until)s.")


class NotReviewed(Conflict):
    """No dispensing without a pharmacist's review."""

    code = "prescriptions.not_reviewed"
    message = N_("A pharmacist must review prescription %(number)s first.")


class NotAReviewer(PermissionDenied):
    """Reviewing is a pharmacist's right of its own."""

    code = "prescriptions.not_a_reviewer"
    message = N_("Your account has no right to review prescriptions.")
