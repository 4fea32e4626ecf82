"""Paying and giving back as a cashier of the demo district does it, also while the outside misbehaves."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from app.actor import Actor
from app.db import tenant_unit
from app.errors import DomainError
from modules.charging import queries as bills
from modules.charging import services as charging
from modules.charging.queries import CheckoutState, PartState
from modules.charging.services import conduct
from modules.demo.services.district import play
from modules.demo.services.town import Known, Town
from modules.insurance.services import conduct as insurer

BEGINNINGS = {"wechat": "13", "alipay": "28", "bank_card": "62", "digital_yuan": "01"}
LENGTHS = {"wechat": 18, "alipay": 18, "bank_card": 19, "digital_yuan": 19}
ID_CARD = "02"
PATIENCE = 5  # minutes after which a cashier takes another way
GIVES_UP = 30
BY_HAND = 0.12  # share of payments taken by a terminal of its own, whose slip the cashier types


def pay(town: Town, known: Known, visit_id: int) -> Iterator[int]:
    """All that is due on a visit's bill: with the insurer's part where there is one, the rest as the patient likes."""
    with tenant_unit(town.centre.tenant_id):
        bill = bills.find_bill(visit_id)
        due = bills.bill_view(bill.id).due_amount if bill else None
    if bill is None or not due:
        return
    by = town.centre.actor(town.dice.choice(("cashier", "cashier2")))
    method = town.dice.choice(("cash", "wechat", "wechat", "alipay", "bank_card"))
    if town.outside is not None and _is_insured(town, known, by):
        yield from _carry(town, _begin(bill.id, due, by, is_insured=True), method, by)
    elif town.outside is not None and method in BEGINNINGS and town.dice.random() > BY_HAND:
        yield from _carry(town, _begin(bill.id, due, by), method, by)
    else:
        reference = "" if method == "cash" else _slip(town, method, due)
        tender = {"method": method, "amount": due, "reference": reference}
        play("charging.settle_bill", bill_id=bill.id, expected_amount=due, tenders=[tender], by=by)


def _slip(town: Town, method: str, amount: Decimal) -> str:
    """The number on a terminal's slip; the channel hears of the payment, or now and then of another or of none."""
    number = f"{town.dice.randrange(10**12):012d}"
    chance = town.dice.random()
    if town.outside is not None and chance > 0.05:
        merchant = f"{town.centre.plan.code.upper()}-{method}"
        town.outside.note_slip(merchant, number, amount + (1 if chance > 0.97 else 0))
    return number


def give_back(town: Town, visit_id: int, source_kind: bills.ChargeSource, reason: str) -> Iterator[int]:
    """Refund all paid lines of one kind, through the insurer and the channels where they had a part."""
    by = town.centre.actor("cashier")
    with tenant_unit(town.centre.tenant_id):
        bill = bills.find_bill(visit_id)
        view = bills.bill_view(bill.id) if bill else None
    if bill is None or view is None or not view.refundable:
        return
    settlement = view.refundable[-1]
    lines = [
        {"charge_id": charge.id, "quantity": charge.quantity}
        for charge in view.charges
        if charge.source_kind == source_kind
    ]
    if not lines:
        return
    with tenant_unit(town.centre.tenant_id):
        is_insured = bool(bills.insurance_of(settlement.id))
    facts: dict[str, Any] = {"settlement_id": settlement.id, "lines": lines, "reason": reason, "by": by}
    if not is_insured:
        play("charging.refund_lines", **facts)
        conduct.send_refunds(bill.id, by=by)
        return
    begun = play("charging.begin_refund", **facts)
    for minute in range(GIVES_UP):
        with _hitches(town.hitches):
            if not conduct.refund(begun.id, anew=minute > 0, by=by).is_open:
                return
        yield 1


def _is_insured(town: Town, known: Known, by: Actor) -> bool:
    if known.cost_type == "self":
        return False
    resident = known.resident
    for _ in range(3):
        with _hitches(town.hitches):
            insurer.read_person(
                patient_id=known.patient_id,
                card_type=ID_CARD,
                card_no=resident.id_number,
                name=resident.name,
                by=by,
            )
            return True
    return False


def _begin(bill_id: int, due: Any, by: Actor, *, is_insured: bool = False) -> int:
    begun = play(
        "charging.begin_checkout", bill_id=bill_id, expected_amount=due, is_insured=is_insured, by=by
    )
    return int(begun.id)


def _carry(town: Town, checkout_id: int, method: str, by: Actor) -> Iterator[int]:
    """From minute to minute whatever the window offers next, until the settlement stands or is given up."""
    for minute in range(GIVES_UP):
        with _hitches(town.hitches):
            _next_step(town, checkout_id, method if minute < PATIENCE else "cash", minute, by)
        with tenant_unit(town.centre.tenant_id):
            state = bills.get_checkout(checkout_id).state
        if state == CheckoutState.SETTLED:
            return
        yield 1
    town.hitches["demo.settlement_given_up"] += 1
    with _hitches(town.hitches):
        conduct.give_up(checkout_id, by=by)


def _next_step(town: Town, checkout_id: int, method: str, minute: int, by: Actor) -> None:
    with tenant_unit(town.centre.tenant_id):
        checkout = bills.get_checkout(checkout_id)
        parts = bills.parts_of(checkout_id)
    if checkout.state == CheckoutState.SHOWN:
        if checkout.is_insured and minute >= PATIENCE:
            checkout = charging.pay_without_insurer(checkout_id=checkout_id, is_later=True, by=by)
        elif checkout.is_insured and checkout.insurance_id is None:
            checkout = conduct.reckon(checkout_id, by=by)
        _confirm(town, checkout, method, by)
    elif checkout.state == CheckoutState.COLLECTING and not any(
        part.state == PartState.WAITING for part in parts
    ):
        left = checkout.personal_amount - sum(part.amount for part in parts if part.state == PartState.MOVED)
        tenders = [{"method": "cash", "amount": left}] if left else []
        play(
            "charging.collect_checkout",
            checkout_id=checkout_id,
            expected_personal=left,
            tenders=tenders,
            by=by,
        )
    elif checkout.state == CheckoutState.COLLECTING and minute >= PATIENCE:
        conduct.let_go(checkout_id, by=by)
    else:
        conduct.ask(checkout_id, by=by)


def _confirm(town: Town, checkout: Any, method: str, by: Actor) -> None:
    personal = checkout.personal_amount
    tenders = [{"method": method, "amount": personal}] if personal else []

    def confirm(msgid: str) -> Any:
        return play(
            "charging.confirm_checkout",
            checkout_id=checkout.id,
            expected_personal=personal,
            tenders=tenders,
            insurance_id=checkout.insurance_id,
            msgid=msgid,
            by=by,
        )

    conduct.settle(checkout.id, confirm, _payer_code(town, method), insurance_id=checkout.insurance_id, by=by)


def _payer_code(town: Town, method: str) -> str:
    """What the payer's phone shows; one in fifty has too little money."""
    if method not in BEGINNINGS:
        return ""
    digits = LENGTHS[method] - 3
    last = "1" if town.dice.random() < 0.02 else town.dice.choice("3456789")
    return f"{BEGINNINGS[method]}{town.dice.randrange(10**digits):0{digits}d}{last}"


@contextmanager
def _hitches(count: Counter[str]) -> Iterator[None]:
    """A refusal from outside is no fault of the day: it is counted, and the cashier tries on."""
    try:
        yield
    except DomainError as refusal:
        count[refusal.code] += 1
