"""What keeping prices, reductions, packages and limits must be able to explain."""

from app.errors import Conflict, DomainError
from app.i18n import N_


class PriceMissing(DomainError):
    """The centre's list has no price in force for an item."""

    code = "charging.price_missing"
    message = N_("There is no price in force for %(item)s. Ask for it to be added to the price list.")


class PriceOverlaps(Conflict):
    """A later price of the item begins on or after the wished moment."""

    code = "charging.price_overlaps"
    message = N_("A price of this item already begins on %(begins)s. A new one must begin later.")


class PriceInPast(DomainError):
    """A price cannot begin before today."""

    code = "charging.price_in_past"
    message = N_("A price begins today or later; what was charged before stays as it was.")


class ReductionEmpty(DomainError):
    """A rule takes nothing off."""

    code = "charging.reduction_empty"
    message = N_("Say by how many percent or by how much a line is reduced.")


class ReductionPeriodWrong(DomainError):
    """A period ends before it begins, or a rule begins in the past."""

    code = "charging.reduction_period_wrong"
    message = N_("It begins today or later, and does not end before it begins.")


class BenefitOverlaps(Conflict):
    """The same entitlement is noted for these days already."""

    code = "charging.benefit_overlaps"
    message = N_("%(kind)s is noted for these days already.")


class ChargeNotWaivable(Conflict):
    """Only what waits for payment is let off."""

    code = "charging.charge_not_waivable"
    message = N_("Only an unpaid line can be reduced by hand. A paid one is refunded first.")


class WaiverTooLarge(DomainError):
    """More than the line comes to."""

    code = "charging.waiver_too_large"
    message = N_("At most ¥ %(most)s can be taken off this line.")


class WaiverNeedsSecond(DomainError):
    """Above the limit two people agree."""

    code = "charging.waiver_needs_second"
    message = N_("More than ¥ %(limit)s on a bill needs a second person, with name and password.")


class ReductionAgesWrong(DomainError):
    """The first age is above the last."""

    code = "charging.reduction_ages_wrong"
    message = N_("The age from which it holds is above the age to which it holds.")


class ItemsUnknown(DomainError):
    """No item of the price list has these codes."""

    code = "charging.items_unknown"
    message = N_("Not on the price list: %(codes)s.")


class LimitSex(DomainError):
    """The item is for the other sex."""

    code = "charging.limit_sex"
    message = N_("%(item)s may be charged for this sex only: %(sex)s.")


class LimitAge(DomainError):
    """The item is for another age."""

    code = "charging.limit_age"
    message = N_("%(item)s may be charged for these ages only: %(ages)s. The patient's age is %(age)s.")


class LimitDay(DomainError):
    """The item was charged as often as it may be in a day."""

    code = "charging.limit_day"
    message = N_("%(item)s may be charged at most %(most)s a day for a patient.")


class LimitDays(DomainError):
    """The item was charged as often as it may be in some days."""

    code = "charging.limit_days"
    message = N_("%(item)s may be charged at most %(most)s in %(days)s days for a patient.")


class PackageEmpty(DomainError):
    """A package holds nothing, or nothing any more."""

    code = "charging.package_empty"
    message = N_("Package %(package)s holds no items on this day.")


class PackageInPackage(DomainError):
    """A member of a package is a package."""

    code = "charging.package_in_package"
    message = N_("A package cannot hold another package. Add the items of that one.")


class PackageItemTwice(DomainError):
    """The same item stands twice in a package."""

    code = "charging.package_item_twice"
    message = N_("%(item)s stands twice in the package. Put the quantities together.")


class PackageItemUnusable(DomainError):
    """A member of a package was withdrawn or has no price."""

    code = "charging.package_item_unusable"
    message = N_("Package %(package)s cannot be charged: %(items)s was withdrawn or has no price in force.")


class PackageCodeTaken(Conflict):
    """A package or an item has this code."""

    code = "charging.package_code_taken"
    message = N_("This code is taken on the price list.")


class PackageNotWhole(DomainError):
    """A part of a package is wanted."""

    code = "charging.package_not_whole"
    message = N_("A package is charged as a whole.")


class PackageOverlaps(Conflict):
    """A later version of the package begins on or after the wished moment."""

    code = "charging.package_overlaps"
    message = N_("This package already changes on %(begins)s. A new change must begin later.")
