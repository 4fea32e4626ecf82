"""What pharmacy and storeroom must be able to explain."""

from app.errors import Conflict, DomainError
from app.i18n import N_


class OutOfStock(Conflict):
    """A line cannot be held whole, so nothing of the prescription is."""

    code = "dispensing.out_of_stock"
    message = N_("%(drug)s: %(requested)s wanted, %(available)s in stock.")


class PharmacyMissing(DomainError):
    """The centre has no pharmacy."""

    code = "dispensing.pharmacy_missing"
    message = N_(
        "No pharmacy of this centre is set up yet. Ask the administrator to set one up under Storeroom."
    )


class PrescriptionNotPaid(Conflict):
    """Nothing is prepared or handed out before it is paid."""

    code = "dispensing.prescription_not_paid"
    message = N_("Prescription %(number)s is not paid. Send the patient to the cashier.")


class WrongStep(Conflict):
    """The work on the prescription stands at another step."""

    code = "dispensing.wrong_step"
    message = N_("Prescription %(number)s stands at: %(status)s.")


class PrescriptionPastValidity(DomainError):
    """The prescription no longer holds."""

    code = "dispensing.prescription_past_validity"
    message = N_("Prescription %(number)s was valid until %(until)s. The doctor must write a new one.")


class ChecksMissing(DomainError):
    """Four checks and ten matches (四查十对): every one is ticked before a review passes."""

    code = "dispensing.checks_missing"
    message = N_("Tick every check of the list: %(missing)s are missing.")


class ReviewRightMissing(DomainError):
    """Only a pharmacist with the right to review may pass a prescription."""

    code = "dispensing.review_right_missing"
    message = N_("You have no right to review prescriptions. Ask a reviewing pharmacist.")


class SamePharmacist(DomainError):
    """Who prepared does not check and hand out (双人核对)."""

    code = "dispensing.same_pharmacist"
    message = N_("You prepared this prescription; a second pharmacist must check and hand it out.")


class ReturnTooLarge(DomainError):
    """More came back than the patient has."""

    code = "dispensing.return_too_large"
    message = N_("%(drug)s: at most %(quantity)s can come back.")


class ReturnNotIntact(DomainError):
    """Opened or unrecognised packs are not taken back."""

    code = "dispensing.return_not_intact"
    message = N_("Only unopened packs of the same batch are taken back. Check them and confirm.")


class BatchExpired(DomainError):
    """Expired stock does not come in."""

    code = "dispensing.batch_expired"
    message = N_("Batch %(batch)s expired on %(expires)s and cannot be taken in.")


class SameLocation(DomainError):
    """A transfer needs two places."""

    code = "dispensing.same_location"
    message = N_("Choose another place to transfer to.")


class LocationTaken(Conflict):
    """The department or station has its place already."""

    code = "dispensing.location_taken"
    message = N_("This department, or this station's pharmacy, is set up already.")


class AlreadyPrepared(Conflict):
    """The drugs lie ready to be handed out."""

    code = "dispensing.already_prepared"
    message = N_("Prescription %(number)s is prepared. The pharmacy must put the drugs back first.")


class HoldsDiffer(Conflict):
    """What is paid and what is held do not agree: part of it was refunded at this very moment."""

    code = "dispensing.holds_differ"
    message = N_("Prescription %(number)s has changed at the cashier. Open it again.")


class BatchRecalled(Conflict):
    """A held batch was called back between payment and handing out."""

    code = "dispensing.batch_recalled"
    message = N_(
        "%(drug)s, batch %(batch)s, was recalled. Take another batch, or put the drugs back and send the patient "
        "to the cashier for a refund."
    )


class NothingRecalled(Conflict):
    """No batch of this prescription was recalled, so none is exchanged."""

    code = "dispensing.nothing_recalled"
    message = N_("No batch of prescription %(number)s was recalled.")


class BooksClosed(Conflict):
    """A day of a month whose books are closed (月结)."""

    code = "dispensing.books_closed"
    message = N_(
        "The books of %(place)s are closed up to %(until)s. Post the correction as a new entry of today."
    )


class PlaceCounted(Conflict):
    """A place where nothing moves while it is counted."""

    code = "dispensing.place_counted"
    message = N_(
        "%(place)s is being counted; nothing moves there until the stocktake is posted or cancelled."
    )
