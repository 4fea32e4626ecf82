"""Traceability codes: collected at a receipt, a code's whole life, alarms, and what the insurer is to be told."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import DomainError
from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.dispensing import queries, services
from modules.dispensing.models import TOLD, UploadState
from modules.dispensing.rules.tracing import read_code
from modules.dispensing.views.pages import blueprint
from modules.dispensing.views.storeroom import document_page

UPLOADS = ("pending", "sent", "refused")
LISTS = ("alarms", *UPLOADS)


@blueprint.post("/stock/documents/<int:document_id>/codes")
@requires("dispensing.stock.receive")
def collect_codes(document_id: int) -> ResponseReturnValue:
    """Codes of packs that came in with a receipt."""
    form = Form(services.collect_codes, request.form, document_id=document_id)
    if form.perform(by=current_actor()) is None:
        return document_page(document_id, form), 422
    flash(gettext("Codes collected"), "ok")
    return redirect(url_for(".show_document", document_id=document_id), 303)


@blueprint.post("/stock/documents/<int:document_id>/moved-codes")
@requires("dispensing.stock.transfer")
def move_codes(document_id: int) -> ResponseReturnValue:
    """Codes of packs that a document moved; what is refused as an alarm is kept."""
    by = current_actor()
    form = Form(services.move_codes, request.form, document_id=document_id)
    try:
        services.moving(lambda: form.perform_or_raise(by=by), document_id=document_id, by=by)
    except DomainError as refusal:
        form.reject(refusal)
        return document_page(document_id, form), 422
    flash(gettext("Codes noted"), "ok")
    return redirect(url_for(".show_document", document_id=document_id), 303)


@blueprint.get("/records")
@requires("dispensing.record.view")
def list_records() -> ResponseReturnValue:
    """Records of stock for the insurer: to be sent, sent, refused with the reason."""
    asked = request.args.get("list", "refused")
    tab = asked if asked in UPLOADS else "refused"
    page = queries.list_reports(UploadState(tab), before=request.args.get("before", type=int))
    following = url_for(".list_records", list=tab, before=page.next_before) if page.next_before else ""
    urls = {
        "previous_url": "" if page.is_first else url_for(".list_records", list=tab),
        "next_url": following,
    }
    return render_template("dispensing/records.html", tab=tab, urls=urls, rows=page.rows)


@blueprint.post("/records/<int:record_id>/send-again")
@requires("dispensing.record.send")
def send_again(record_id: int) -> ResponseReturnValue:
    """Send a refused record again; of a code, or of stock."""
    form = Form(services.send_again, request.form, record_id=record_id)
    row = form.perform_or_raise(by=current_actor())
    flash(gettext("It is sent again"), "ok")
    is_code = row.__tablename__ == "dispensing_code_event"
    return redirect(url_for(".trace_code" if is_code else ".list_records", list="refused"), 303)


@blueprint.get("/trace")
@requires("dispensing.code.trace")
def trace_code() -> ResponseReturnValue:
    """The life of a code; without one, refused scans and the records for the insurer."""
    typed = request.args.get("q", "").strip()
    if not typed:
        return _lists()
    read = read_code(typed)
    life = queries.life_of(read.code if read else typed)
    place = queries.name_of_place(life.pack.location_id) if life.pack and life.pack.location_id else ""
    return render_template("dispensing/trace.html", q=typed, life=life, place=place, tab="", urls={})


def _lists() -> str:
    asked = request.args.get("list", "alarms")
    tab = asked if asked in LISTS else "alarms"
    before = request.args.get("before", type=int)
    page = (
        queries.list_alarms(before=before)
        if tab == "alarms"
        else queries.list_uploads(UploadState(tab), before=before)
    )
    urls = {
        "previous_url": "" if page.is_first else url_for(".trace_code", list=tab),
        "next_url": url_for(".trace_code", list=tab, before=page.next_before) if page.next_before else "",
    }
    return render_template(
        "dispensing/trace.html", q="", life=None, tab=tab, urls=urls, rows=page.rows, told=TOLD
    )
