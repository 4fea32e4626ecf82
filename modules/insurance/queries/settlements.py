"""Insured settlements, people and visits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, func, select

from app import clock
from app.actor import Actor
from app.db import Page, db, lock_row, page_by_key
from app.errors import NotFound
from modules.insurance.errors import NotConnected
from modules.insurance.models import (
    InsuranceConnection,
    InsuranceExchange,
    InsurancePerson,
    InsuranceSettlement,
    InsuranceSettlementLine,
    InsuranceVisit,
    SignIn,
    VisitState,
)
from modules.insurance.queries.catalogue import mappings_of, rule_on
from modules.insurance.queries.connection import Line, made_line
from modules.insurance.rules.split import Benefit, Split, Standing, Terms, split, split_line
from modules.insurance.rules.states import LIVE, PENDING, SettlementState


@dataclass(frozen=True, slots=True)
class Talk:
    """A settlement with everything a conductor says about it."""

    line: Line
    settlement: InsuranceSettlement
    visit: InsuranceVisit
    person: InsurancePerson


def talk_of(settlement_id: int, by: Actor) -> Talk:
    """A settlement with visit, person, connection and today's sign-in; one statement.

    Raises:
        NotConnected: the centre's connection is off, or there is no such settlement here.
    """
    signed = and_(SignIn.account_id == by.account_id, SignIn.on == clock.today())
    found = db.session.execute(
        select(InsuranceSettlement, InsuranceVisit, InsurancePerson, InsuranceConnection, SignIn.sign_no)
        .join(InsuranceVisit, InsuranceVisit.id == InsuranceSettlement.visit_row_id)
        .join(InsurancePerson, InsurancePerson.id == InsuranceSettlement.person_id)
        .join(InsuranceConnection, InsuranceConnection.tenant_id == InsuranceSettlement.tenant_id)
        .outerjoin(SignIn, signed)
        .where(InsuranceSettlement.id == settlement_id, InsuranceConnection.is_active)
    ).first()
    if found is None:
        raise NotConnected
    settlement, visit, person, connection, sign_no = found
    return Talk(made_line(connection, by, sign_no or ""), settlement, visit, person)


def get_settlement(settlement_id: int) -> InsuranceSettlement:
    """The settlement, or NotFound."""
    found = db.session.get(InsuranceSettlement, settlement_id)
    if found is None:
        raise NotFound(field="settlement_id")
    return found


def schemes_of(settlement_ids: Iterable[int]) -> dict[int, str]:
    """Settlement → the kind of insurance that pays (insutype). One statement for each 500."""
    wanted, found = sorted(set(settlement_ids)), {}
    for start in range(0, len(wanted), 500):
        statement = select(InsuranceSettlement.id, InsuranceSettlement.insutype).where(
            InsuranceSettlement.id.in_(wanted[start : start + 500])
        )
        found.update({row[0]: row[1] for row in db.session.execute(statement)})
    return found


def lock_settlement(settlement_id: int) -> InsuranceSettlement:
    """The settlement, held until commit."""
    found = lock_row(InsuranceSettlement, settlement_id)
    if found is None:
        raise NotFound(field="settlement_id")
    return found


def find_live(subject_kind: str, subject_id: int) -> InsuranceSettlement | None:
    """The settlement of a subject that is not over."""
    return db.session.scalar(
        select(InsuranceSettlement).where(
            InsuranceSettlement.subject_kind == subject_kind,
            InsuranceSettlement.subject_id == subject_id,
            InsuranceSettlement.state.in_(LIVE),
        )
    )


def find_open_visit(visit_id: int) -> InsuranceVisit | None:
    """The visit as it stands with the insurer."""
    return db.session.scalar(
        select(InsuranceVisit).where(
            InsuranceVisit.visit_id == visit_id, InsuranceVisit.state == VisitState.OPEN
        )
    )


def find_person(patient_id: int) -> InsurancePerson | None:
    """What the insurer said last about a resident."""
    return db.session.scalar(
        select(InsurancePerson)
        .where(InsurancePerson.patient_id == patient_id)
        .order_by(InsurancePerson.id.desc())
        .limit(1)
    )


def standing_of(patient_id: int) -> tuple[bool, InsurancePerson | None]:
    """Whether the centre is connected to an insurer, and what that said last about a resident. One statement."""
    last = (
        select(func.max(InsurancePerson.id)).where(InsurancePerson.patient_id == patient_id).scalar_subquery()
    )
    statement = select(InsuranceConnection.id, InsurancePerson).outerjoin(
        InsurancePerson, InsurancePerson.id == last
    )
    row = db.session.execute(statement.where(InsuranceConnection.is_active)).first()
    return (False, None) if row is None else (True, row[1])


def person_of(person_id: int) -> InsurancePerson:
    """One answer about a person."""
    return db.session.get_one(InsurancePerson, person_id)


def lines_of(settlement_id: int) -> list[InsuranceSettlementLine]:
    """The fee lines of a settlement, in their order."""
    return list(
        db.session.scalars(
            select(InsuranceSettlementLine)
            .where(InsuranceSettlementLine.settlement_id == settlement_id)
            .order_by(InsuranceSettlementLine.id)
        )
    )


def list_settlements(
    *, states: Iterable[SettlementState] = (), on: date | None = None, before: int | None = None
) -> Page[InsuranceSettlement]:
    """Insured settlements, the newest first."""
    statement = select(InsuranceSettlement)
    if wanted := list(states):
        statement = statement.where(InsuranceSettlement.state.in_(wanted))
    if on is not None:
        statement = statement.where(InsuranceSettlement.on == on)
    return page_by_key(statement, InsuranceSettlement.id, before=before)


def due_settlements(limit: int = 20) -> list[int]:
    """Settlements whose end is unknown and whose turn to be asked about has come."""
    return list(
        db.session.scalars(
            select(InsuranceSettlement.id)
            .where(InsuranceSettlement.state.in_(PENDING), InsuranceSettlement.ask_at <= clock.now())
            .order_by(InsuranceSettlement.ask_at, InsuranceSettlement.id)
            .limit(limit)
        )
    )


def centres_due(now: datetime) -> list[Select[Any]]:
    """Statements for the centres in which a settlement is to be asked about, see ``app.pursuit``."""
    due = (InsuranceSettlement.state.in_(PENDING), InsuranceSettlement.ask_at <= now)
    return [select(InsuranceSettlement.tenant_id).where(*due).distinct()]


def ids_in(*states: SettlementState) -> Select[Any]:
    """Settlements in some states, for the conditions of a room above."""
    return select(InsuranceSettlement.id).where(InsuranceSettlement.state.in_(states))


def subjects_asked_since(subject_kind: str, since: datetime) -> Select[Any]:
    """Subjects that the insurer was asked to reckon since a moment, for the conditions of a room above."""
    return select(InsuranceSettlement.subject_id).where(
        InsuranceSettlement.subject_kind == subject_kind, InsuranceSettlement.asked_at > since
    )


def exchanges_of(settlement_id: int) -> list[InsuranceExchange]:
    """All that was said about a settlement."""
    return list(
        db.session.scalars(
            select(InsuranceExchange)
            .where(InsuranceExchange.settlement_id == settlement_id)
            .order_by(InsuranceExchange.id)
            .limit(200)
        )
    )


def get_exchange(exchange_id: int) -> InsuranceExchange:
    """One message and its answer, or NotFound."""
    found = db.session.get(InsuranceExchange, exchange_id)
    if found is None:
        raise NotFound(field="exchange_id")
    return found


def patient_of_exchange(exchange: InsuranceExchange) -> int | None:
    """Whose settlement a message was about; None for what was said before there was one."""
    if exchange.settlement_id is None:
        return None
    return person_of(get_settlement(exchange.settlement_id).person_id).patient_id


def estimate(settlement: InsuranceSettlement) -> Split | None:
    """What the insurer will probably answer, by the rules of the region; None without a rule.

    What the person has used this year only the insurer knows, so a cap or deductible may be judged too kindly.
    """
    person = person_of(settlement.person_id)
    rule = rule_on(person.insutype, settlement.med_type, settlement.on)
    if rule is None:
        return None
    lines = lines_of(settlement.id)
    known = mappings_of({(line.item_kind, line.item_code) for line in lines}, on=settlement.on)
    shares = []
    for line in lines:
        mapped = known.get((line.item_kind, line.item_code))
        terms = (
            Terms(level=mapped.level, self_pay=mapped.self_pay_ratio, ceiling=mapped.ceiling)
            if mapped
            else Terms()
        )
        shares.append(split_line(amount=line.amount, price=line.price, quantity=line.quantity, terms=terms))
    benefit = Benefit(
        deductible=rule.deductible_amount, ratio=rule.ratio, cap=rule.cap_amount, aid_ratio=rule.aid_ratio
    )
    standing = Standing(balance=person.account_balance)
    return split(shares, benefit, standing, uses_account=settlement.uses_account)


def count_deferred() -> int:
    """How many settlements were put off."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(InsuranceSettlement)
            .where(InsuranceSettlement.state == SettlementState.DEFERRED)
        )
        or 0
    )


def people_of(person_ids: Iterable[int]) -> dict[int, InsurancePerson]:
    """Insured people of a list; one statement."""
    wanted = sorted(set(person_ids))
    if not wanted:
        return {}
    rows = db.session.scalars(select(InsurancePerson).where(InsurancePerson.id.in_(wanted)))
    return {row.id: row for row in rows}
