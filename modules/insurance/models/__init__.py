"""Tables of insurance."""

from modules.insurance.models.catalogue import CatalogueItem, InsuranceMapping, InsuranceRule, ItemKind
from modules.insurance.models.connection import InsuranceConnection, SignIn, SignType
from modules.insurance.models.exchanges import InsuranceExchange, Outcome
from modules.insurance.models.people import InsurancePerson, InsuranceVisit, VisitState
from modules.insurance.models.settlements import InsuranceSettlement, InsuranceSettlementLine

__all__ = [
    "CatalogueItem",
    "InsuranceConnection",
    "InsuranceExchange",
    "InsuranceMapping",
    "InsurancePerson",
    "InsuranceRule",
    "InsuranceSettlement",
    "InsuranceSettlementLine",
    "InsuranceVisit",
    "ItemKind",
    "Outcome",
    "SignIn",
    "SignType",
    "VisitState",
]
