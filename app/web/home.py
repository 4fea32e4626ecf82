"""The home page of each role: what waits for me."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.actor import Actor
from app.i18n import gettext
from app.registry import FIRST_ROWS, Heap, Module, Waiting, installed
from app.tenancy import setting
from app.web.access import current_actor, find_actor, modules_on, public, signed_in

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@public
def begin() -> ResponseReturnValue:
    """Where a browser starts: the first page of one's role, the centre's, or the home page: the first one may open."""
    actor = find_actor()
    if actor is None:
        return redirect(url_for("sessions.sign_in"), 303)
    open_to_me = {
        entry.endpoint
        for module in installed().modules.values()
        for entry in (module.menu if module.name in modules_on() else ())
        if actor.may(entry.permission)
    }
    for name in (*(f"start_page.{role}" for role in actor.roles), "start_page"):
        wanted = setting(actor.tenant_id, name, "")
        if wanted in open_to_me:
            return redirect(url_for(wanted), 303)
    return redirect(url_for(".show_home"), 303)


@blueprint.get("/home")
@signed_in
def show_home() -> ResponseReturnValue:
    """What waits for this actor: numbers, the first rows behind them, and one small chart."""
    actor = current_actor()
    if actor.tenant_id is None:
        return _district_home(actor)
    tiles = _tiles(actor)
    return render_template(
        "home.html",
        tiles=tiles,
        lists=[tile for tile in tiles if tile["rows"]],
        done=[tile for tile in tiles if tile["rows"] == []],
        plot=_plot(actor),
    )


def _district_home(actor: Actor) -> ResponseReturnValue:
    """The district's people begin on the first page of their menu."""
    entries = [entry for module in installed().modules.values() for entry in module.menu]
    mine = sorted((entry for entry in entries if actor.may(entry.permission)), key=lambda entry: entry.order)
    first = mine[0].endpoint if mine else "own_account.show_own"
    return redirect(url_for(first), 303)


def _tiles(actor: Actor) -> list[dict[str, Any]]:
    mine = [tile for module in _modules_on() for tile in module.waiting if actor.may(tile.permission)]
    replaced = {tile.instead_of for tile in mine}
    shown = [tile for tile in mine if tile.endpoint not in replaced]
    return [_tile(tile, tile.count(actor)) for tile in sorted(shown, key=lambda tile: tile.order)]


def _tile(tile: Waiting, found: int | Heap) -> dict[str, Any]:
    heap = found if isinstance(found, Heap) else None
    return {
        "label": gettext(tile.label),
        "count": heap.count if heap else found,
        "url": url_for(tile.endpoint),
        "icon": tile.icon,
        "rows": None if heap is None else list(heap.rows)[:FIRST_ROWS],
        "nothing": gettext(tile.nothing) if tile.nothing else "",
    }


def _plot(actor: Actor) -> dict[str, Any] | None:
    for module in _modules_on():
        for plot in module.plots:
            if set(actor.roles) & set(plot.roles) and actor.may(plot.permission):
                return {
                    "label": gettext(plot.label),
                    "kind": plot.kind,
                    "columns": [gettext(column) for column in plot.columns],
                    "rows": plot.read(actor),
                    "nothing": gettext(plot.nothing) if plot.nothing else "",
                }
    return None


def _modules_on() -> list[Module]:
    on = modules_on()
    return [module for module in installed().modules.values() if module.name in on]


@blueprint.app_template_filter("brief_moment")
def brief_moment(at: datetime | date | None) -> str:
    """A moment of today as its time, another as day and time; a day as it is."""
    if at is None:
        return "—"
    if not isinstance(at, datetime):
        return at.isoformat()
    local = clock.local(at)
    return f"{local:%H:%M}" if local.date() == clock.today() else f"{local:%m-%d %H:%M}"
