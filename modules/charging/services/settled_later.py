"""What was paid without the insurer because it was away, settled with it afterwards (补结算).

The settlement is mirrored whole and settled again with the insurer's parts; what the patient paid too much goes back.
"""

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.i18n import gettext
from modules.charging import queries
from modules.charging.models import Checkout, CheckoutKind, CheckoutState, Settlement
from modules.charging.rules.reductions import total_of
from modules.charging.services.checkouts import insured_tenders, new_checkout, taken_off
from modules.charging.services.refunds import book_refund, less_personal, look_at
from modules.charging.services.shifts import present_shift
from modules.insurance.events import InsuranceSettled


def may_settle_later(paid: Checkout) -> bool:
    """Whether the settlement of a checkout stands as it was paid: not refunded, not settled anew."""
    return paid.settlement_id is not None and not queries.is_mirrored(paid.settlement_id)


def settle_later(paid: Checkout, event: InsuranceSettled, by: Actor) -> Settlement:
    """Take the insurer's parts over into what the patient paid alone; the bill is held."""
    assert paid.settlement_id is not None  # noqa: S101  see may_settle_later
    refund = look_at(paid.settlement_id, [])
    checkout = new_checkout(
        refund.bill, CheckoutKind.REFUND, refund.original.amount, by, original_id=refund.original.id
    )
    checkout.is_insured, checkout.insurance_id = True, event.settlement_id
    checkout.insurance_reference, checkout.reason = event.setl_id, gettext("Settled with the insurer later")
    checkout.fund_amount, checkout.hospital_amount = event.fund_amount, event.hospital_amount
    checkout.account_amount = event.account_amount + event.mutual_aid_amount
    checkout.reduced_amount = total_of(refund.reductions)
    insured = insured_tenders(checkout)
    kept = {**less_personal(refund.paid, checkout.personal_amount), **insured, **taken_off(checkout)}
    references = {**refund.references, **dict.fromkeys(insured, event.setl_id)}
    at_desk = not by.is_system
    shift = present_shift(
        by.account_id if at_desk else paid.opened_by_id, by.name if at_desk else paid.opened_by_name
    )
    mirror, again = book_refund(refund, kept, references, shift, checkout.reason, by)
    checkout.state, checkout.ended_at = CheckoutState.SETTLED, clock.now()
    checkout.mirror_id, checkout.settlement_id = mirror.id, again.id if again else None
    db.session.flush()
    audit.record("checkout.settled_later", checkout, by=by, number=mirror.number, fund=event.fund_amount)
    return mirror
