"""The drug catalogue and the dictionaries on the screen."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import dictionaries
from app.actor import Actor
from app.i18n import N_, gettext
from app.money import format_quantity
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.catalogue import queries, services
from modules.catalogue.models import DrugKind

blueprint = Blueprint("catalogue", __name__, template_folder="templates", url_prefix="/catalogue")
SHOWN = 100
_LABELS = {
    "diagnosis": N_("Diagnoses (ICD-10)"),
    "frequency": N_("Frequencies"),
    "route": N_("Routes"),
    "ethnicity": N_("Ethnic groups"),
    "division": N_("Administrative divisions"),
}
_LIMITS = ("single_max", "daily_max")


@blueprint.get("/drugs")
@requires("catalogue.drug.view")
def show_drugs() -> ResponseReturnValue:
    """Drugs that match, the likeliest first."""
    text, kind = request.args.get("q", "").strip()[:60], request.args.get("kind", "")
    kinds = [DrugKind(kind)] if kind in set(DrugKind) else list(DrugKind)
    drugs = queries.search_drugs(text, kinds=kinds, limit=SHOWN + 1, active_only=False)
    return render_template(
        "catalogue/drugs.html",
        drugs=drugs[:SHOWN],
        has_more=len(drugs) > SHOWN,
        text=text,
        kind=kind,
        kinds=DrugKind.options(),
        shown=SHOWN,
    )


@blueprint.route("/drugs/<int:drug_id>", methods=["GET"])
@requires("catalogue.drug.view")
def show_drug(drug_id: int) -> ResponseReturnValue:
    """One drug with its limits."""
    return _drug_page(drug_id, None)


@blueprint.post("/drugs/<int:drug_id>")
@requires("catalogue.drug.change")
def change_drug(drug_id: int) -> ResponseReturnValue:
    """Change the limits of a drug."""
    queries.get_drug(drug_id)
    form = Form(services.change_drug_limits, request.form, drug_id=drug_id)
    if form.perform(by=current_actor()):
        flash(gettext("Saved."), "success")
        return redirect(url_for(".show_drug", drug_id=drug_id), 303)
    return _drug_page(drug_id, form), 422


def _drug_page(drug_id: int, form: Form | None) -> str:
    drug = queries.get_drug(drug_id)
    start = {name: getattr(drug, name) for name in services.CHANGEABLE}
    start |= {name: format_quantity(start[name]) for name in _LIMITS if start[name] is not None}
    may_change = current_actor().may("catalogue.drug.change")
    shown = form or Form(services.change_drug_limits, start=start)
    return render_template("catalogue/drug.html", drug=drug, form=shown, may_change=may_change)


@blueprint.get("/dictionaries")
@requires("catalogue.dictionary.view")
def show_dictionaries() -> ResponseReturnValue:
    """Search any dictionary by code, name or initials."""
    names = dictionaries.names()
    chosen = request.args.get("name", "") or next(iter(names), "")
    text = request.args.get("q", "").strip()[:60]
    rows = dictionaries.search(chosen, text, limit=SHOWN) if chosen in names else []
    return render_template(
        "catalogue/dictionaries.html",
        names=[(name, label_of(name), count) for name, count in names.items()],
        chosen=chosen,
        title=label_of(chosen),
        text=text,
        rows=rows,
    )


def label_of(name: str) -> str:
    """What a dictionary is called; one without a name of its own is called by its code."""
    return gettext(_LABELS[name]) if name in _LABELS else name


def find_entries(text: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows for ``/lookup/dictionary?name=<dictionary>&q=``; the id is the code, which documents store."""
    found = dictionaries.search(context.get("name", "")[:40], text)
    return [
        {
            "id": row.code,
            "code": row.code,
            "text": row.name,
            "columns": [],
            "blocked": "",
            "mark": "",
            "extra": row.facts,
        }
        for row in found
    ]
