"""What the catalogue adds to the product."""

from app.i18n import N_
from app.registry import EVERYONE, Lookup, MenuEntry, Module, Permission
from modules.catalogue import views

module = Module(
    name="catalogue",
    label=N_("Catalogue"),
    is_optional=False,
    blueprints=(views.blueprint,),
    lookups=(Lookup("dictionary", "catalogue.dictionary.view", views.find_entries),),
    menu=(
        MenuEntry(
            N_("Drug catalogue"),
            "catalogue.show_drugs",
            icon="pill",
            permission="catalogue.drug.view",
            group="administration",
            order=50,
        ),
        MenuEntry(
            N_("Dictionaries"),
            "catalogue.show_dictionaries",
            icon="notes",
            permission="catalogue.dictionary.view",
            group="administration",
            order=52,
        ),
    ),
    acts={
        "catalogue.loaded": N_("Catalogue loaded"),
        "drug.limits_changed": N_("Limits of a drug changed"),
    },
    permissions=(
        Permission("catalogue.catalogue.load", N_("Load reference data")),
        Permission("catalogue.drug.view", N_("See the drug catalogue"), EVERYONE),
        Permission("catalogue.dictionary.view", N_("Search the dictionaries"), EVERYONE),
        Permission("catalogue.drug.change", N_("Change drugs' limits")),  # of every centre of the district
    ),
)
