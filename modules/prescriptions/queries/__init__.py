"""Everything that reads prescriptions."""

from modules.prescriptions.models import Prescription, Status
from modules.prescriptions.queries.assessment import Assessed, Assessment, Order, OrderLine, assess
from modules.prescriptions.queries.facts import usage
from modules.prescriptions.queries.lookups import find_allergens, find_drugs
from modules.prescriptions.queries.prescriptions import (
    Favourite,
    favourites,
    find_by_number,
    get_prescription,
    items_by_prescription,
    list_expired_ids,
    list_items,
    list_of_patient,
    list_of_visit,
    lock_prescriptions,
    reviews_after_payment,
    signers_of,
)

__all__ = [
    "Assessed",
    "Assessment",
    "Favourite",
    "Order",
    "OrderLine",
    "Prescription",
    "Status",
    "assess",
    "favourites",
    "find_allergens",
    "find_by_number",
    "find_drugs",
    "get_prescription",
    "items_by_prescription",
    "list_expired_ids",
    "list_items",
    "list_of_patient",
    "list_of_visit",
    "lock_prescriptions",
    "reviews_after_payment",
    "signers_of",
    "usage",
]
