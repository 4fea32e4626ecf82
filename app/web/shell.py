"""What every page shows around its own content: centre, menu, user, theme; and templates' filters."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import format_date

from app import clock, i18n, money
from app.accounts import queries as accounts
from app.accounts.services import SignedIn
from app.i18n import N_, gettext
from app.registry import MenuEntry, fill_place, installed
from app.tenancy import DISTRICT
from app.web import keys, main_forms
from app.web.access import current_tenant, find_actor, modules_on

GROUPS = (
    ("care", N_("Care")),
    ("public_health", N_("Public health")),
    ("administration", N_("Administration")),
    ("district", N_("District")),
)


@dataclass(frozen=True, slots=True)
class MenuLine:
    """One line of the menu, as the template needs it."""

    label: str
    url: str
    icon: str
    current: bool


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """A group of the menu."""

    label: str
    entries: list[MenuLine]


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place the reader may change to, or is in."""

    membership_id: int
    label: str
    current: bool


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame of a page."""

    centre_name: str
    places: list[PlaceLine]  # to change to; empty for those who work in one place
    user_menu: list[MenuLine]
    desk_name: str
    user_name: str
    menu: list[MenuGroup]
    language: str
    other_language: tuple[str, str]
    language_url: str
    sign_out_url: str
    home_url: str
    theme_url: str
    logo_url: str
    session_url: str
    idle_minutes: int


def install(app: Flask) -> None:
    """Give every template the shell, the marks of the language and the formats."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.filters.update(
        amount=money.format_amount, quantity=money.format_quantity, moment=_moment, day=_day, clock_time=_time
    )

    @app.context_processor
    def frame() -> dict[str, Any]:
        return {
            "shell": _shell(),
            "place": _place,
            "may": _may,
            "today": clock.today,
            "language": i18n.select_locale(),
        }

    app.jinja_env.globals["theme_url"] = _theme_url
    keys.install(app)
    main_forms.install(app)


def _place(name: str, **facts: Any) -> Any:
    actor = find_actor()
    if actor is None or actor.tenant_id is None:
        return ""
    return fill_place(name, current_tenant().modules, **facts)


def _may(permission: str) -> bool:
    """Whether the reader of the page holds a permission: a button nobody may press is not shown."""
    actor = find_actor()
    return actor is not None and actor.may(permission)


def _shell() -> Shell | None:
    actor = find_actor()
    if actor is None:
        return None
    found: SignedIn = g.signed_in
    language = i18n.select_locale()
    other = "en" if language == i18n.DEFAULT_LOCALE else i18n.DEFAULT_LOCALE
    return Shell(
        centre_name=accounts.name_of_place(actor.tenant_id or DISTRICT),
        places=_places(found),
        user_menu=[
            MenuLine(gettext("My sign-ins and places"), url_for("own_account.show_own"), "devices", False)
        ],
        desk_name=" ".join(gettext(role_label(role)) for role in actor.roles[:1]),
        user_name=found.display_name,
        menu=_menu(modules_on()),
        language=language,
        other_language=(other, i18n.LOCALES[other]),
        language_url=url_for("sessions.choose_language"),
        sign_out_url=url_for("sessions.sign_out"),
        home_url=url_for("home.show_home"),
        theme_url=_theme_url(),
        logo_url=_logo_url(),
        session_url=url_for("sessions.show_session"),
        idle_minutes=current_app.extensions["his_settings"].sign_in_lock_minutes,
    )


def _places(found: SignedIn) -> list[PlaceLine]:
    if found.places < 2:
        return []
    return [
        PlaceLine(place.membership_id, place.name, place.membership_id == found.membership_id)
        for place in accounts.list_places(found.actor.account_id)
    ]


def role_label(role: str) -> str:
    """The msgid of a role's name."""
    from app.registry import Role

    return Role(role).msgid if role in set(Role) else role


def _theme_url() -> str:
    actor = find_actor()
    if actor is None or actor.tenant_id is None:
        return ""
    tenant = current_tenant()
    return url_for("theme.show_theme", tenant_code=tenant.code, version=tenant.version)


def _logo_url() -> str:
    actor = find_actor()
    if actor is None or actor.tenant_id is None or not current_tenant().logo:
        return ""
    return url_for("theme.show_logo", digest=current_tenant().logo)


def _menu(on: frozenset[str]) -> list[MenuGroup]:
    actor = find_actor()
    entries: dict[str, list[MenuEntry]] = {}
    for module in installed().modules.values():
        if module.name not in on:
            continue
        for entry in module.menu:
            if actor and actor.may(entry.permission):
                entries.setdefault(entry.group, []).append(entry)
    groups = []
    here = _current([entry.endpoint for group in entries.values() for entry in group])
    for code, label in GROUPS:
        lines = [
            MenuLine(gettext(e.label), url_for(e.endpoint), e.icon, e.endpoint in here)
            for e in sorted(entries.get(code, []), key=lambda e: e.order)
        ]
        if lines:
            groups.append(MenuGroup(gettext(label), lines))
    return groups


def _current(endpoints: list[str]) -> list[str]:
    """The entries under which a page stands: by its address; else the only one of its room."""
    path = request.path if request.endpoint else ""
    found = [one for one in endpoints if one == request.endpoint or path.startswith(url_for(one) + "/")]
    if found or not request.blueprint:
        return found
    of_room = [one for one in endpoints if one.rpartition(".")[0] == request.blueprint]
    return of_room if len(of_room) == 1 else []


def _moment(value: Any) -> str:
    return f"{clock.local(value):%Y-%m-%d %H:%M}" if value else ""


def _time(value: Any) -> str:
    return f"{clock.local(value):%H:%M}" if value else ""


def _day(value: Any) -> str:
    return format_date(value, "yyyy-MM-dd") if value else ""
