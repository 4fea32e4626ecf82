"""The demo centres take payments through the played channels (``modules/charging/simulators``)."""

import json
from typing import Any

from app import outgoing
from app.actor import system_actor
from app.crypto.shared_secrets import new_secret
from app.db import tenant_unit
from app.tenancy import Tenant, directory
from app.use_cases import perform
from modules.demo.rules.district import CENTRES
from modules.payments import queries as payments

PLAYED = ("wechat", "alipay", "bank_card", "digital_yuan")
ACTIVE = "active"


def connect_centres(channels_url: str, own_url: str) -> int:
    """Give every demo centre a merchant with each channel, and tell the channels of it; returns how many."""
    codes = {plan.code for plan in CENTRES}
    count = 0
    for tenant in directory().all_active():
        if tenant.code in codes and "payments" in tenant.modules:
            count += _connect(tenant, channels_url, own_url)
    return count


def _connect(tenant: Tenant, channels_url: str, own_url: str) -> int:
    known = _merchants(tenant)
    for channel in PLAYED:
        if channel not in known or known[channel]["base_url"] != channels_url:
            facts = {"channel": channel, "merchant_no": f"{tenant.code.upper()}-{channel}"}
            told = {**facts, "base_url": channels_url, "secret": new_secret()}
            perform("payments.set_up_merchant", told, by=system_actor(tenant.id))
    known = _merchants(tenant)
    for channel in PLAYED:
        merchant = known[channel]
        report_to = f"{own_url}/payments/callbacks/{tenant.code}-{merchant['key']}"
        shared = {"merchant_no": merchant["number"], "channel": channel, "secret": merchant["secret"]}
        _tell(channels_url, {**shared, "notify_url": report_to})
    return len(PLAYED)


def _merchants(tenant: Tenant) -> dict[str, dict[str, str]]:
    with tenant_unit(tenant.id):
        return {
            row.channel.value: {
                "number": row.merchant_no,
                "base_url": row.base_url,
                "key": row.callback_key,
                "secret": row.secret,
            }
            for row in payments.list_merchants()
            if row.state.value == ACTIVE
        }


def _tell(channels_url: str, told: dict[str, Any]) -> None:
    outgoing.post(f"{channels_url}/simulate/merchants", {}, json.dumps(told).encode())
