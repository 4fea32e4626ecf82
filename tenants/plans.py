"""Plans: which optional modules a centre may have. Its administrator switches parts off and on within the plan."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from sqlalchemy import func, select

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.db.units import control_reading
from app.errors import Conflict, InvalidInput, NotFound
from app.i18n import N_, gettext
from app.registry import installed
from app.use_cases import use_case
from tenants import parts
from tenants.locked import lock_centre
from tenants.models import Centre, Plan

EVERYTHING = "*"
FULL = "full"  # what a centre without a plan has
SHIPPED = {
    FULL: (N_("Everything"), (EVERYTHING,)),
    "outpatient": (
        N_("Outpatient care"),
        (
            "payments",
            "charging",
            "invoices",
            "reconciliation",
            "dispensing",
            "storeroom",
            "distribution",
            "reports",
        ),
    ),
}


class PlanUnknown(NotFound):
    """There is no such plan."""

    code = "tenants.plan_unknown"
    message = N_("There is no such plan.")


class NotInPlan(Conflict):
    """The centre's plan does not have this part."""

    code = "tenants.not_in_plan"
    message = N_("The plan of your centre does not include this part. Ask the district's operator.")


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan as pages show it."""

    code: str
    name: str  # a msgid when it is shipped
    modules: tuple[str, ...]
    is_shipped: bool

    @property
    def has_everything(self) -> bool:
        """Whether modules of later releases belong to it, too."""
        return EVERYTHING in self.modules

    @property
    def label(self) -> str:
        """Its name for people."""
        return gettext(self.name) if self.is_shipped else self.name


def all_plans() -> list[PlanRow]:
    """The shipped plans, then the district's own, by code. One statement."""
    shipped = [PlanRow(code, name, parts, is_shipped=True) for code, (name, parts) in SHIPPED.items()]
    with control_reading():
        own = db.session.scalars(select(Plan).order_by(Plan.code)).all()
    return shipped + [PlanRow(row.code, row.name, tuple(row.modules), is_shipped=False) for row in own]


def count_centres() -> dict[str, int]:
    """Plan → how many centres have it. One statement."""
    with control_reading():
        found = db.session.execute(select(Centre.plan, func.count()).group_by(Centre.plan)).all()
    counts: dict[str, int] = {}
    for code, count in found:
        counts[code or FULL] = counts.get(code or FULL, 0) + count
    return counts


def allowed_by(code: str) -> frozenset[str] | None:
    """Optional modules that a plan allows; None for all. A plan that is gone allows none."""
    if code in SHIPPED:
        parts = list(SHIPPED[code][1])
    elif code:
        with control_reading():
            parts = db.session.scalar(select(Plan.modules).where(Plan.code == code)) or []
    else:
        return None
    return None if EVERYTHING in parts else frozenset(parts)


def allows(allowed: frozenset[str] | None, module: str) -> bool:
    """Whether a plan's set has an optional module."""
    return allowed is None or module in allowed


def modules_of(code: str) -> list[str]:
    """Every module that a centre of this plan may have on, those that nobody switches off among them."""
    allowed = allowed_by(code)
    return [
        name
        for name, module in installed().modules.items()
        if not module.is_optional or allows(allowed, name)
    ]


def refuse_unknown(code: str) -> None:
    """Refuse a plan that does not exist.

    Raises:
        PlanUnknown: so it is.
    """
    if code not in SHIPPED and db.session.scalar(select(Plan.id).where(Plan.code == code)) is None:
        raise PlanUnknown(field="plan")


@use_case("tenants.plan.manage", database="control")
def change_plan(*, tenant_id: int, plan: Annotated[str, Field(max_length=20)], by: Actor) -> Centre:
    """Give a centre another plan, in force with everybody's next click; nothing recorded is lost.

    A task prepares the parts that it has not had before.

    Raises:
        NotFound: there is no such centre.
        PlanUnknown: there is no such plan.
    """
    centre = lock_centre(tenant_id)
    refuse_unknown(plan)
    before, centre.plan = centre.plan, plan
    centre.version += 1
    added = set(modules_of(plan)) - set(modules_of(before))
    parts.ask([centre], added, about=f"{centre.code} {centre.name}", by=by)
    audit.record("centre.plan_changed", centre, by=by, before=before, after=plan)
    return centre


@use_case("tenants.plan.manage", database="control")
def save_plan(
    *,
    code: Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[a-z0-9_-]+$")],
    name: Annotated[str, Field(min_length=2, max_length=60)],
    modules: Annotated[list[str], Field(max_length=100)] = [],  # noqa: B006  never changed
    by: Actor,
) -> Plan:
    """Make a plan of the district's own, or change it for every centre that has it.

    A task prepares in those centres the parts that the plan has gained.

    Raises:
        InvalidInput: the code is a shipped plan's, a module is unknown, or one needs another that is missing.
    """
    if complaints := _complaints(code, modules):
        raise InvalidInput(complaints)
    row = db.session.scalar(select(Plan).where(Plan.code == code))
    if row is None:
        row = Plan(code=code)
        db.session.add(row)
    added = set(modules) - set(row.modules or [])
    row.name, row.modules = name, sorted(modules)
    db.session.flush()
    centres = db.session.scalars(select(Centre).where(Centre.plan == code)).all()
    for centre in centres:
        centre.version += 1
    parts.ask(centres, added, about=name, by=by)
    audit.record("plan.saved", row, by=by, modules=sorted(modules), at=clock.now())
    return row


def _complaints(code: str, modules: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    known = installed().modules
    if code in SHIPPED:
        found["code"] = [gettext("This plan comes with the product and stays as it is.")]
    if any(name not in known or not known[name].is_optional for name in modules):
        found["modules"] = [gettext("Please choose one of the list.")]
        return found
    lacking = {
        other
        for name in modules
        for other in known[name].requires
        if known[other].is_optional and other not in modules
    }
    if lacking:
        names = gettext(", ").join(gettext(known[name].label) for name in known if name in lacking)
        found["modules"] = [gettext("What you chose needs these parts, too: %(modules)s", modules=names)]
    return found
