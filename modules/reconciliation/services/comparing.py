"""The comparison of a day, written down: each entry in one class, and the formula of C5 over them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.use_cases import use_case
from modules.insurance import queries as insurance
from modules.insurance.services import DIFFERS, OURS_ONLY, THEIRS_ONLY, Compared
from modules.reconciliation import queries
from modules.reconciliation.errors import NotCompared
from modules.reconciliation.models import Day, Entry, StatementFile
from modules.reconciliation.rules.comparing import ZERO, Facts, Formula, add_up, classify, completes
from modules.reconciliation.rules.fees import USUAL_FEE, expected_fee
from modules.reconciliation.rules.statements import read_statement
from modules.reconciliation.rules.states import COMPARED, DayState, EntryClass, EntryState, Step
from modules.reconciliation.services.days import open_day


@use_case("reconciliation.day.compare", is_step=True)
def compare_day(*, day_id: int, by: Actor) -> Day:
    """Compare a channel's day with the statement at hand (三方对账), or compare it again.

    Raises:
        NotFound: no such day here.
        DayTiedOut: it is tied out.
        NotCompared: there is no statement.
    """
    day = open_day(day_id)
    file = db.session.get(StatementFile, day.file_id) if day.file_id else None
    if file is None or day.merchant_id is None:
        raise NotCompared
    statement = read_statement(file.content, file.form)
    source = queries.source_of(day)
    gathered = queries.gather(
        merchant_ids=source.merchant_ids,
        channel=day.channel,
        is_active=source.is_active,
        on=day.on,
        lines=statement.lines,
    )
    terms = queries.terms_of(day.merchant_id)
    rate, returns_fee = (terms.fee_rate, terms.returns_fee) if terms else (USUAL_FEE, True)
    day.fee_amount = statement.fee
    amounts = [line.amount for line in statement.lines]
    day.expected_fee = expected_fee(amounts, rate, returns_fee=returns_fee)
    _write(day, gathered.facts, his=gathered.his, gross=statement.gross, back=statement.back)
    audit.record("day.compared", day, by=by, on=day.on, channel=day.channel, open=day.open_count)
    return day


@use_case("reconciliation.day.compare", is_step=True)
def compare_insurer(*, day_id: int, compared: Annotated[Compared, Field()], by: Actor) -> Day:
    """Write down what the insurer says of a day (3201, 3202), beside our own settlements.

    Raises:
        NotFound: no such day here.
        DayTiedOut: it is tied out.
    """
    day = open_day(day_id)
    facts = _insured_facts(day, compared)
    his = sum((row.fund + row.account for row in compared.ours), ZERO)
    _write(day, facts, his=his, gross=compared.theirs, back=ZERO)
    audit.record("day.compared", day, by=by, on=day.on, channel=day.channel, open=day.open_count)
    return day


def _insured_facts(day: Day, compared: Compared) -> list[Facts]:
    facts = []
    for row in compared.ours:
        ours, result = row.fund + row.account, compared.results.get(row.setl_id)
        theirs = None if result == OURS_ONLY else compared.amounts.get(row.setl_id, ours)
        facts.append(
            Facts(
                out_trade_no=row.setl_id,
                at=row.at,
                his_amount=ours,
                order_amount=theirs if result == DIFFERS else ours,
                line_amount=theirs,
                settlement_id=row.settlement_id,
                is_done=result != DIFFERS or theirs != ours,
            )
        )
    return [*facts, *_only_there(day, compared, facts)]


def _only_there(day: Day, compared: Compared, ours: Iterable[Facts]) -> list[Facts]:
    """Settlements that only the insurer has. It names no amounts: what its total has more stands on the first."""
    numbers = sorted(number for number, result in compared.results.items() if result == THEIRS_ONLY)
    known = insurance.settlements_by_number(numbers) if numbers else {}
    rest = compared.theirs - sum((one.line_amount or ZERO for one in ours), ZERO)
    noon = clock.day_bounds(day.on)[0] + timedelta(hours=12)
    facts = []
    for place, number in enumerate(numbers):
        row = known.get(number)
        amount = rest if place == 0 else ZERO
        facts.append(
            Facts(out_trade_no=number, at=noon, line_amount=amount, settlement_id=row.id if row else None)
        )
    return facts


def _write(day: Day, facts: Iterable[Facts], *, his: Decimal, gross: Decimal, back: Decimal) -> None:
    """Class every entry, carry what crosses midnight, and add the day up."""
    known = queries.entries_of(day.id)
    near = queries.open_near(day.source, day.on)
    before = {entry.facts.key: entry for entry in near if entry.on < day.on}
    after = {entry.facts.key: entry for entry in near if entry.on > day.on}
    following = queries.find_day(day.source, day.on + timedelta(days=1))
    is_last = following is not None and queries.is_compared(following)
    ends = clock.day_bounds(day.on)[1]
    found = list(facts)
    answers = queries.refunded_by_hand(one.refund_id for one in found if one.refund_id)
    for one in found:
        entry = known.get(one.key)
        other = before.get(one.key) or after.get(one.key)
        kind = _class_of(one, other, answers, ends, puts_off=not is_last)
        if kind is None or (entry is not None and _stays(entry, one, kind)):
            continue
        if entry is None:
            entry = Entry(day_id=day.id, source=day.source, on=day.on)
            db.session.add(entry)
            known[one.key] = entry
        _put(entry, one, kind)
        if kind is EntryClass.CROSS_DAY and other is not None and completes(other.facts, one):
            _settle_across(entry, other)
    _forget_gone(known, {one.key for one in found})
    day.compared_at, day.ask_at, day.note, day.tries = clock.now(), None, "", 0
    _sum_up(day, known.values(), add_up(_classed(known.values()), his=his, gross=gross, back=back))
    _end_carrying(day, before)
    for neighbour_id in sorted({entry.day_id for entry in near}):
        recount(queries.lock_day(neighbour_id))
    db.session.flush()


def _class_of(
    one: Facts,
    other: Entry | None,
    answers: dict[int, EntryClass],
    ends: datetime,
    *,
    puts_off: bool,
) -> EntryClass | None:
    if other is not None and completes(other.facts, one):
        return EntryClass.CROSS_DAY
    is_alone = one.his_amount is None and one.line_amount is not None
    if is_alone and one.refund_id in answers:
        return answers[one.refund_id]  # the refund that answers a difference of an earlier day
    is_sided = one.his_amount is not None or one.line_amount is not None
    return classify(one, ends if puts_off or not is_sided else None)


def _stays(entry: Entry, one: Facts, kind: EntryClass) -> bool:
    """Whether nothing new is known, so that what was done about it stays."""
    kept = Entry()
    kept.facts = one
    is_worked = entry.state is EntryState.HANDLED or entry.handled_by_id is not None
    return entry.facts == kept.facts and (entry.kind is kind or is_worked)


def _put(entry: Entry, one: Facts, kind: EntryClass) -> None:
    entry.facts, entry.kind = one, kind
    entry.step, entry.reason = Step.NONE, ""
    entry.handled_at = entry.handled_by_id = entry.reviewed_at = entry.reviewed_by_id = None
    entry.handled_by_name = entry.reviewed_by_name = ""
    entry.state = EntryState.OPEN
    is_answer = one.line_amount is not None and one.line_amount < 0 and one.his_amount is None
    if kind is EntryClass.MATCHED:
        entry.state = EntryState.EVEN
    elif kind is EntryClass.CROSS_DAY:
        entry.state, entry.step = EntryState.WORKING, Step.CARRY
    elif one.his_amount is None and one.is_done and (one.is_returned or (is_answer and one.refund_id)):
        entry.state, entry.step, entry.handled_at = EntryState.HANDLED, Step.BY_ITSELF, clock.now()


def _settle_across(*entries: Entry) -> None:
    """The two halves of what crossed midnight: the one is the answer to the other."""
    for entry in entries:
        entry.kind, entry.state, entry.step = EntryClass.CROSS_DAY, EntryState.HANDLED, Step.BY_ITSELF
        entry.handled_at = clock.now()


def _forget_gone(known: dict[tuple[str, str], Entry], keys: set[tuple[str, str]]) -> None:
    """What an earlier comparison found and the new statement does not have any more counts for nothing."""
    for key, entry in known.items():
        if key not in keys and entry.out_trade_no:
            entry.his_amount = entry.line_amount = entry.order_amount = None
            entry.difference, entry.kind, entry.state = ZERO, EntryClass.MATCHED, EntryState.EVEN


def _end_carrying(day: Day, before: dict[tuple[str, str], Entry]) -> None:
    """What was put off from the day before and did not come is classed again, for good."""
    for entry in before.values():
        if entry.kind is EntryClass.CROSS_DAY and entry.is_open:
            kind = classify(entry.facts, None) or EntryClass.STATE
            entry.kind, entry.state, entry.step, entry.was_carried = kind, EntryState.OPEN, Step.NONE, True
            entry.handled_by_id, entry.handled_by_name, entry.handled_at = None, "", None


def _classed(entries: Iterable[Entry]) -> list[tuple[EntryClass, Decimal]]:
    return [(entry.kind, entry.difference) for entry in entries]


def _sum_up(day: Day, entries: Iterable[Entry], formula: Formula) -> None:
    rows = list(entries)
    day.formula = formula
    day.matched_count = sum(1 for entry in rows if entry.kind is EntryClass.MATCHED)
    day.open_count = sum(1 for entry in rows if entry.is_open)
    day.state = DayState.DIFFERENT if day.open_count else DayState.EVEN


def recount(day: Day) -> None:
    """Inside a use case that holds the day: add it up again after something was done about its entries.

    A day whose new statement was not compared yet stays so.
    """
    db.session.flush()
    state = day.state
    entries = queries.entries_of(day.id).values()
    formula = add_up(_classed(entries), his=day.his_amount, gross=day.gross_amount, back=day.back_amount)
    _sum_up(day, entries, formula)
    if state not in COMPARED:
        day.state = state
    db.session.flush()
