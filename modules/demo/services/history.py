"""What the played channels know of the days before they were connected, so that the calendar begins with those days."""

import json
import random
from datetime import date, timedelta
from typing import Any

from app import clock, outgoing
from app.accounts import services as accounts
from app.actor import system_actor
from app.db import tenant_unit
from app.tenancy import Tenant, directory
from modules.demo.rules.district import CENTRES
from modules.reconciliation import queries
from modules.reconciliation import services as reconciliation
from modules.reconciliation.queries import INSURER, Source

DAYS, LEFT_OPEN = 30, 3
_ODD = ("missing", "more", "unknown")  # what a channel's statement has wrong now and then


def tell_history(channels_url: str) -> int:
    """Tell the channels what was noted by hand through them, with a few faults, and compare; returns how many days."""
    codes = {plan.code for plan in CENTRES}
    count = 0
    for tenant in directory().all_active():
        if tenant.code in codes and "reconciliation" in tenant.modules:
            with clock.in_zone(tenant.zone):
                count += _tell(tenant, channels_url)
    return count


def _tell(tenant: Tenant, channels_url: str) -> int:
    with tenant_unit(tenant.id):
        sources = [one for one in queries.list_sources() if one.channel != INSURER]
        first = clock.today() - timedelta(days=DAYS)
        known = {source.key for source in sources if queries.newest_day(source.key)}
        dice = random.Random(f"{tenant.code}.statements")  # noqa: S311  the same faults every time, no secrets
        fresh = [source for source in sources if source.key not in known]
        trades = [trade for source in fresh for trade in _trades(source, first, dice)]
    if not fresh:
        return 0
    outgoing.post(f"{channels_url}/simulate/history", {}, json.dumps(trades).encode(), seconds=20)
    by = system_actor(tenant.id)
    reconciliation.begin_days(since=first, by=by)
    count = 0
    while done := reconciliation.conduct.pursue(tenant.id):
        count += done
    _tie_out(tenant, [source.key for source in fresh], first)
    return count


def _tie_out(tenant: Tenant, sources: list[str], first: date) -> None:
    """The accountant has tied out what was even, from the first day on, and left the last days open."""
    by = accounts.find_actor(f"{tenant.code}.accountant")
    for key in sources:
        for number in range(DAYS - LEFT_OPEN):
            with tenant_unit(tenant.id):
                day = queries.find_day(key, first + timedelta(days=number))
            if day is None or day.state is not queries.DayState.EVEN:
                break
            reconciliation.confirm_day(day_id=day.id, by=by)


def _trades(source: Source, first: date, dice: random.Random) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(DAYS):
        on = first + timedelta(days=number)
        gathered = queries.gather(
            merchant_id=source.merchant_id or 0, channel=source.channel, is_active=True, on=on, lines=()
        )
        for facts in gathered.facts:
            if facts.his_amount is None:
                continue
            odd = dice.choice(_ODD) if dice.random() < 0.04 else ""
            at = clock.local(facts.at).isoformat(timespec="seconds")
            told = {"merchant_no": source.merchant_no, "at": at, "day": on.isoformat()}
            fen = int(facts.his_amount.scaleb(2)) + (100 if odd == "more" else 0)
            if odd != "missing":
                found.append(
                    {**told, "number": facts.out_trade_no, "refund": facts.out_refund_no, "fen": fen}
                )
            if odd == "unknown":
                found.append({**told, "number": f"X{facts.out_trade_no}", "refund": "", "fen": 1800})
    return found
