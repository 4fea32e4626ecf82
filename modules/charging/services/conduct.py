"""What a checkout asks of the outside, between its committed steps. Nothing here runs inside a transaction."""

from collections.abc import Callable
from dataclasses import replace

from app.actor import Actor
from app.db import tenant_unit
from app.i18n import gettext
from app.tenancy import tenant_of
from modules.charging import queries
from modules.charging.errors import CheckoutNotHere
from modules.charging.models import Checkout, CheckoutKind, CheckoutPart, CheckoutState, PartState
from modules.charging.rules.tenders import TenderMethod
from modules.charging.services.checkouts import SUBJECT, give_up_checkout, reopen_checkout
from modules.charging.services.facts import fee_lines, visit_facts
from modules.charging.services.insured import note_split, pay_without_insurer
from modules.insurance import queries as insurance
from modules.insurance.errors import InsurerAway
from modules.insurance.queries import PENDING, SettlementState
from modules.insurance.services import conduct as insurer
from modules.payments import queries as channel_queries
from modules.payments.queries import Way
from modules.payments.services import conduct as payments

Confirm = Callable[[str], Checkout]


def carry(checkout_id: int, payer_code: str = "", *, by: Actor) -> Checkout:
    """Ask the channels for the parts that wait: by the payer's code, by a code shown, or out of the prepaid account.

    Raises:
        DomainError: a channel was not asked at all; the part waits for another way.
    """
    for part in _waiting(checkout_id, by):
        if part.order_id and part.method == TenderMethod.PREPAID:
            payments.pay(part.order_id, by=by)
        elif part.order_id and part.way == Way.QR:
            payments.show_qr(part.order_id, by=by)
        elif part.order_id and payer_code:
            payments.pay(part.order_id, payer_code, by=by)
    return _checkout(checkout_id, by)


def reckon(checkout_id: int, *, by: Actor) -> Checkout:
    """Have the insurer say how it would share the lines out (预结算); the split stands on the checkout afterwards.

    Raises:
        InsurerAway, InsurerRefused, TotalsWrong, PersonNotRead, NotConnected: there is no split; the checkout waits.
    """
    with tenant_unit(tenant_of(by.tenant_id).id):
        checkout = queries.get_checkout(checkout_id)
        visit, lines = visit_facts(queries.get_bill(checkout.bill_id)), fee_lines(checkout)
    found = insurer.presettle(subject_kind=SUBJECT, subject_id=checkout_id, visit=visit, lines=lines, by=by)
    return note_split(
        checkout_id=checkout_id,
        insurance_id=found.id,
        fund_amount=found.fund_amount,
        account_amount=found.account_amount + found.mutual_aid_amount,
        hospital_amount=found.hospital_amount,
        by=by,
    )


def settle(
    checkout_id: int, confirm: Confirm, payer_code: str = "", *, insurance_id: int | None, by: Actor
) -> Checkout:
    """Confirm a checkout and carry it on: the insurer first, whose word fixes the patient's part, then the channels.

    ``confirm(msgid)`` performs `confirm_checkout`; with an insurer that happens just before its message is sent.
    ``insurance_id`` is the split that was shown.

    Raises:
        AnswerMissing: the insurer may have settled; it is asked until that is known.
        InsurerAway, InsurerRefused: nothing has happened there; the checkout is to be confirmed anew.
        DomainError: refused by `confirm_checkout`, or a channel was not asked at all.
    """
    if insurance_id is None:
        confirm("")
        return carry(checkout_id, payer_code, by=by)
    try:
        insurer.settle(insurance_id, noting=lambda *, msgid, **_: confirm(msgid), by=by)
    except InsurerAway:  # the message never left; another window's may have
        if _is_unsent(checkout_id, by):
            reopen_checkout(checkout_id=checkout_id, by=by)
        raise
    checkout = _checkout(checkout_id, by)
    is_collecting = checkout.state == CheckoutState.COLLECTING
    return carry(checkout_id, payer_code, by=by) if is_collecting else checkout


def refund(checkout_id: int, *, anew: bool = False, by: Actor) -> Checkout:
    """Carry an insured refund on from wherever it stands: cancel the old, reckon and settle what stays.

    With `anew` what stays is reckoned once more, though it was reckoned before.

    Raises:
        AnswerMissing: the insurer may have done it; it is asked until that is known.
        InsurerAway, InsurerRefused, TotalsWrong: nothing has changed since the last step.
    """
    checkout = _checkout(checkout_id, by)
    if checkout.kind != CheckoutKind.REFUND or not checkout.is_open:
        return checkout
    with tenant_unit(tenant_of(by.tenant_id).id):
        old_id = queries.insurance_of(checkout.original_id or 0)
        old = insurance.get_settlement(old_id) if old_id else None
    if old is not None and old.state is SettlementState.SETTLED:
        insurer.cancel(old.id, reason=checkout.reason, keeps_visit=bool(checkout.amount), by=by)
    elif old is not None and old.state is SettlementState.CANCELLING:
        insurer.ask(old.id, by=by)
    if not checkout.amount:
        pay_without_insurer(checkout_id=checkout_id, by=by)
    elif checkout.insurance_id is None or (anew and _is_unsent(checkout_id, by)):
        insurer.settle(_must(reckon(checkout_id, by=by).insurance_id), by=by)
    else:
        _go_on_insured(checkout.insurance_id, by)
    send_refunds(checkout.bill_id, by=by)
    return _checkout(checkout_id, by)


def _go_on_insured(insurance_id: int, by: Actor) -> None:
    with tenant_unit(tenant_of(by.tenant_id).id):
        state = insurance.get_settlement(insurance_id).state
    if state is SettlementState.PRESETTLED:
        insurer.settle(insurance_id, by=by)
    elif state in PENDING:
        insurer.ask(insurance_id, by=by)


def give_up(checkout_id: int, *, reason: str = "", by: Actor) -> Checkout:
    """Let a checkout go; the insurer takes back what it has settled for it, first.

    Raises:
        AnswerMissing, InsurerRefused, InsurerAway: the insurer still counts it as settled.
        CheckoutMoved: it has ended, or the insurer is settling it.
    """
    checkout = _checkout(checkout_id, by)
    if checkout.insurance_id and checkout.insurance_reference:
        _take_back(checkout.insurance_id, reason or gettext("Settlement given up"), by)
    given_up = give_up_checkout(checkout_id=checkout_id, reason=reason, by=by)
    send_refunds(checkout.bill_id, by=by)
    return given_up


def _take_back(insurance_id: int, reason: str, by: Actor) -> None:
    with tenant_unit(tenant_of(by.tenant_id).id):
        state = insurance.get_settlement(insurance_id).state
    if state is SettlementState.CANCELLING:  # its answer was lost
        insurer.ask(insurance_id, by=by)
    else:
        insurer.cancel(insurance_id, reason=reason, by=by)


def ask(checkout_id: int, *, by: Actor) -> Checkout:
    """Ask the insurer, or the channels, how what is waited for stands."""
    checkout = _checkout(checkout_id, by)
    if checkout.kind == CheckoutKind.REFUND and checkout.is_open:
        return refund(checkout_id, by=by)
    if _is_unsent(checkout_id, by):
        return reopen_checkout(checkout_id=checkout_id, by=by)
    if checkout.state == CheckoutState.INSURING and checkout.insurance_id:
        insurer.ask(checkout.insurance_id, by=by)
    for part in _waiting(checkout_id, by):
        if part.order_id:
            payments.ask(part.order_id, by=by)
    return _checkout(checkout_id, by)


def let_go(checkout_id: int, *, by: Actor) -> Checkout:
    """Close what waits at the channels, so that another way can be taken without paying twice.

    What a channel does not answer about stays as it is; should it be paid after all, it goes back by itself.
    """
    for part in _waiting(checkout_id, by):
        if part.order_id:
            payments.close(part.order_id, by=by)
    return _checkout(checkout_id, by)


def send_refunds(bill_id: int, *, by: Actor) -> None:
    """Send what goes back at once; a refund that does not get through is pursued by the relay's process.

    Whoever was allowed to let the bill go has it sent, also without the right to refund by hand.
    """
    with tenant_unit(tenant_of(by.tenant_id).id):
        refunds = channel_queries.refunds_under_way(queries.orders_of_bill(bill_id))
    for refund in refunds:
        payments.carry_refund(refund.id, by=replace(by, is_system=True))


def _must(insurance_id: int | None) -> int:
    if insurance_id is None:
        raise CheckoutNotHere
    return insurance_id


def _is_unsent(checkout_id: int, by: Actor) -> bool:
    with tenant_unit(tenant_of(by.tenant_id).id):
        return queries.is_unsent(queries.get_checkout(checkout_id))


def _waiting(checkout_id: int, by: Actor) -> list[CheckoutPart]:
    with tenant_unit(tenant_of(by.tenant_id).id):
        return [part for part in queries.parts_of(checkout_id) if part.state == PartState.WAITING]


def _checkout(checkout_id: int, by: Actor) -> Checkout:
    with tenant_unit(tenant_of(by.tenant_id).id):
        return queries.get_checkout(checkout_id)
