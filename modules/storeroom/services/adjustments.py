"""Price adjustments (调价): proposed, approved by another, in force at once or at the beginning of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit, clock, ids, numbering
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.events import emit
from app.money import UnitPrice, format_quantity
from app.tenancy import setting_of
from app.use_cases import use_case
from modules.catalogue import queries as catalogue
from modules.catalogue.queries import Drug, DrugKind
from modules.charging import queries as prices
from modules.charging import services as charging
from modules.charging.queries import ItemKind
from modules.dispensing import queries as stock
from modules.storeroom import queries
from modules.storeroom.errors import DayIsPast, PriceUnknown, PriceWithMargin, SamePerson, WrongState
from modules.storeroom.events import PricesAdjusted
from modules.storeroom.models import Adjustment, AdjustmentLine, AdjustmentStatus, Revaluation
from modules.storeroom.rules.adjusting import gains_and_losses, revaluation
from modules.storeroom.rules.margin import exempt_codes, is_without_margin
from modules.storeroom.services.purchasing import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPriceInput:
    """The new price of a pack of a drug."""

    drug_id: int
    new_price: UnitPrice


@use_case("storeroom.price.propose")
def propose_adjustment(
    *,
    lines: Annotated[list[NewPriceInput], Field(min_length=1, max_length=200)],
    reason: Reason,
    begins_on: date | None = None,
    by: Actor,
) -> Adjustment:
    """Propose new prices, from the approval on or from the beginning of a later day.

    Raises:
        NotFound: no such drug.
        DayIsPast: the day is before today.
        PriceUnknown: a drug has no price in force that could be adjusted.
        PriceWithMargin: a drug's retail price would differ from its purchase price.
    """
    drugs = catalogue.drugs_by_id(line.drug_id for line in lines)
    for number, line in enumerate(lines):
        if line.drug_id not in drugs:
            raise NotFound(field=f"lines-{number}-drug_id")
    if begins_on is not None and begins_on < clock.today():
        raise DayIsPast(field="begins_on")
    in_force = prices.drug_prices(drugs)
    wanted = {line.drug_id: line.new_price for line in lines}
    _refuse_margin([(drugs[line.drug_id], line.new_price) for line in lines], by)
    adjustment = Adjustment(
        id=ids.new_id(),
        number=numbering.next_number("storeroom.adjustment", on=clock.today(), prefix="TJ"),
        status=AdjustmentStatus.DRAFT,
        begins_on=begins_on or clock.today(),
        reason=reason,
        made_at=clock.now(),
        made_by_id=by.account_id,
        made_by_name=by.name,
    )
    db.session.add(adjustment)
    db.session.flush()
    for drug_id, new_price in wanted.items():
        drug, price = drugs[drug_id], in_force.get(drug_id)
        if price is None:
            raise PriceUnknown(field="lines", drug=drug.name)
        db.session.add(
            AdjustmentLine(
                adjustment_id=adjustment.id,
                drug_id=drug.id,
                drug_code=drug.code,
                drug_name=f"{drug.name} {drug.strength}"[:160],
                pack_unit=drug.pack_unit,
                pack_factor=price.per,
                old_price=price.amount,
                new_price=new_price,
            )
        )
    db.session.flush()
    audit.record("adjustment.proposed", adjustment, by=by, number=adjustment.number)
    return adjustment


@use_case("storeroom.price.approve")
def approve_adjustment(*, adjustment_id: int, by: Actor) -> Adjustment:
    """Approve new prices; those of today are in force at once. Not by who proposed them.

    Raises:
        NotFound: no such adjustment here.
        WrongState: it was decided before.
        SamePerson: the same person proposed it.
        PriceWithMargin: meanwhile the purchase price is another one.
    """
    adjustment = _lock(adjustment_id, AdjustmentStatus.DRAFT)
    if adjustment.made_by_id == by.account_id:
        raise SamePerson
    lines = queries.lines_of_adjustment(adjustment_id)
    drugs = catalogue.drugs_by_id(line.drug_id for line in lines)
    _refuse_margin([(drugs[line.drug_id], line.new_price) for line in lines], by)
    adjustment.status, adjustment.approved_by_name = AdjustmentStatus.APPROVED, by.name
    audit.record("adjustment.approved", adjustment, by=by, number=adjustment.number)
    if adjustment.begins_on <= clock.today():
        _put_in_force(adjustment, by)
    return adjustment


@use_case("storeroom.price.approve")
def cancel_adjustment(*, adjustment_id: int, by: Actor) -> Adjustment:
    """Give up new prices that are not in force yet.

    Raises:
        NotFound: no such adjustment here.
        WrongState: it is in force, or was given up.
    """
    adjustment = _lock(adjustment_id, AdjustmentStatus.DRAFT, AdjustmentStatus.APPROVED)
    adjustment.status = AdjustmentStatus.CANCELLED
    audit.record("adjustment.cancelled", adjustment, by=by, number=adjustment.number)
    return adjustment


@use_case("storeroom.price.approve", is_step=True)
def begin_adjustment(*, adjustment_id: int, by: Actor) -> Adjustment:
    """Put approved prices in force whose day has come (the daily work of midnight).

    Raises:
        NotFound: no such adjustment here.
        WrongState: it is not approved, or in force already.
    """
    adjustment = _lock(adjustment_id, AdjustmentStatus.APPROVED)
    _put_in_force(adjustment, by)
    return adjustment


def due_adjustments() -> list[dict[str, int]]:
    """Arguments of the daily work: approved adjustments whose day has come."""
    return [{"adjustment_id": row} for row in queries.due_adjustments(clock.today())]


def _put_in_force(adjustment: Adjustment, by: Actor) -> None:
    """The balances are locked while they are valued, so no box is sold in between at the wrong side."""
    lines = queries.lines_of_adjustment(adjustment.id)
    in_force = prices.drug_prices(line.drug_id for line in lines)
    lying = stock.lock_drugs_everywhere(line.drug_id for line in lines)
    amounts: list[Decimal] = []
    for line in lines:
        price = in_force.get(line.drug_id)
        if price is not None:
            line.old_price = price.amount
        charging.set_price(
            item_kind=ItemKind.DRUG,
            item_id=line.drug_id,
            amount=line.new_price,
            reason=f"{adjustment.number} {adjustment.reason}"[:200],
            by=by,
        )
        for balance in lying.get(line.drug_id, []):
            amount = revaluation(
                balance.on_hand, pack_factor=line.pack_factor, old=line.old_price, new=line.new_price
            )
            amounts.append(amount)
            db.session.add(
                Revaluation(
                    adjustment_id=adjustment.id,
                    line_id=line.id,
                    balance_id=balance.id,
                    quantity=balance.on_hand,
                    amount=amount,
                )
            )
    gain, loss, net = gains_and_losses(amounts)
    adjustment.gain_amount, adjustment.loss_amount = gain, loss
    adjustment.status, adjustment.in_force_at = AdjustmentStatus.IN_FORCE, clock.now()
    db.session.flush()
    audit.record("adjustment.in_force", adjustment, by=by, number=adjustment.number, net=net)
    emit(
        PricesAdjusted(
            adjustment_id=adjustment.id,
            number=adjustment.number,
            gain_amount=gain,
            loss_amount=loss,
            net_amount=net,
        )
    )


def _refuse_margin(wanted: Sequence[tuple[Drug, Decimal]], by: Actor) -> None:
    """A drug bought or ordered at another price than it would be sold for is refused (零差率)."""
    if not setting_of(by.tenant_id, "zero_margin"):
        return
    exempt = exempt_codes(str(setting_of(by.tenant_id, "margin_exempt")))
    costs = queries.purchase_costs(drug.id for drug, _ in wanted)
    for number, (drug, price) in enumerate(wanted):
        if drug.kind == DrugKind.HERB or drug.code.upper() in exempt:
            continue
        if not is_without_margin(price, pack_factor=drug.pack_factor, unit_costs=costs.get(drug.id, ())):
            latest = (costs[drug.id][0] * drug.pack_factor).quantize(Decimal("0.0001"))
            raise PriceWithMargin(
                field=f"lines-{number}-new_price", drug=drug.name, cost=format_quantity(latest)
            )


def _lock(adjustment_id: int, *statuses: AdjustmentStatus) -> Adjustment:
    adjustment = lock_row(Adjustment, adjustment_id)
    if adjustment is None:
        raise NotFound(field="adjustment_id")
    if adjustment.status not in statuses:
        raise WrongState(number=adjustment.number, status=adjustment.status.label)
    return adjustment
