"""How much to dispense. Quantities count minimum units (片, 粒, g)."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Frequency:
    """`times` doses in every `per_days` days (给药频次). Once only: per_days 0. On demand: times 0.

    Examples: tid 3/1, every other day 1/2, twice a week 2/7, at once 1/0, when needed 0/0.
    """

    times: int
    per_days: int

    @property
    def is_on_demand(self) -> bool:
        """Tell whether the patient decides (prn, sos), so that the doctor types the quantity."""
        return self.times == 0

    @property
    def is_once(self) -> bool:
        """Tell whether there is one dose only (st)."""
        return self.times > 0 and self.per_days == 0

    @property
    def doses_on_a_day(self) -> Decimal:
        """The most doses on one day, for the daily limit: tid 3, weekly 1, at once 1, on demand 0."""
        if self.is_on_demand:
            return Decimal(0)
        return _ceiling(Decimal(self.times), Decimal(max(self.per_days, 1)))


ON_DEMAND = Frequency(0, 0)


@dataclass(frozen=True, slots=True)
class DispenseQuantity:
    """What leaves the pharmacy: all minimum units, and whole packages when the pack is not opened."""

    min_units: Decimal
    packs: int | None = None


def dispense_quantity(
    *,
    dose: Decimal,
    dose_per_min_unit: Decimal,
    frequency: Frequency,
    days: int,
    pack_factor: int,
    is_splittable: bool,
    rounds_each_dose: bool = False,
) -> DispenseQuantity | None:
    """Return the quantity of a course, or None when the frequency leaves it to the doctor (prn).

    dose × times × days ÷ content of the minimum unit, rounded up once at the end. `rounds_each_dose` rounds
    each dose up instead (ampoules and vials that do not keep after opening). Unsplittable drugs are rounded
    up to whole packages of `pack_factor` minimum units. `dose` and `dose_per_min_unit` share one unit.
    Source: house rule after the prescription order (卫生部令第53号, article 19).
    """
    _require_positive(dose, dose_per_min_unit, Decimal(days), Decimal(pack_factor))
    if frequency.is_on_demand:
        return None
    spell = Decimal(days * frequency.times), Decimal(frequency.per_days)
    if frequency.is_once:
        spell = Decimal(frequency.times), Decimal(1)
    if rounds_each_dose:
        needed = _ceiling(*spell) * _ceiling(dose, dose_per_min_unit)
    else:
        needed = _ceiling(dose * spell[0], dose_per_min_unit * spell[1])
    return typed_quantity(needed, pack_factor=pack_factor, is_splittable=is_splittable)


def typed_quantity(quantity: Decimal, *, pack_factor: int, is_splittable: bool) -> DispenseQuantity:
    """Return what a doctor typed for a frequency as needed, rounded up to whole units or whole packages."""
    _require_positive(quantity, Decimal(pack_factor))
    units = _ceiling(quantity, Decimal(1))
    if is_splittable:
        return DispenseQuantity(units)
    packs = int(_ceiling(units, Decimal(pack_factor)))
    return DispenseQuantity(Decimal(packs * pack_factor), packs)


def herb_grams(*, grams: Decimal, doses: int) -> Decimal:
    """Return the grams of one herb to weigh out: grams in each dose × doses (付数, usually 1-14)."""
    _require_positive(grams, Decimal(doses))
    return grams * doses


def _ceiling(dividend: Decimal, divisor: Decimal) -> Decimal:
    whole, rest = divmod(dividend, divisor)
    return whole + (1 if rest else 0)


def _require_positive(*numbers: Decimal) -> None:
    if any(number <= 0 for number in numbers):
        raise ValueError("doses, contents, days and factors are greater than zero")
