"""Conductors for catalogues and mappings: page by page down, batch by batch up."""

from collections.abc import Callable, Iterator
from typing import Any

from app.actor import Actor
from app.db import tenant_unit
from modules.insurance import queries
from modules.insurance.gateways.insurer import Deadline
from modules.insurance.rules.messages import NotUnderstood
from modules.insurance.services import catalogue, steps
from modules.insurance.services.facts import CataloguePart
from modules.insurance.services.talking import Conversation, begin, tenant_id_of

CATALOGUES = ("1301", "1302", "1305", "1306")  # Western and patent drugs, herbs, services, consumables
CEILINGS, SELF_PAY = "1318", "1319"
PAGE_SIZE = 50
MOST_PAGES = 20_000
UPLOADED_AT_ONCE = 50
Step = Callable[[int, int], bool]  # done, of how many; False: somebody wants it to stop


def download_catalogue(*, by: Actor, step: Step = lambda done, of: True) -> int:
    """Fetch the insurer's catalogues with price ceilings (1318) and self-pay shares (1319); returns how many items.

    Each page is kept as it comes: a download that breaks off is begun again without harm.

    Raises:
        NotConnected, InsurerAway, InsurerRefused: it breaks off.
    """
    talk = begin(by)
    talk.sign_in()
    kept = 0
    for number, trade in enumerate((*CATALOGUES, CEILINGS, SELF_PAY)):
        for rows in _pages(talk, trade):
            parts = [CataloguePart.of(row) for row in rows]
            catalogue.store_catalogue_page(trade=trade, parts=parts, by=by)
            kept += len(parts) if trade in CATALOGUES else 0
        if not step(number + 1, len(CATALOGUES) + 2):
            break
    steps.note_exchanges(settlement_id=None, exchanges=talk.kept()[-60:], by=by)
    return kept


def _pages(talk: Conversation, trade: str) -> Iterator[list[dict[str, Any]]]:
    for number in range(1, MOST_PAGES):
        talk.deadline = Deadline()  # nobody stands at a desk; each page has its own time
        told = talk.must(
            trade, {"data": {"page_num": number, "page_size": PAGE_SIZE, "updt_time": "2000-01-01"}}
        )
        del talk.said[:]  # public catalogues by the thousand are not kept word for word
        rows = told.get("data")
        if not isinstance(rows, list):
            raise NotUnderstood(trade)
        yield rows
        if told.get("lastPage") or not rows:
            return


def upload_mappings(*, by: Actor) -> int:
    """Tell the insurer of mappings it does not know yet (3301); returns how many.

    Raises:
        NotConnected, InsurerAway, InsurerRefused: none of the present batch is marked.
    """
    talk = begin(by)
    talk.sign_in()
    with tenant_unit(tenant_id_of(by)):
        waiting = [row for row in queries.list_mappings() if not row.is_uploaded]
    for start in range(0, len(waiting), UPLOADED_AT_ONCE):
        batch = waiting[start : start + UPLOADED_AT_ONCE]
        talk.deadline = Deadline()
        told = [
            {
                "fixmedins_hilist_id": row.item_code,
                "fixmedins_hilist_name": row.national_name,
                "list_type": row.item_kind.value,
                "med_list_codg": row.national_code,
                "begndate": row.valid_from.isoformat(),
                "enddate": "",
            }
            for row in batch
        ]
        talk.must("3301", {"data": told})
        catalogue.mark_uploaded(mapping_ids=[row.id for row in batch], by=by)
    if talk.said:
        steps.note_exchanges(settlement_id=None, exchanges=talk.kept()[-60:], by=by)
    return len(waiting)


def cancel_mapping(mapping_id: int, *, by: Actor) -> None:
    """End a mapping from today on, after telling the insurer if it knows of it (3302).

    Raises:
        NotConnected, InsurerAway, InsurerRefused: the insurer knows of it and was not told; nothing has changed.
    """
    with tenant_unit(tenant_id_of(by)):
        row = queries.get_mapping(mapping_id)
    if row.is_uploaded:
        talk = begin(by)
        talk.sign_in()
        told = {"fixmedins_hilist_id": row.item_code, "med_list_codg": row.national_code}
        talk.must("3302", {"data": [told]})
        steps.note_exchanges(settlement_id=None, exchanges=talk.kept(), by=by)
    catalogue.end_mapping(mapping_id=mapping_id, by=by)
