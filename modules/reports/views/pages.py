"""The blueprint of the reports, and what its pages share: what is asked, and one template for every table."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for

from app import clock
from app.actor import Actor
from app.errors import NotFound
from app.i18n import gettext
from app.web.access import current_actor
from app.web.days import typed_day
from modules.catalogue import queries as catalogue
from modules.dispensing import queries as pharmacy
from modules.dispensing.queries import DocumentKind
from modules.reports import queries
from modules.reports.queries import Asked, By, Reach
from modules.reports.rules.days import Bucket, first_of
from modules.reports.rules.tables import Opening, Row, Table
from tenants import queries as tenants

blueprint = Blueprint("reports", __name__, template_folder="../templates", url_prefix="/reports")
KEPT = ("centre", "begins_on", "ends_on", "bucket", "station", "department", "drug_id")  # from page to page
PLACED = ("station", "department", "location")  # of one centre
OF_MONEY, OF_STOCK = (*KEPT, "by", "key"), (*KEPT, "kind", "location")


def asked() -> Asked:
    """What the address asks for; without days, this month."""
    told = request.args
    ours = _of_centre()
    ends_on = told.get("ends_on", type=typed_day) or clock.today()
    begins_on = told.get("begins_on", type=typed_day) or first_of(ends_on)
    return Asked(
        begins_on=min(begins_on, ends_on),
        ends_on=ends_on,
        centre=told.get("centre", ""),
        by=_choice(By, "by"),
        key=told.get("key"),
        bucket=_choice(Bucket, "bucket") or Bucket.DAY,
        station_id=ours.get("station"),
        department_id=ours.get("department"),
        kind=_choice(DocumentKind, "kind"),
        location_id=ours.get("location"),
        drug_id=told.get("drug_id", type=int),
    )


def _of_centre() -> dict[str, int]:
    """Station, department and place of the address, as far as the chosen centre has them.

    The filters of a page stay typed when another centre is chosen on it; what they named there is passed over, or
    figures would be narrowed by something no filter shows.
    """
    typed = {name: value for name in PLACED if (value := request.args.get(name, type=int)) is not None}
    centre = queries.reach_of(current_actor(), request.args.get("centre", "")).one if typed else None
    if centre is None:
        return {}
    with queries.reading(centre.id):
        own = {
            "station": {row.id for row in tenants.list_stations()},
            "department": {row.id for row in tenants.all_departments()},
            "location": {row.id for row in pharmacy.list_locations()} | {pharmacy.IN_TRANSIT},
        }
    return {name: value for name, value in typed.items() if value in own[name]}


def _choice(choices: Any, name: str) -> Any:
    value = request.args.get(name, "")
    return choices(value) if value in {choice.value for choice in choices} else None


def opened(row: Row) -> str:
    """The address of what a row opens, with the days and filters of this page; empty when it may not be opened."""
    return address_of(row.opens) if row.opens is not None else ""


def address_of(opens: Opening) -> str:
    """The address of a page behind a figure; empty for who may not open it."""
    if "." in opens.page:  # another room's page, which knows only centres
        is_ours = current_actor().may("charging.bill.view") and current_actor().tenant_id is not None
        told: dict[str, Any] = dict(opens.asked)
        return url_for(opens.page, **told) if is_ours else ""
    if opens.page in PAPERS and not current_actor().may("reports.paper.open"):
        return ""
    kept: tuple[str, ...] = OF_MONEY if opens.page in MONEY_PAGES else OF_STOCK
    if "centre" in opens.asked:
        kept = tuple(name for name in kept if name not in PLACED)
    return url_for(f"reports.{opens.page}", **{**told_of(kept), **opens.asked})


def told_of(names: tuple[str, ...]) -> dict[str, Any]:
    """What the address says of these."""
    return {name: request.args[name] for name in names if request.args.get(name) is not None}


PAPERS = ("show_receipt", "show_prescription", "list_prescriptions")
MONEY_TABS = ("income", "refunds", "arrears")
MONEY_PAGES = ("show_income", "show_refunds", "list_receipts", "show_receipt")


def page_of(
    tab: str,
    reach: Reach,
    told: Asked,
    table: Table,
    *,
    urls: Mapping[str, str] | None = None,
    facts: list[tuple[str, str]] | None = None,
    filters: tuple[str, ...] = (),
) -> str:
    """A report on the screen."""
    is_summed = bool(filters) and tab != "arrears"
    return render_template(
        "reports/report.html",
        tab=tab,
        reach=reach,
        asked=told,
        table=table,
        opened=opened,
        address_of=address_of,
        as_of=queries.as_of(reach, told.begins_on, told.ends_on) if is_summed else None,
        urls=urls,
        facts=facts or [],
        filters=filters,
        choices=_choices(reach, filters),
        kept=_kept(),
        told=told_of(OF_MONEY if tab in MONEY_TABS else OF_STOCK),
        drug_text=drug_text(told.drug_id) if "drug" in filters else "",
        own_centre=current_actor().tenant_id is not None,
    )


def _kept() -> dict[str, str]:
    return {name: request.args[name] for name in ("centre", "begins_on", "ends_on") if request.args.get(name)}


def _choices(reach: Reach, filters: tuple[str, ...]) -> dict[str, list[tuple[Any, str]]]:
    """Options of the filters of a page."""
    found: dict[str, list[tuple[Any, str]]] = {}
    if reach.is_district:
        found["centre"] = [(one.code, one.name) for one in queries.reach_of(current_actor()).centres]
    if reach.one is not None and "department" in filters:
        with queries.reading(reach.one.id):
            found["station"] = [(row.id, row.name) for row in tenants.list_stations()]
            found["department"] = [(row.id, row.name) for row in tenants.all_departments()]
    if reach.one is not None and "location" in filters:
        with queries.reading(reach.one.id):
            places = [(row.id, row.name) for row in pharmacy.list_locations()]
        found["location"] = [*places, (pharmacy.IN_TRANSIT, gettext("On the way"))]
    if "drug" in filters and (drug_id := request.args.get("drug_id", type=int)):
        found["drug_id"] = [(drug_id, drug_text(drug_id))]
    if "kind" in filters:
        found["kind"] = DocumentKind.options()
    return found


def find_drugs(text: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Drugs of the shared catalogue by code, name or initials."""
    return [
        {"id": str(drug.id), "code": drug.code, "text": drug.name, "columns": [drug.strength], "extra": {}}
        for drug in catalogue.search_drugs(text)[:8]
    ]


def drug_text(drug_id: int | None) -> str:
    """The name of the drug that is chosen."""
    return queries.drug_names({drug_id}).get(drug_id, "") if drug_id else ""


def one_centre() -> Reach:
    """The reader's own centre, or the one the district's reader has chosen.

    Raises:
        NotFound: none was chosen.
    """
    reach = queries.reach_of(current_actor(), request.args.get("centre", ""))
    if reach.one is None:
        raise NotFound(field="centre")
    return reach


def day_asked(name: str) -> date:
    """A day of the address, else today."""
    return request.args.get(name, type=typed_day) or clock.today()
