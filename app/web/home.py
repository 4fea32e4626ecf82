"""The home page of each role: what waits for me."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.registry import installed
from app.web.access import current_actor, current_tenant, find_actor, public, signed_in

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@public
def begin() -> ResponseReturnValue:
    """Where a browser starts."""
    return redirect(url_for(".show_home" if find_actor() else "sessions.sign_in"), 303)


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
