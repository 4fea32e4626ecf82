"""What the storeroom must be able to explain."""

from app.errors import Conflict, DomainError
from app.i18n import N_


class SupplierTaken(Conflict):
    """Code or name of a supplier is in use."""

    code = "storeroom.supplier_taken"
    message = N_("A supplier with this code or name is there already.")


class SupplierExpired(DomainError):
    """Nothing is ordered from a supplier without a licence in force."""

    code = "storeroom.supplier_expired"
    message = N_("The licence of %(supplier)s ended on %(until)s. Enter the new licence before ordering.")


class SupplierMissing(DomainError):
    """A line of a plan names no supplier."""

    code = "storeroom.supplier_missing"
    message = N_("Choose a supplier for %(drug)s.")


class LimitsCrossed(DomainError):
    """The most is less than the least."""

    code = "storeroom.limits_crossed"
    message = N_("The most in stock is not less than the least.")


class WrongState(Conflict):
    """The paper stands at another step."""

    code = "storeroom.wrong_state"
    message = N_("%(number)s stands at: %(status)s.")


class NothingToBuy(DomainError):
    """Stock lasts for the days asked."""

    code = "storeroom.nothing_to_buy"
    message = N_("Stock and orders on the way last for %(days)s days; nothing is to be bought.")


class PlanEmpty(DomainError):
    """A plan without a quantity is not submitted."""

    code = "storeroom.plan_empty"
    message = N_("Every line is zero.")


class SamePerson(DomainError):
    """Who made or counted it does not approve it."""

    code = "storeroom.same_person"
    message = N_("Another person than the one who entered it must do this.")


class TooMuchDelivered(DomainError):
    """More is accepted than was ordered."""

    code = "storeroom.too_much_delivered"
    message = N_("%(drug)s: at most %(packs)s packs are still to come. Refuse the rest.")


class ReasonMissing(DomainError):
    """What is refused or missing has a reason."""

    code = "storeroom.reason_missing"
    message = N_("Give a reason for what is refused or missing.")


class InvoiceTaken(Conflict):
    """The supplier's invoice was entered before."""

    code = "storeroom.invoice_taken"
    message = N_("Invoice %(number)s of this supplier is entered already.")


class TooMuchReceived(DomainError):
    """More is taken in than was sent."""

    code = "storeroom.too_much_received"
    message = N_("%(drug)s, batch %(batch)s: %(shipped)s were sent.")


class TooMuchApproved(DomainError):
    """More is approved than was asked for."""

    code = "storeroom.too_much_approved"
    message = N_("%(drug)s: only %(wanted)s were asked for.")


class StocktakeOpen(Conflict):
    """A place is counted once at a time."""

    code = "storeroom.stocktake_open"
    message = N_("This place is being counted already.")


class NotCounted(DomainError):
    """Lines of a stocktake are not counted yet."""

    code = "storeroom.not_counted"
    message = N_("%(count)s lines are not counted yet.")


class AlreadyRecalled(Conflict):
    """The batch is under recall."""

    code = "storeroom.already_recalled"
    message = N_("This batch is recalled already.")


class AlreadyEnded(Conflict):
    """It was let go or taken out before."""

    code = "storeroom.already_ended"
    message = N_("This was ended already.")


class ColdChainBroken(DomainError):
    """What travels cold is accepted between 2 and 10 degrees only."""

    code = "storeroom.cold_chain_broken"
    message = N_(
        "%(drug)s travels cold: it is accepted at 2 to 10 degrees only. Enter the temperature or refuse it."
    )


class WrongPlace(DomainError):
    """A requisition goes from a storeroom to a pharmacy."""

    code = "storeroom.wrong_place"
    message = N_("A pharmacy asks a storeroom. Between places of one kind use a transfer.")


class SupplierNeeded(DomainError):
    """A return goes to somebody."""

    code = "storeroom.supplier_needed"
    message = N_("Choose the supplier it goes back to.")


class DayIsPast(DomainError):
    """New prices begin today or later."""

    code = "storeroom.day_is_past"
    message = N_("New prices begin today or later.")


class PriceUnknown(DomainError):
    """A price that is not there is set, not adjusted."""

    code = "storeroom.price_unknown"
    message = N_("%(drug)s has no price in force. Set it in the price list.")


class MonthNotNext(Conflict):
    """Months are closed one after the other, when they are over."""

    code = "storeroom.month_not_next"
    message = N_(
        "This month cannot be closed: it is closed already, is not over, or an earlier one comes first."
    )


class PriceWithMargin(DomainError):
    """Drugs are sold at what they cost (零差率)."""

    code = "storeroom.price_with_margin"
    message = N_("%(drug)s is sold without margin: its retail price must be its purchase price, %(cost)s.")


class BatchListed(Conflict):
    """The sheet of a stocktake has a batch once."""

    code = "storeroom.batch_listed"
    message = N_("This batch is on the sheet already.")


class BatchUnknown(DomainError):
    """A batch the centre never had has no expiry and no cost."""

    code = "storeroom.batch_unknown"
    message = N_("The centre never had batch %(batch)s of this drug. Post it as a receipt.")
