"""What the tenants room adds to the product."""

from app.i18n import N_
from app.registry import Module, Permission
from tenants import views

module = Module(
    name="tenants",
    label=N_("Centre"),
    is_optional=False,
    blueprints=(views.theme,),
    permissions=(
        Permission("tenants.centre.create", N_("Open a centre")),
        Permission(
            "tenants.settings.change", N_("Change the centre's settings and theme"), ("administrator",)
        ),
        Permission("tenants.module.switch", N_("Switch parts of the system on and off"), ("administrator",)),
        Permission("tenants.role.grant", N_("Change what roles may do"), ("administrator",)),
        Permission("tenants.department.manage", N_("Manage stations and departments"), ("administrator",)),
        Permission("tenants.practitioner.manage", N_("Manage staff and licences"), ("administrator",)),
    ),
)
