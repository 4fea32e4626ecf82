"""What typeaheads ask: ``GET /lookup/<kind>?q=`` → at most eight rows."""

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import ModuleOff, NotFound
from app.i18n import gettext
from app.registry import installed
from app.web.access import check, current_actor, modules_on, signed_in

blueprint = Blueprint("lookups", __name__)
LONGEST = 60


@blueprint.get("/lookup/<string:kind>")
@signed_in
def look_up(kind: str) -> ResponseReturnValue:
    """Rows for a typeahead, the likeliest first."""
    query = request.args.get("q", "").strip()[:LONGEST]
    if kind == "palette":
        return jsonify(rows=_palette(query))
    if kind not in installed().lookups:
        raise NotFound
    module, lookup = installed().lookups[kind]
    if module not in modules_on():
        raise ModuleOff(module=module)
    check(lookup.permission)
    if current_actor().tenant_id is None:
        raise NotFound  # they look into rows of a centre
    context = {key: value for key, value in request.args.items() if key != "q"}
    return jsonify(rows=lookup.find(query, current_actor(), context)[:8])


def _palette(query: str) -> list[dict[str, object]]:
    """Pages first, then whatever the modules' palette lookups find."""
    actor, on = current_actor(), modules_on()
    rows: list[dict[str, object]] = []
    for module in installed().modules.values():
        if module.name not in on:
            continue
        for entry in module.menu:
            label = gettext(entry.label)
            if (
                actor.may(entry.permission)
                and query.lower() in f"{label} {entry.label} {entry.endpoint}".lower()
            ):
                rows.append(
                    {
                        "id": entry.endpoint,
                        "text": label,
                        "columns": [],
                        "extra": {"url": url_for(entry.endpoint)},
                    }
                )
    for kind, (module_name, lookup) in installed().lookups.items():
        if (
            kind.startswith("palette-")
            and module_name in on
            and query
            and actor.tenant_id is not None
            and actor.may(lookup.permission)
        ):
            rows = lookup.find(query, actor, {}) + rows
    return rows[:8]
