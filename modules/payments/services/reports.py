"""Who reports: a channel shows the key of its address and signs what it says."""

from dataclasses import dataclass

from app import audit
from app.actor import Actor, system_actor
from app.db import tenant_unit
from app.errors import NotFound
from app.tenancy import directory
from modules.payments import queries
from modules.payments.errors import CallbackRefused
from modules.payments.gateways import channels
from modules.payments.models import Merchant


@dataclass(frozen=True, slots=True)
class Report:
    """A callback as it came: what is signed, and the signature."""

    moment: str
    nonce: str
    signature: str
    body: str


def find_reporter(centre_code: str, key: str, report: Report) -> tuple[Merchant, Actor]:
    """The merchant whose channel says this, and the actor its report is noted under.

    Raises:
        NotFound: nobody has this address.
        CallbackRefused: the signature is of another secret, another message or another time; it stands in the trail.
    """
    tenant = directory().find_by_code(centre_code)
    if tenant is None:
        raise NotFound
    by = system_actor(tenant.id, name="channel", origin="callback")
    with tenant_unit(tenant.id):
        merchant = queries.find_by_callback_key(key)
        secret = merchant.secret if merchant else ""
    if merchant is None:
        raise NotFound
    if not channels.is_report(secret, report.moment, report.nonce, report.signature, report.body):
        audit.note("payment.report_refused", by=by, subject=merchant, outcome="refused")
        raise CallbackRefused
    return merchant, by
