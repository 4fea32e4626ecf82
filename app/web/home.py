"""The home page of each role: what waits for me."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.registry import installed
from app.tenancy import setting
from app.web.access import current_actor, current_tenant, find_actor, public, signed_in

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@public
def begin() -> ResponseReturnValue:
    """Where a browser starts: the centre's first page for those who may open it, else the home page."""
    actor = find_actor()
    if actor is None:
        return redirect(url_for("sessions.sign_in"), 303)
    wanted = setting(actor.tenant_id, "start_page", "")
    for module in installed().modules.values():
        for entry in module.menu if module.name in current_tenant().modules else ():
            if entry.endpoint == wanted and actor.may(entry.permission):
                return redirect(url_for(wanted), 303)
    return redirect(url_for(".show_home"), 303)


@blueprint.get("/home")
@signed_in
def show_home() -> ResponseReturnValue:
    """Numbers that wait for this actor, each a way to the page where they are worked off."""
    actor, modules_on = current_actor(), current_tenant().modules
    tiles = [
        {
            "label": gettext(tile.label),
            "count": tile.count(actor),
            "url": url_for(tile.endpoint),
            "icon": tile.icon,
        }
        for module in installed().modules.values()
        if module.name in modules_on
        for tile in module.waiting
        if actor.may(tile.permission)
    ]
    return render_template("home.html", tiles=tiles)
