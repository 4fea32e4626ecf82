"""What the catalogue adds to the product."""

from app.i18n import N_
from app.registry import EVERYONE, Module, Permission

module = Module(
    name="catalogue",
    label=N_("Catalogue"),
    is_optional=False,
    permissions=(
        Permission("catalogue.catalogue.load", N_("Load reference data")),
        Permission("catalogue.drug.view", N_("See the drug catalogue"), EVERYONE),
        Permission("catalogue.drug.change", N_("Change drugs' limits"), ("administrator",)),
    ),
)
