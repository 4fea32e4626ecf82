"""The storeroom: balances, near expiry, receipts, transfers, stock card, documents."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.actor import Actor
from app.errors import NotFound
from app.i18n import gettext
from app.money import format_quantity
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.catalogue import queries as catalogue
from modules.dispensing import queries, services
from modules.dispensing.models import Location
from modules.dispensing.rules.batches import expiry_alert, split_into_packs
from modules.dispensing.views.pages import blueprint

EXPIRY_DAYS = {6: 183, 3: 92, 1: 30}


@blueprint.get("/stock")
@requires("dispensing.stock.view")
def show_stock() -> ResponseReturnValue:
    """What lies at a place."""
    locations, here = _here()
    typed, before = request.args.get("q", ""), request.args.get("before", type=int)
    page = queries.list_balances(here.id, text=typed, before=before, size=40)
    urls = {
        "previous_url": "" if page.is_first else url_for(".show_stock", location=here.id, q=typed),
        "next_url": url_for(".show_stock", location=here.id, q=typed, before=page.next_before)
        if page.next_before
        else "",
    }
    return _page("balances", locations, here, rows=page.rows, urls=urls, q=typed)


@blueprint.get("/stock/near-expiry")
@requires("dispensing.stock.view")
def show_near_expiry() -> ResponseReturnValue:
    """What ends within six months (or three, or one), or has ended."""
    locations, here = _here()
    asked = request.args.get("months", type=int)
    months = asked if asked in EXPIRY_DAYS else 6
    rows = queries.list_near_expiry(here.id, within_days=EXPIRY_DAYS[months])
    return _page("expiry", locations, here, rows=rows, urls={}, q="", months=months)


@blueprint.get("/stock/card")
@requires("dispensing.stock.view")
def show_card() -> ResponseReturnValue:
    """The stock card of a drug, or the bin card of one batch."""
    locations, here = _here()
    drug = catalogue.get_drug(request.args.get("drug_id", type=int) or 0)
    ends_on = _day("ends_on", clock.today())
    begins_on = _day("begins_on", ends_on - timedelta(days=30))
    batch_id = request.args.get("batch_id", type=int)
    card = queries.stock_card(
        location_id=here.id, drug_id=drug.id, begins_on=begins_on, ends_on=ends_on, batch_id=batch_id
    )
    return render_template(
        "dispensing/card.html",
        locations=locations,
        here=here,
        drug=drug,
        card=card,
        begins_on=begins_on,
        ends_on=ends_on,
        batch_id=batch_id,
    )


@blueprint.get("/stock/documents")
@requires("dispensing.stock.view")
def list_documents() -> ResponseReturnValue:
    """Documents of a place, the latest first."""
    locations, here = _here()
    page = queries.list_documents(here.id, before=request.args.get("before", type=int), size=40)
    urls = {
        "previous_url": "" if page.is_first else url_for(".list_documents", location=here.id),
        "next_url": url_for(".list_documents", location=here.id, before=page.next_before)
        if page.next_before
        else "",
    }
    return _page("documents", locations, here, rows=page.rows, urls=urls, q="")


@blueprint.get("/stock/documents/<int:document_id>")
@requires("dispensing.stock.view")
def show_document(document_id: int) -> ResponseReturnValue:
    """One document with its lines."""
    return document_page(document_id)


def document_page(document_id: int, form: Form | None = None) -> str:
    """A document, and the codes of the packs that came in or moved with it."""
    document = queries.get_document(document_id)
    is_receipt, is_move = document.kind in services.COLLECTED_AT, document.kind in services.MOVED_WITH
    use_case = services.collect_codes if is_receipt else services.move_codes
    return render_template(
        "dispensing/document.html",
        document=document,
        moves=queries.moves_of(document_id),
        places={location.id: location.name for location in queries.list_locations()},
        form=form or Form(use_case, document_id=document_id),
        collected=queries.collected(document_id) if is_receipt else None,
        noted=queries.noted_on(document_id) if is_move else None,
    )


@blueprint.get("/stock/receipts/new")
@requires("dispensing.stock.receive")
def new_receipt() -> ResponseReturnValue:
    """An empty receipt."""
    return _entry("receipt", Form(services.receive_stock))


@blueprint.post("/stock/receipts")
@requires("dispensing.stock.receive")
def receive_stock() -> ResponseReturnValue:
    """Post a receipt."""
    return _post("receipt", services.receive_stock)


@blueprint.get("/stock/openings/new")
@requires("dispensing.stock.receive")
def new_opening() -> ResponseReturnValue:
    """An empty opening document."""
    return _entry("opening", Form(services.post_opening_stock))


@blueprint.post("/stock/openings")
@requires("dispensing.stock.receive")
def post_opening_stock() -> ResponseReturnValue:
    """Post an opening document."""
    return _post("opening", services.post_opening_stock)


@blueprint.get("/stock/transfers/new")
@requires("dispensing.stock.transfer")
def new_transfer() -> ResponseReturnValue:
    """An empty transfer."""
    return _entry("transfer", Form(services.transfer_stock))


@blueprint.post("/stock/transfers")
@requires("dispensing.stock.transfer")
def transfer_stock() -> ResponseReturnValue:
    """Post a transfer."""
    return _post("transfer", services.transfer_stock)


@blueprint.post("/locations")
@requires("dispensing.location.manage")
def set_up_location() -> ResponseReturnValue:
    """Set up every pharmacy and storeroom department that has no place yet."""
    services.set_up_all_locations(by=current_actor())
    return redirect(url_for(".show_stock"), 303)


def _post(kind: str, use_case: Callable[..., Any]) -> ResponseReturnValue:
    form = Form(use_case, request.form)
    document = form.perform(by=current_actor())
    if document is None:
        return _entry(kind, form), 422
    flash(gettext("Posted: document %(number)s", number=document.number), "ok")
    return redirect(url_for(".show_document", document_id=document.id), 303)


def _entry(kind: str, form: Form) -> str:
    return render_template(
        "dispensing/entry.html",
        kind=kind,
        form=form,
        locations=queries.list_locations(),
        lines=form.lines("lines"),
    )


def _here() -> tuple[list[Location], Location]:
    locations = queries.list_locations()
    if not locations:
        raise NotFound
    by, wanted = current_actor(), request.args.get("location", type=int)
    own = [row for row in locations if row.department_id == by.department_id]
    chosen = [row for row in locations if row.id == wanted] or own or locations
    return locations, chosen[0]


def _day(name: str, default: date) -> date:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return default


def _page(tab: str, locations: list[Location], here: Location, **facts: Any) -> str:
    return render_template(
        "dispensing/stock.html",
        tab=tab,
        locations=locations,
        here=here,
        alert=lambda batch: expiry_alert(batch.expires_on, today=clock.today()),
        split=split_into_packs,
        **facts,
    )


def find_stock_drugs(q: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Drugs for receipts and transfers, with what lies at the chosen place."""
    drugs = catalogue.search_drugs(q, limit=8)
    location_id = int(context["location_id"]) if context.get("location_id", "").isdigit() else None
    stock = queries.stock_at(location_id, (drug.id for drug in drugs)) if location_id else {}
    return [
        {
            "id": str(drug.id),
            "code": drug.code,
            "text": drug.name,
            "columns": [
                drug.strength,
                f"{drug.pack_factor} {drug.min_unit}/{drug.pack_unit}",
                f"{format_quantity(stock[drug.id])} {drug.min_unit}" if drug.id in stock else "",
            ],
            "blocked": "",
            "mark": "",
            "extra": {
                "spec": drug.strength,
                "pack_unit": drug.pack_unit,
                "min_unit": drug.min_unit,
                "factor": drug.pack_factor,
            },
        }
        for drug in drugs
    ]
