"""The days: begun each morning, given their statement, tied out by a person."""

import base64
import binascii
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.errors import InvalidInput
from app.i18n import gettext
from app.use_cases import use_case
from modules.payments import queries as payments
from modules.reconciliation import queries
from modules.reconciliation.errors import (
    DayTiedOut,
    DifferencesLeft,
    EarlierDayOpen,
    NotCompared,
    StatementNotTaken,
    TooEarly,
)
from modules.reconciliation.models import Day, StatementFile, Terms
from modules.reconciliation.queries import Source
from modules.reconciliation.rules.statements import LARGEST, StatementRefused, read_statement
from modules.reconciliation.rules.states import DayState, Form, Origin

MOST_DAYS = 31  # made up for after a pause
WAITS = (10, 20, 40, 60, 120)  # minutes between two times a channel is asked
MOST_TRIES = 40
Base64 = Annotated[str, Field(max_length=LARGEST * 4 // 3 + 4)]


@use_case("reconciliation.day.compare")
def begin_days(*, since: date | None = None, by: Actor) -> None:
    """Begin the days that are over, of every channel and of the insurer; they are fetched next.

    A source begins with the day on which it was set up, or with `since` where its books are older than that.
    A day that was missed is made up for, a month back at most; a second time it changes nothing.
    """
    begun = [day for source in queries.list_sources() for day in _days_to_begin(source, since)]
    db.session.add_all(begun)
    db.session.flush()
    audit.record("day.begun", None, by=by, days=len(begun))


def _days_to_begin(source: Source, since: date | None) -> list[Day]:
    yesterday = clock.today() - timedelta(days=1)
    newest = queries.newest_day(source.key)
    first = newest + timedelta(days=1) if newest else since or source.since or yesterday
    first = max(first, yesterday - timedelta(days=MOST_DAYS - 1))
    return [
        _new_day(source, first + timedelta(days=number)) for number in range((yesterday - first).days + 1)
    ]


def _new_day(source: Source, on: date) -> Day:
    return Day(
        source=source.key,
        channel=source.channel,
        merchant_id=source.merchant_id,
        on=on,
        ask_at=clock.now(),
    )


@use_case("reconciliation.day.compare", is_step=True)
def take_statement(
    *,
    day_id: int,
    content: Base64,
    form: Form | None = None,
    origin: Origin = Origin.BROUGHT,
    by: Actor,
) -> StatementFile:
    """Keep a statement and read it; the same file is kept once. It is compared next (`compare_day`).

    A broken one that was fetched is kept with its fault and asked for again; one brought by hand is refused.

    Raises:
        NotFound: no such day of a channel here.
        DayTiedOut: the day is tied out.
        StatementNotTaken: it is cut off, in another form, or contradicts itself.
    """
    day = open_day(day_id)
    if day.merchant_id is None:
        raise InvalidInput({"content": [gettext("Please choose one of the list.")]})
    brought = _bytes(content)
    terms = queries.terms_of(day.merchant_id)
    chosen = form or (terms.form if terms else Form.CSV)
    file = _kept(day.merchant_id, day.on, brought, chosen, origin, by)
    if file.fault and origin is Origin.BROUGHT:
        raise StatementNotTaken(field="content", why=file.fault.label, detail=file.detail)
    if file.fault:
        _ask_later(day, file.fault.value)
    else:
        day.file_id, day.state, day.note = file.id, DayState.DOWNLOADED, ""
        day.ask_at = _if_nobody_compares() if origin is Origin.FETCHED else None
    db.session.flush()
    audit.record("statement.taken", day, by=by, on=day.on, digest=file.digest, fault=file.fault)
    return file


@use_case("reconciliation.day.compare", is_step=True)
def note_no_statement(*, day_id: int, why: Annotated[str, Field(max_length=100)], by: Actor) -> Day:
    """Note that the other side gave nothing; it is asked again in a while."""
    day = open_day(day_id)
    _ask_later(day, why)
    audit.record("statement.missing", day, by=by, on=day.on, why=why)
    return day


@use_case("reconciliation.day.confirm")
def confirm_day(*, day_id: int, by: Actor) -> Day:
    """Tie a day out (确认): nothing in it, or before it, changes any more.

    Raises:
        NotFound: no such day here.
        DayTiedOut: it is tied out already.
        NotCompared: it was not compared.
        DifferencesLeft: differences are not handled and reviewed.
        EarlierDayOpen: an earlier day of the same channel is not tied out.
    """
    day = open_day(day_id)
    if not queries.is_compared(day) or not day.formula.holds:
        raise NotCompared
    left = [entry for entry in queries.entries_of(day.id).values() if entry.is_open]
    if left:
        raise DifferencesLeft(count=len(left))
    if earlier := queries.unconfirmed_before(day.source, day.on):
        raise EarlierDayOpen(on=earlier.isoformat())
    day.state, day.confirmed_at, day.ask_at = DayState.CONFIRMED, clock.now(), None
    day.confirmed_by_id, day.confirmed_by_name = by.account_id, by.name
    db.session.flush()
    audit.record("day.confirmed", day, by=by, on=day.on, channel=day.channel)
    return day


@use_case("reconciliation.terms.change")
def set_terms(
    *,
    merchant_id: int,
    form: Form,
    fee_percent: Annotated[Decimal, Field(ge=0, le=10, max_digits=6, decimal_places=4)],
    returns_fee: bool = False,
    by: Actor,
) -> Terms:
    """Note what is agreed with the channel of a merchant: the form of its statements, and its fee.

    Raises:
        NotFound: no such merchant here.
    """
    merchant = payments.get_merchant(merchant_id)
    terms = queries.terms_of(merchant.id)
    if terms is None:
        terms = Terms(merchant_id=merchant.id)
        db.session.add(terms)
    terms.form, terms.fee_rate, terms.returns_fee = form, fee_percent / 100, returns_fee
    terms.set_at, terms.set_by = clock.now(), by.name
    db.session.flush()
    audit.record("terms.set", terms, by=by, form=form.value, fee_percent=fee_percent, returns_fee=returns_fee)
    return terms


def open_day(day_id: int) -> Day:
    """Inside a use case: the day, held until commit, as long as it may change.

    Raises:
        NotFound, DayTiedOut, TooEarly: it may not.
    """
    day = queries.lock_day(day_id)
    if day.is_confirmed:
        raise DayTiedOut(on=day.on.isoformat())
    if day.on >= clock.today():
        raise TooEarly
    return day


def _ask_later(day: Day, why: str) -> None:
    minutes = WAITS[min(day.tries, len(WAITS) - 1)]
    day.tries += 1
    day.note = why[:100]
    day.ask_at = clock.now() + timedelta(minutes=minutes) if day.tries < MOST_TRIES else None


def _if_nobody_compares() -> datetime:
    """When a day is fetched again whose comparison did not follow: the process ended in between."""
    return clock.now() + timedelta(minutes=WAITS[0])


def _bytes(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error as failure:
        raise InvalidInput({"content": [gettext("Please choose a file.")]}) from failure


def _kept(merchant_id: int, on: date, content: bytes, form: Form, origin: Origin, by: Actor) -> StatementFile:
    """The file as it was kept before, or kept now."""
    digest = sha256(content).hexdigest()
    same = (StatementFile.on == on, StatementFile.digest == digest, StatementFile.form == form)
    known = db.session.scalar(select(StatementFile).where(StatementFile.merchant_id == merchant_id, *same))
    if known is not None:
        return known
    file = StatementFile(
        merchant_id=merchant_id,
        on=on,
        form=form,
        origin=origin,
        digest=digest,
        content=content,
        came_at=clock.now(),
        came_by=by.name,
    )
    try:
        file.repeated_count = len(read_statement(content, form).repeated)
    except StatementRefused as refusal:
        file.fault, file.detail = refusal.fault, refusal.detail[:100]
    db.session.add(file)
    db.session.flush()
    return file
