"""The accountants of the demo district compare each day with the channels, and tie out what was even."""

from collections import deque
from datetime import date, timedelta

from app import clock
from app.accounts import services as accounts
from app.actor import system_actor
from app.db import tenant_unit
from app.tenancy import Tenant, directory
from modules.demo.rules.district import CENTRES
from modules.reconciliation import queries
from modules.reconciliation import services as reconciliation
from modules.reports import services as reports

DAYS, LEFT_OPEN = 30, 3


def reconcile_days() -> int:
    """Fetch and compare the days behind us in every demo centre; returns how many days of channels were compared."""
    codes = {plan.code for plan in CENTRES}
    count = 0
    for tenant in directory().all_active():
        if tenant.code in codes and "reconciliation" in tenant.modules:
            with clock.in_zone(tenant.zone):
                count += _reconcile(tenant)
    return count


def add_up() -> None:
    """The sums of the reports, of every day behind us, in every demo centre."""
    codes = {plan.code for plan in CENTRES}
    for tenant in directory().all_active():
        if tenant.code in codes and "reports" in tenant.modules:
            with clock.in_zone(tenant.zone):
                deque(reports.rebuild(tenant.id), maxlen=0)


def _reconcile(tenant: Tenant) -> int:
    first = clock.today() - timedelta(days=DAYS)
    reconciliation.begin_days(since=first, by=system_actor(tenant.id))
    count = 0
    while done := reconciliation.conduct.pursue(tenant.id):
        count += done
    _tie_out(tenant, first)
    return count


def _tie_out(tenant: Tenant, first: date) -> None:
    """What is even is tied out from the first day on; the last days are left open."""
    by = accounts.find_actor(f"{tenant.code}.accountant")
    with tenant_unit(tenant.id):
        sources = [one.key for one in queries.list_sources()]
    for key in sources:
        for number in range(DAYS - LEFT_OPEN):
            with tenant_unit(tenant.id):
                day = queries.find_day(key, first + timedelta(days=number))
            if day is None or day.state is not queries.DayState.EVEN:
                break
            reconciliation.confirm_day(day_id=day.id, by=by)
