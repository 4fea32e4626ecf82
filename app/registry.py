"""What a module adds to the product: its manifest. Which centre has which module is data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

from flask import Blueprint, current_app
from markupsafe import Markup

from app.actor import Actor
from app.events import Event
from app.i18n import N_, Choice
from app.main_forms import MainForm


class Scope(Choice):
    """Where a role or a permission belongs."""

    CENTRE = "centre", N_("Centre")
    DISTRICT = "district", N_("District")
    ANYWHERE = "anywhere", N_("Centre or district")  # of a permission: in each it reaches what is there


class Duty(Choice):
    """The three administrators (GB/T 22239-2019, 8.1.5), whose work nobody does for another, and health records."""

    SYSTEM = "system", N_("System administration")
    SECURITY = "security", N_("Security administration")
    AUDIT = "audit", N_("Audit")
    RECORD = "record", N_("Health records")  # of a permission: closed to system and security administrators
    NONE = "", N_("Ordinary work")


class Role(Choice):
    """The desks of a centre, then the district's; each module says which of its permissions a role starts with."""

    REGISTRAR = "registrar", N_("Registrar")
    TRIAGE_NURSE = "triage_nurse", N_("Triage nurse")
    DOCTOR = "doctor", N_("Doctor")
    CASHIER = "cashier", N_("Cashier")
    PHARMACIST = "pharmacist", N_("Pharmacist")
    STOREKEEPER = "storekeeper", N_("Storekeeper")
    ADMINISTRATOR = "administrator", N_("Centre administrator")
    ACCOUNTANT = "accountant", N_("Accountant")
    AUDITOR = "auditor", N_("Auditor")
    SECURITY_ADMINISTRATOR = "security_administrator", N_("Security administrator")
    DISTRICT_OPERATOR = "district_operator", N_("District operator")
    DISTRICT_SECURITY = "district_security", N_("District security administrator")
    DISTRICT_AUDITOR = "district_auditor", N_("District auditor")
    SUPERVISOR = "supervisor", N_("Supervisor")
    DISTRICT_PURCHASER = "district_purchaser", N_("District purchaser")

    @property
    def scope(self) -> Scope:
        """Whether it is a role of a centre or of the district."""
        return Scope.DISTRICT if self.value in DISTRICT_ROLES else Scope.CENTRE

    @property
    def duty(self) -> Duty:
        """Which of the three administrators it is, if one."""
        return ADMINISTRATORS.get(self.value, Duty.NONE)


DISTRICT_ROLES = (
    "district_operator",
    "district_security",
    "district_auditor",
    "supervisor",
    "district_purchaser",
)
ADMINISTRATORS = {
    "administrator": Duty.SYSTEM,
    "security_administrator": Duty.SECURITY,
    "auditor": Duty.AUDIT,
    "district_operator": Duty.SYSTEM,
    "district_security": Duty.SECURITY,
    "district_auditor": Duty.AUDIT,
}
EVERYONE = tuple(role.value for role in Role if role.value not in DISTRICT_ROLES)  # of a centre
EVERYWHERE = tuple(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class Permission:
    """A right, ``module.noun.verb``, with the roles that hold it until a centre says otherwise.

    Without roles only the district gives it to a centre's role: what it opens touches every centre.
    """

    code: str
    label: str
    roles: tuple[str, ...] = ()
    scope: Scope = Scope.CENTRE
    duty: Duty = Duty.NONE

    @property
    def is_districts(self) -> bool:
        """Whether only the operator of the district gives it."""
        return not self.roles

    def fits(self, role: str) -> bool:
        """Whether a role may ever hold it: of the same place, and of the same administrator."""
        wanted = Role(role)
        if self.scope not in {wanted.scope, Scope.ANYWHERE}:
            return False
        if self.duty is Duty.RECORD:
            return wanted.duty not in {Duty.SYSTEM, Duty.SECURITY}
        return self.duty in {Duty.NONE, wanted.duty}


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of the side menu."""

    label: str
    endpoint: str
    icon: str
    permission: str
    group: str = "care"  # care | public_health | administration
    order: int = 50


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a typeahead asks: ``/lookup/<kind>?q=``. ``find(q, by, context)`` returns at most 8 rows."""

    kind: str
    permission: str
    find: Callable[[str, Actor, Mapping[str, str]], list[dict[str, Any]]]


FIRST_ROWS = 6  # of what waits, on the home page


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One of what waits: since or until when, who or what, how it stands, and the page where it is worked off."""

    at: datetime | date | None
    who: str
    state: str
    url: str
    kind: str = ""  # colour of the state, as ``ui.tag`` takes it


@dataclass(frozen=True, slots=True)
class Heap:
    """How many wait, and the first of them."""

    count: int
    rows: Sequence[WaitingRow] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """One tile of a role's home page: what waits for me.

    ``count(by)`` gives a number, or a ``Heap`` whose first ``FIRST_ROWS`` stand below the tiles; ``nothing`` is
    the advice when there is none. A module may show its own view of what a lower module's tile of the endpoint
    ``instead_of`` counts; who sees the one does not see the other.
    """

    label: str
    permission: str
    endpoint: str
    count: Callable[[Actor], int | Heap]
    icon: str = "list"
    nothing: str = ""
    instead_of: str = ""
    order: int = 50


@dataclass(frozen=True, slots=True)
class Plot:
    """A small chart of a role's home page, from real figures; the first that fits the actor is shown.

    ``read(by)`` gives rows as ``ui.chart`` takes them: a name, then figures; none when there is nothing to show.
    """

    label: str
    permission: str
    roles: tuple[str, ...]
    kind: str  # line | bar | hbar | pie
    columns: tuple[str, ...]  # msgids of the heads; the first names the axis
    read: Callable[[Actor], list[tuple[Any, ...]]]
    nothing: str = ""


@dataclass(frozen=True, slots=True)
class Daily:
    """Work of every day: a use case by name and the hour of the centre's wall clock, see ``app.daily``.

    It takes no arguments, or ``each`` reads which: one call for each, in a transaction of its own. What it does
    must be right again after days on which nothing ran, and change nothing when it is done once more.
    """

    use_case: str
    at: time
    each: Callable[[], list[dict[str, Any]]] | None = None


@dataclass(frozen=True, slots=True)
class Pursuit:
    """Results that an outside system owes, asked for by the relay's process, see ``app.pursuit``.

    ``due(now)`` gives statements for the ids of the centres in which something is due; ``pursue(tenant_id)`` asks,
    outside every unit, and may find that another process was first.
    """

    due: Callable[[datetime], Sequence[Any]]
    pursue: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a module sets up in a new centre, and what a template keeps of an existing one.

    ``take()`` reads in a unit on the centre and gives plain values; ``fill(taken, by)`` makes it so in the new
    one, through the module's own use cases, and changes nothing when it is done once more.
    """

    take: Callable[[], dict[str, Any]]
    fill: Callable[[dict[str, Any], Actor], None]


class SettingKind(Enum):
    """How a setting is typed on the settings page."""

    TEXT = "text"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    PAGE = "page"  # a page of the menu, by its endpoint; "" for none


@dataclass(frozen=True, slots=True)
class Setting:
    """Something a centre decides for itself. Read it with ``app.tenancy.setting_of(tenant_id, name)``."""

    name: str
    label: str
    kind: SettingKind
    default: str | int | bool
    options: tuple[tuple[str, str], ...] = ()  # of a choice: code and label
    least: int = 0  # of a number; of a text: its length
    most: int = 365
    help: str = ""


@dataclass(frozen=True, kw_only=True)
class Module:
    """A module's manifest."""

    name: str
    label: str
    version: str = "1.0"
    requires: tuple[str, ...] = ()
    blueprints: tuple[Blueprint, ...] = ()
    permissions: tuple[Permission, ...] = ()
    menu: tuple[MenuEntry, ...] = ()
    now: tuple[tuple[type[Event], Callable[[Any], None]], ...] = ()
    later: tuple[tuple[type[Event], Callable[[Any], None]], ...] = ()
    lookups: tuple[Lookup, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    plots: tuple[Plot, ...] = ()
    places: Mapping[str, Callable[..., str]] = field(default_factory=dict)
    checks: tuple[
        Callable[[int], list["Finding"]], ...
    ] = ()  # identities that ``flask check`` proves for a centre
    commands: tuple[Any, ...] = ()  # click commands
    daily: tuple[Daily, ...] = ()
    acts: Mapping[str, str] = field(
        default_factory=dict
    )  # what its code records in the trail → the words for it
    settings: tuple[Setting, ...] = ()
    forms: tuple[MainForm, ...] = ()  # main forms, which a centre arranges
    prepares: Preparation | None = None
    tasks: Mapping[str, tuple[str, Callable[[Any], tuple[str, dict[str, Any]]]]] = field(
        default_factory=dict
    )  # long work of the district: kind → label and function, see ``app.tasks``
    visits_on: Callable[[date], int] | None = None  # visits of a day of the centre in whose unit it is asked
    # File ids and document numbers → file id → Person (app.watch.rules), in the unit of a centre
    people: Callable[[set[int], set[str]], dict[int, Any]] | None = None
    coming: Callable[[], dict[int, Decimal]] | None = (
        None  # drug id → packs that come to the centre in whose unit it is asked without an order of its own
    )
    tidies: tuple[Callable[[], int], ...] = ()  # what the relay's process clears away now and then
    pursues: tuple[Pursuit, ...] = ()  # results of outside systems that are not known yet
    renews: tuple[
        Callable[[int], int], ...
    ] = ()  # what it computes anew of a centre under the district's new keys
    reads: tuple[Callable[..., Any], ...] = ()  # GET operations of the API, see app.api.reads
    is_optional: bool = True  # may a centre switch it off


@dataclass(frozen=True, slots=True)
class Finding:
    """One identity that was checked: its name, both sides, and whether they agree; `about` is said beside it."""

    name: str
    left: str
    right: str
    about: str = ""

    @property
    def holds(self) -> bool:
        """Whether the identity holds."""
        return self.left == self.right


class Registry:
    """All installed manifests, in dependency order."""

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}
        self.permissions: dict[str, Permission] = {}
        self.lookups: dict[str, tuple[str, Lookup]] = {}
        self.places: dict[str, list[tuple[str, Callable[..., str]]]] = {}
        self.settings: dict[str, Setting] = {}
        self.forms: dict[str, MainForm] = {}
        self.form_of_case: dict[str, MainForm] = {}

    def add(self, module: Module) -> None:
        """Install a manifest; names must be new and requirements installed before."""
        missing = [name for name in module.requires if name not in self.modules]
        if module.name in self.modules or missing:
            raise RuntimeError(f"module {module.name} is doubled or misses {missing}")
        self.modules[module.name] = module
        for permission in module.permissions:
            self._add_permission(permission)
        for setting in module.settings:
            if setting.name in self.settings:
                raise RuntimeError(f"setting {setting.name} is declared twice")
            self.settings[setting.name] = setting
        for form in module.forms:
            self._add_form(form)
        for lookup in module.lookups:
            self.lookups[lookup.kind] = (module.name, lookup)
        for place, fragment in module.places.items():
            self.places.setdefault(place, []).append((module.name, fragment))

    def _add_form(self, form: MainForm) -> None:
        names = [field.name for field in form.fields]
        if form.name in self.forms or len(set(names)) < len(names):
            raise RuntimeError(f"form {form.name}, or a field of it, is declared twice")
        self.forms[form.name] = form
        for case in (*form.cases, *form.drafts):
            self.form_of_case[case] = form

    def _add_permission(self, permission: Permission) -> None:
        if permission.code in self.permissions:
            raise RuntimeError(f"permission {permission.code} is declared twice")
        if unfit := [role for role in permission.roles if not permission.fits(role)]:
            raise RuntimeError(f"permission {permission.code} may not be held by {unfit}")
        self.permissions[permission.code] = permission

    def words_of(self, action: str, module: str = "") -> str:
        """The msgid for an act in the trail; the module's own words first, as two may use the same code."""
        own = self.modules.get(module)
        if own is not None and action in own.acts:
            return own.acts[action]
        return next((one.acts[action] for one in self.modules.values() if action in one.acts), "")

    def default_grants(self) -> dict[str, set[str]]:
        """Role of a centre → permissions, as the manifests propose them."""
        return self._grants_of(EVERYONE)

    def district_grants(self) -> dict[str, set[str]]:
        """Role of the district → permissions; nobody changes these but a release."""
        return self._grants_of(DISTRICT_ROLES)

    def _grants_of(self, roles: tuple[str, ...]) -> dict[str, set[str]]:
        grants: dict[str, set[str]] = {role: set() for role in roles}
        for permission in self.permissions.values():
            for role in permission.roles:
                if role in grants:
                    grants[role].add(permission.code)
        return grants


def installed() -> Registry:
    """The registry of the running application."""
    found: Registry = current_app.extensions["his_registry"]
    return found


def fill_place(name: str, modules_on: frozenset[str], **facts: Any) -> Markup:
    """What higher modules show in a named place of a page, in module order; nothing when none does."""
    filled = [part(**facts) for module, part in installed().places.get(name, []) if module in modules_on]
    return Markup("").join(Markup(part) for part in filled)  # noqa: S704  fragments are rendered templates
