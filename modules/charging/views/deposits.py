"""Receipts of deposits, and the way to them from the prepaid account."""

from typing import Any

from flask import g, render_template
from flask.typing import ResponseReturnValue

from app import audit
from app.printing import paper_answer
from app.web.access import current_actor, requires
from modules.charging import documents, queries
from modules.charging.views.pages import blueprint


@blueprint.get("/deposits/<int:deposit_id>/paper")
@requires("charging.receipt.print")
@audit.reading("deposit.read")
def show_deposit_paper(deposit_id: int) -> ResponseReturnValue:
    """The receipt of a deposit that was taken or given back, as a PDF."""
    deposit = queries.get_deposit(deposit_id)
    audit.seen(deposit)
    return paper_answer(documents.deposit_paper(deposit_id), f"deposit-{deposit.number}")


def deposit_receipt(entry: Any = None, entries: Any = (), **_: Any) -> str:
    """The receipt of one movement of a prepaid account; the whole page is asked once."""
    if entry is None or not current_actor().may("charging.receipt.print"):
        return ""
    known = g.get("charging_deposits")
    if known is None:
        known = g.charging_deposits = queries.deposits_of_entries(row.id for row in entries)
    deposit = known.get(entry.id)
    return render_template("charging/deposit_receipt.html", deposit=deposit) if deposit else ""
