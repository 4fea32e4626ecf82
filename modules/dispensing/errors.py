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


class OwedTooMuch(DomainError):
    """More would be owed than the patient is to get."""

    code = "dispensing.owed_too_much"
    message = N_("%(drug)s: at most %(most)s can stay owed.")


class NothingHandedOut(DomainError):
    """A hand-out of nothing is none."""

    code = "dispensing.nothing_handed_out"
    message = N_("Something must be handed out; what is short stays owed.")


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


class RefundBegunAlready(Conflict):
    """The insurer is being asked to cancel what pays for it."""

    code = "dispensing.refund_begun"
    message = N_("Part of prescription %(number)s is being refunded. Prepare it when the cashier is done.")


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


class CodeUnreadable(DomainError):
    """What was scanned is no traceability code."""

    code = "dispensing.code_unreadable"
    message = N_("“%(code)s” is no traceability code (20 digits).")


class CodeIsCarton(DomainError):
    """A carton's code does not go to a patient."""

    code = "dispensing.code_is_carton"
    message = N_("%(code)s is the code of a carton. Scan the packs.")


class CodeKnown(Conflict):
    """A code comes in once."""

    code = "dispensing.code_known"
    message = N_("%(code)s has been received before.")


class CodeDoubled(DomainError):
    """The same code stands twice in a list."""

    code = "dispensing.code_doubled"
    message = N_("%(code)s was scanned twice.")


class TooManyCodes(DomainError):
    """More packs are scanned than came in."""

    code = "dispensing.too_many_codes"
    message = N_("Of this batch %(packs)s packs came in; %(codes)s codes would be more.")


class TooManyCodesMoved(DomainError):
    """More packs are scanned than a document moved."""

    code = "dispensing.too_many_codes_moved"
    message = N_("This document moved %(packs)s packs of the batch; %(codes)s codes would be more.")


class CodeUnknown(DomainError):
    """Only a pack that came in can be moved."""

    code = "dispensing.code_unknown"
    message = N_("%(code)s never came in here. Collect it on its receipt first.")


class CodeMovedBefore(Conflict):
    """A pack is noted on a document once."""

    code = "dispensing.code_moved_before"
    message = N_("%(code)s is noted on this document already.")


class PrefixUnknown(DomainError):
    """Nobody has said yet which drug codes of this kind belong to."""

    code = "dispensing.prefix_unknown"
    message = N_(
        "Codes that begin with %(prefix)s are new here. Choose the line they belong to, then scan again."
    )


class CodeScannedAlready(DomainError):
    """The pack serves this prescription already."""

    code = "dispensing.code_scanned_already"
    message = N_("%(code)s is on this prescription already.")


class NothingToScan(DomainError):
    """The line has all its codes."""

    code = "dispensing.nothing_to_scan"
    message = N_("%(drug)s: nothing more is to be scanned.")


class CodeAlarm(Conflict):
    """A scan that is refused and remembered as an alarm; each kind of its own."""

    alarm = ""


class CodeSold(CodeAlarm):
    """One code is sold once; a second sale points at drugs that came back from the street (回流药)."""

    code = "dispensing.code_sold"
    alarm = "second_sale"
    message = N_("%(code)s was sold before. Set the pack apart; the alarm is noted.")


class PackExceeded(CodeAlarm):
    """An opened pack holds no more than it held."""

    code = "dispensing.pack_exceeded"
    alarm = "over_split"
    message = N_("%(code)s: only %(left)s left of this pack, %(wanted)s wanted. The alarm is noted.")


class CodeOfOtherDrug(CodeAlarm):
    """The pack is none of the prescribed drugs."""

    code = "dispensing.code_of_other_drug"
    alarm = "wrong_drug"
    message = N_("%(code)s is none of the drugs of this prescription. The alarm is noted.")


class CodeOfOtherBatch(CodeAlarm):
    """The pack is of a batch that is not held for the line."""

    code = "dispensing.code_of_other_batch"
    alarm = "wrong_batch"
    message = N_("%(code)s is of batch %(batch)s, held is %(held)s. Take the right pack; the alarm is noted.")


class CodeNotOfDocument(CodeAlarm):
    """The pack is of a batch that the document did not move."""

    code = "dispensing.code_not_of_document"
    alarm = "wrong_batch"
    message = N_("%(code)s is of batch %(batch)s, which this document did not move. The alarm is noted.")


class CodeElsewhere(CodeAlarm):
    """A pack lies where it was scanned last."""

    code = "dispensing.code_elsewhere"
    alarm = "wrong_place"
    message = N_("%(code)s lies at another place by the books: %(place)s. The alarm is noted.")


class CodeGone(CodeAlarm):
    """What went back to its supplier or was lost does not come back."""

    code = "dispensing.code_gone"
    alarm = "wrong_place"
    message = N_("%(code)s left for good with %(number)s. Set the pack apart; the alarm is noted.")


class CodesMissing(DomainError):
    """Nothing is handed out before its packs were scanned."""

    code = "dispensing.codes_missing"
    message = N_("%(drug)s: scan the packs first; %(missing)s are without a code.")


class CodesDiffer(Conflict):
    """More was scanned than is handed out: part of the prescription was refunded meanwhile."""

    code = "dispensing.codes_differ"
    message = N_("%(drug)s: more was scanned than is handed out. Remove a code.")


class ReturnCodesMissing(DomainError):
    """What came back is not what was sold."""

    code = "dispensing.return_codes_missing"
    message = N_("%(drug)s: scan the code of the pack that comes back. It was sold as: %(codes)s.")


class ReturnCodeStranger(DomainError):
    """A returned pack was not sold on this prescription."""

    code = "dispensing.return_code_stranger"
    message = N_("%(code)s was not handed out on this prescription. It is not taken back.")


class SecondPersonMissing(DomainError):
    """Special drugs are handed out, and the cupboard handed over, by two people."""

    code = "dispensing.second_person_missing"
    message = N_("Two people sign here. The second one enters their own name and password.")


class AmpoulesTooMany(DomainError):
    """More ampoules came back than were handed out."""

    code = "dispensing.ampoules_too_many"
    message = N_("Of this row at most %(left)s can still come back.")


class CountMissing(DomainError):
    """Every batch of the cupboard is counted."""

    code = "dispensing.count_missing"
    message = N_("%(drug)s has not been counted.")


class DifferenceUnexplained(DomainError):
    """What lies in the cupboard is what the books say, or somebody says why not."""

    code = "dispensing.difference_unexplained"
    message = N_("%(drug)s: the books say %(booked)s. Count again, or give the reason.")


class RecordNotRefused(Conflict):
    """Only a refused record is sent again by hand."""

    code = "dispensing.record_not_refused"
    message = N_("This record was not refused by the insurer; it is sent by itself.")


class RepackedAlready(DomainError):
    """Bags are not opened to make other bags."""

    code = "dispensing.repacked_already"
    message = N_("%(batch)s are bags already.")


class NothingAskedBack(Conflict):
    """No doctor waits for the pharmacy's word."""

    code = "dispensing.nothing_asked_back"
    message = N_("Nothing of prescription %(number)s waits for the pharmacy's word on a refund.")
