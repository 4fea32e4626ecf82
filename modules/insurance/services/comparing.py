"""Comparing a day with the insurer's books: totals first (3201), details where they differ (3202)."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from modules.insurance import queries
from modules.insurance.errors import InsurerAway
from modules.insurance.gateways.insurer import Deadline
from modules.insurance.queries import Settled
from modules.insurance.rules import trades
from modules.insurance.rules.messages import NotUnderstood, amount_of
from modules.insurance.services import steps
from modules.insurance.services.talking import Conversation, begin, tenant_id_of

KINDS = ("310", "390")  # insurances whose totals are asked for even on a day without a settlement of ours
CLEARING = "11"  # outpatient care
THEIRS_ONLY, OURS_ONLY, DIFFERS = "1", "2", "3"  # results of 3202
_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Compared:
    """What the insurer says of a day: its sum (funds and accounts), and each settlement that is not as ours."""

    ours: Annotated[tuple[Settled, ...], Field(max_length=20_000)]
    theirs: Decimal
    results: dict[str, str]  # number at the insurer → THEIRS_ONLY, OURS_ONLY or DIFFERS
    amounts: dict[str, Decimal]  # of those that differ, as the insurer has them


def compare_day(on: date, *, by: Actor) -> Compared:
    """Compare a day; nothing changes there.

    Raises:
        NotConnected, InsurerAway, InsurerRefused: nothing is known.
    """
    talk = begin(by)
    try:
        talk.sign_in()
        return _compared(talk, on)
    except NotUnderstood as fault:
        raise InsurerAway from fault
    finally:
        steps.note_exchanges(settlement_id=None, exchanges=talk.kept()[-60:], by=by)


def _compared(talk: Conversation, on: date) -> Compared:
    with tenant_unit(tenant_id_of(talk.by)):
        ours = queries.settled_between(*clock.day_bounds(on))
    theirs, is_even = _ZERO, True
    for insutype in sorted({*KINDS, *(row.insutype for row in ours)}):
        talk.deadline = Deadline()  # nobody stands at a desk
        rows = [row for row in ours if row.insutype == insutype]
        told = talk.must("3201", {"data": _totals(rows, on, talk) | {"insutype": insutype}})
        info = told.get("stmtinfo") or {}
        theirs += amount_of(info.get("fund_pay_sumamt"))
        theirs += _ZERO if talk.line.fund_includes_account else amount_of(info.get("acct_pay"))
        is_even = is_even and str(info.get("stmt_rslt")) == "0"
    if is_even:
        return Compared(tuple(ours), theirs, {}, {})
    results = _details(talk, ours, on)
    amounts = {row.setl_id: _amount(talk, row) for row in ours if results.get(row.setl_id) == DIFFERS}
    return Compared(tuple(ours), theirs, results, amounts)


def _totals(rows: Sequence[Settled], on: date, talk: Conversation) -> dict[str, Any]:
    return {
        "clr_type": CLEARING,
        "setl_optins": talk.line.sender.region,
        "stmt_begndate": on.isoformat(),
        "stmt_enddate": on.isoformat(),
        "medfee_sumamt": sum((row.total for row in rows), _ZERO),
        "fund_pay_sumamt": sum((_fund(row, talk) for row in rows), _ZERO),
        "acct_pay": sum((row.account for row in rows), _ZERO),
        "fixmedins_setl_cnt": len(rows),
    }


def _fund(row: Settled, talk: Conversation) -> Decimal:
    return row.fund + (row.account if talk.line.fund_includes_account else _ZERO)


def _details(talk: Conversation, ours: Sequence[Settled], on: date) -> dict[str, str]:
    text = "".join(
        f"{row.person_no}\t{row.mdtrt_id}\t{row.setl_id}\t{row.total}\t{_fund(row, talk)}\t{row.account}\n"
        for row in ours
    )
    talk.deadline = Deadline()
    sent = {"in": base64.b64encode(text.encode()).decode(), "filename": f"{on:%Y%m%d}.txt"}
    number = talk.must("9101", {"fsUploadIn": sent}).get("file_qury_no", "")
    told = talk.must("3202", {"data": _totals(ours, on, talk) | {"file_qury_no": number}})
    return {str(row["setl_id"])[:40]: str(row["stmt_rslt"]) for row in told.get("fileinfo") or []}


def _amount(talk: Conversation, row: Settled) -> Decimal:
    """What the insurer has of a settlement that differs (5203)."""
    talk.deadline = Deadline()
    names = {"mdtrt_id": row.mdtrt_id, "person_no": row.person_no, "setl_id": row.setl_id}
    info = (
        trades.found_settlement(talk.must("5203", trades.settled_asked(**names)), setl_id=row.setl_id) or {}
    )
    account = _ZERO if talk.line.fund_includes_account else amount_of(info.get("acct_pay") or 0)
    return amount_of(info.get("fund_pay_sumamt") or 0) + account
