"""From when on something is unusual: what each centre has set, read once for a pass."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import current_app

from app import clock
from app.errors import NotFound
from app.i18n import N_
from app.registry import Setting, SettingKind, installed
from app.tenancy import DISTRICT, directory
from app.watch.rules import Limits

_NUMBERS = (
    ("failures_account", N_("Alarm: failures of one account within an hour"), 1000),
    ("failures_address", N_("Alarm: failures from one address within an hour"), 10_000),
    ("readings", N_("Alarm: records one person reads within an hour"), 10_000),
    ("night_readings", N_("Alarm: records one person reads within an hour at night"), 10_000),
    ("night_from", N_("Alarm: night begins at (hour)"), 23),
    ("night_to", N_("Alarm: night ends at (hour)"), 23),
    ("move_minutes", N_("Alarm: minutes within which nobody gets from one place to another"), 240),
)
SETTINGS = tuple(
    Setting(f"watch.{name}", label, SettingKind.NUMBER, getattr(Limits(), name), most=most)
    for name, label, most in _NUMBERS
)


class CentreLimits:
    """Limits and wall clock of each centre that a pass meets."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Limits, ZoneInfo]] = {}

    def at(self, tenant_id: int, at: datetime) -> tuple[Limits, datetime]:
        """The limits of a centre (the defaults for the district) and the moment on its wall clock."""
        if tenant_id not in self._known:
            self._known[tenant_id] = _of(tenant_id)
        limits, zone = self._known[tenant_id]
        return limits, at.astimezone(zone)


def _of(tenant_id: int) -> tuple[Limits, ZoneInfo]:
    if tenant_id != DISTRICT:
        try:
            tenant = directory().get(tenant_id)
        except NotFound:  # a centre that is no more; its rows stay
            return Limits(), clock.zone()
        declared = installed().settings
        chosen = {
            name: int(tenant.settings.get(f"watch.{name}", declared[f"watch.{name}"].default))
            for name, _, _ in _NUMBERS
        }
        return Limits(**chosen), ZoneInfo(tenant.zone)
    return Limits(), ZoneInfo(current_app.extensions["his_settings"].district_zone)
