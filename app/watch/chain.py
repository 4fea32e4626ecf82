"""The trail as the watch reads it: what is new, as facts for the rules, and whether the chain still holds.

The rows are read by their numbers in the chain, so none is missed and none is read before it is sealed.
"""

from typing import Any

from sqlalchemy import false, select

from app import audit, clock
from app.accounts.models import Membership, SignIn
from app.db import db
from app.records import AuditRow, ControlAuditRow
from app.tenancy import DISTRICT
from app.watch.limits import CentreLimits
from app.watch.rules import Fact, Finding, Rule, hour_of, is_about_limits, roles_given

ROWS = 1000  # of one pass
AGAIN = 200  # old rows that a pass proves once more


class Seen:
    """The new rows as facts, and what is wrong with their chain."""

    def __init__(self, number: int, row_hash: str, sign_in_id: int) -> None:
        self.rows: list[Any] = []
        self.facts: list[Fact] = []
        self.findings: list[Finding] = []
        self.number, self.hash, self.sign_in_id = number, row_hash, sign_in_id


class Proof:
    """How far the slow second reading came."""

    def __init__(self, number: int, row_hash: str) -> None:
        self.number, self.hash = number, row_hash
        self.findings: list[Finding] = []
        self.moves = False


def read_new(partition: str, mark: Any) -> Seen:
    """Rows that were sealed since the mark, at most ``ROWS``, and in control the sign-ins since then."""
    seen = Seen(mark.seen_no, mark.seen_hash, mark.sign_in_id) if mark else Seen(0, "", 0)
    row = _row_type(partition)
    statement = select(row).where(row.sealed_no >= seen.number).order_by(row.sealed_no).limit(ROWS + 1)
    rows = list(db.session.scalars(statement))
    if seen.number:
        is_whole = bool(rows) and (rows[0].sealed_no, rows[0].row_hash) == (seen.number, seen.hash)
        if not is_whole:
            seen.findings.append(_broken(partition, seen.number, rows[0] if rows else None))
        rows = rows[1:] if is_whole or (rows and rows[0].sealed_no == seen.number) else rows
    seen.rows = rows[:ROWS]
    limits_of = CentreLimits()
    for one in seen.rows:
        if not audit.follows(one, seen.number, seen.hash) and not seen.findings:
            seen.findings.append(_broken(partition, one.sealed_no, one))
        seen.number, seen.hash = one.sealed_no, one.row_hash
        seen.facts.append(_fact(one, limits_of))
    if not partition:
        seen.facts += _sign_ins(seen, limits_of)
    return seen


def prove_again(partition: str, mark: Any) -> Proof:
    """Walk the old part of the chain slowly and for ever: a row that was changed years later is found, too."""
    proof = Proof(mark.proved_no, mark.proved_hash) if mark else Proof(0, "")
    if mark is None or not mark.seen_no:
        return proof
    row = _row_type(partition)
    statement = (
        select(row)
        .where(row.sealed_no > proof.number, row.sealed_no <= mark.seen_no)
        .order_by(row.sealed_no)
        .limit(AGAIN)
    )
    rows = list(db.session.scalars(statement))
    for one in rows:
        if not audit.follows(one, proof.number, proof.hash) and not proof.findings:
            proof.findings.append(_broken(partition, one.sealed_no, one))
        proof.number, proof.hash = one.sealed_no, one.row_hash
    if len(rows) < AGAIN:
        proof.number, proof.hash = 0, ""
    proof.moves = (proof.number, proof.hash) != (mark.proved_no, mark.proved_hash)
    return proof


def _row_type(partition: str) -> Any:
    return AuditRow if partition else ControlAuditRow


def _fact(row: Any, limits_of: CentreLimits) -> Fact:
    limits, local = limits_of.at(row.tenant_id, row.at)
    return Fact(
        no=row.sealed_no,
        tenant_id=row.tenant_id,
        at=row.at,
        local=local,
        account_id=row.account_id,
        name=row.actor_name,
        address=row.address,
        action=row.action,
        outcome=row.outcome,
        patient_id=row.patient_id,
        is_page=not row.use_case,
        roles=roles_given(row.action, row.detail),
        is_about_limits=is_about_limits(row.action, row.detail),
        limits=limits,
    )


def _sign_ins(seen: Seen, limits_of: CentreLimits) -> list[Fact]:
    """Sign-ins stand in control, whatever the partition of their centre: a move between two is found by them."""
    statement = (
        select(SignIn.id, SignIn.account_id, SignIn.started_at, SignIn.address, Membership.tenant_id)
        .join(Membership, Membership.id == SignIn.membership_id)
        .where(SignIn.id > seen.sign_in_id, SignIn.is_program == false())
        .order_by(SignIn.id)
        .limit(ROWS)
    )
    found = []
    for key, account_id, at, address, tenant_id in db.session.execute(statement):
        seen.sign_in_id = key
        limits, local = limits_of.at(tenant_id, at)
        found.append(
            Fact(
                no=seen.number,
                tenant_id=tenant_id,
                at=at,
                local=local,
                account_id=account_id,
                address=address,
                action="sign_in",
                limits=limits,
            )
        )
    return found


def _broken(partition: str, number: int, row: Any) -> Finding:
    at = clock.now()
    return Finding(
        rule=Rule.CHAIN,
        tenant_id=DISTRICT,
        subject=f"chain:{partition or 'control'}:{number}"[:100],
        since=hour_of(at) if row is None else row.at,
        at=at,
        account_id=0,
        name="",
        first_no=number,
        last_no=number,
    )
