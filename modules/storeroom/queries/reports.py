"""Lists for who keeps the stock: the period's book, slow-moving drugs, shortages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app import clock
from modules.catalogue import queries as catalogue
from modules.catalogue.queries import Drug
from modules.dispensing import queries as stock
from modules.dispensing.queries import Batch, LyingDrug, PeriodLine
from modules.storeroom.queries.purchasing import list_drug_rules, open_orders_by_drug
from modules.storeroom.rules.moving import Cover

OBSERVED_DAYS = 90
LASTS_DAYS = 180
SIZE = 500


@dataclass(frozen=True, slots=True)
class BookLine:
    """A line of the period's book with its batch."""

    line: PeriodLine
    batch: Batch


@dataclass(frozen=True, slots=True)
class Book:
    """The book of a period (收发存): batches at places, and the sums of all of them in yuan at cost."""

    lines: Sequence[BookLine]  # the first of them, by drug, expiry and place
    total: int
    opening_amount: Decimal
    received_amount: Decimal
    issued_amount: Decimal

    @property
    def closing_amount(self) -> Decimal:
        """Yuan at the end."""
        return self.opening_amount + self.received_amount - self.issued_amount

    @property
    def is_cut(self) -> bool:
        """Whether there are more lines than shown."""
        return self.total > len(self.lines)


def book_of(lines: Sequence[PeriodLine]) -> Book:
    """The lines with their batches, in the order people read them. One statement."""
    batches = stock.batches_by_id(line.batch_id for line in lines)
    named = [BookLine(line, batches[line.batch_id]) for line in lines]
    named.sort(key=_reading_order)
    return Book(
        named[:SIZE],
        len(named),
        sum((line.opening_amount for line in lines), Decimal("0.00")),
        sum((line.received_amount for line in lines), Decimal("0.00")),
        sum((line.issued_amount for line in lines), Decimal("0.00")),
    )


def _reading_order(row: BookLine) -> tuple[str, date, int, int]:
    return (row.batch.drug_code, row.batch.expires_on, row.batch.id, row.line.location_id or 0)


@dataclass(frozen=True, slots=True)
class SlowDrug:
    """A drug that hardly moves."""

    lying: LyingDrug
    cover: Cover
    last_issue: date | None


def slow_drugs() -> list[SlowDrug]:
    """Drugs that have lain longer than the observed days and were not used, or last for long. Four statements."""
    since = clock.today() - timedelta(days=OBSERVED_DAYS)
    used, last = stock.consumption(since), stock.last_issues()
    found = []
    for lying in stock.lying_drugs():
        drug_id = lying.batch.drug_id
        cover = Cover(on_hand=lying.on_hand, used=used.get(drug_id, Decimal(0)), observed_days=OBSERVED_DAYS)
        if lying.since <= since and cover.is_slow(lasts_days=LASTS_DAYS):
            found.append(SlowDrug(lying, cover, last.get(drug_id)))
    return sorted(found, key=lambda drug: -drug.lying.cost_amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """A drug of which there is too little, in minimum units."""

    drug: Drug
    in_stock: Decimal
    minimum: Decimal
    ordered: Decimal
    blocked: Decimal  # promised to prescriptions, but of a recalled or expired batch

    @property
    def missing(self) -> Decimal:
        """What lacks to the minimum."""
        return max(self.minimum - self.in_stock, Decimal(0))


def shortages() -> list[Shortage]:
    """Drugs below their minimum, and those prescribed that cannot be handed out. Five statements."""
    there, ordered, blocked = stock.centre_stock(), open_orders_by_drug(), stock.blocked_promises()
    minima = {rule.drug_id: rule.minimum for rule in list_drug_rules()}
    below = {drug for drug, minimum in minima.items() if there.get(drug, Decimal(0)) < minimum}
    drugs = catalogue.drugs_by_id(below | blocked.keys())
    found = [
        Shortage(
            drug=drug,
            in_stock=there.get(drug.id, Decimal(0)),
            minimum=minima.get(drug.id, Decimal(0)),
            ordered=ordered.get(drug.id, Decimal(0)),
            blocked=blocked.get(drug.id, Decimal(0)),
        )
        for drug in drugs.values()
    ]
    return sorted(found, key=lambda short: (-short.blocked, short.drug.code))
