"""What the tenants room adds to the product."""

from app.i18n import N_
from app.registry import Lookup, MenuEntry, Module, Permission, Setting, SettingKind
from tenants import cli
from tenants.views import centre, places, staff, theme

module = Module(
    name="tenants",
    label=N_("Centre"),
    is_optional=False,
    commands=(cli.centres,),
    blueprints=(theme.blueprint, staff.blueprint, places.blueprint, centre.blueprint),
    lookups=(Lookup("practitioners", "accounts.account.manage", staff.find_people),),
    settings=(
        Setting(
            "theme",
            N_("Colour"),
            SettingKind.CHOICE,
            "teal",
            options=(
                ("teal", N_("Teal")),
                ("green", N_("Green")),
                ("plum", N_("Plum")),
                ("indigo", N_("Indigo")),
                ("slate", N_("Slate")),
                ("brick", N_("Brick red")),
            ),
            help=N_("Colours that mean something, such as red for allergies, stay as they are."),
        ),
        Setting(
            "density",
            N_("Density"),
            SettingKind.CHOICE,
            "normal",
            options=(("compact", N_("Compact")), ("normal", N_("Normal")), ("large", N_("Large"))),
        ),
        Setting("start_page", N_("First page after sign-in"), SettingKind.PAGE, ""),
    ),
    menu=(
        MenuEntry(
            N_("Staff"),
            "staff.show_staff",
            icon="users",
            permission="tenants.practitioner.manage",
            group="administration",
            order=10,
        ),
        MenuEntry(
            N_("Stations and departments"),
            "places.show_places",
            icon="map-pin",
            permission="tenants.department.manage",
            group="administration",
            order=20,
        ),
        MenuEntry(
            N_("Roles and permissions"),
            "centre.show_grants",
            icon="shield-check",
            permission="tenants.role.grant",
            group="administration",
            order=32,
        ),
        MenuEntry(
            N_("Centre settings"),
            "centre.show_settings",
            icon="settings",
            permission="tenants.settings.change",
            group="administration",
            order=40,
        ),
        MenuEntry(
            N_("Parts of the system"),
            "centre.show_modules",
            icon="plug",
            permission="tenants.module.switch",
            group="administration",
            order=42,
        ),
    ),
    acts={
        "centre.moved": N_("Centre moved to another partition"),
        "centre.created": N_("Centre opened"),
        "centre.renamed": N_("Centre renamed"),
        "centre.settings_changed": N_("Settings changed"),
        "module.switched": N_("Module switched on or off"),
        "role.grant_changed": N_("Right of a role changed"),
        "station.added": N_("Station added"),
        "station.changed": N_("Station changed"),
        "department.added": N_("Department added"),
        "department.changed": N_("Department changed"),
        "practitioner.added": N_("Member of staff added"),
        "practitioner.changed": N_("Member of staff changed"),
    },
    permissions=(
        Permission("tenants.centre.move", N_("Move a centre to another partition")),
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
