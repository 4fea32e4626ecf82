"""Many centres from a list: brought, looked over, begun; and their one-time codes, once."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import DomainError, InvalidInput
from app.i18n import N_, gettext
from app.sheets import file_name, sheet
from app.web.access import current_actor, requires
from app.web.forms import Form
from tenants import bulk

blueprint = Blueprint("bulk", __name__, url_prefix="/district", template_folder="../templates")
_CODE_HEADS = (N_("Centre"), N_("Sign-in name"), N_("Full name"), N_("Role"), N_("One-time code"))
_ROLES = {"administrator": N_("Centre administrator"), "security_administrator": N_("Security administrator")}
LARGEST = 300_000  # bytes of a list


class NotReadable(DomainError):
    """Bytes that are no text."""

    code = "tenants.list_not_readable"
    message = N_("The file is not text in UTF-8 or GB 18030, or it is too large.")


@blueprint.get("/centres/many")
@requires("tenants.centre.create")
def show_form() -> ResponseReturnValue:
    """Upload or paste the list."""
    return _form_page("")


@blueprint.post("/centres/many/preview")
@requires("tenants.centre.create")
def preview() -> ResponseReturnValue:
    """Every line as it would be opened, with what is wrong at its cell."""
    typed = request.form.get("list", "")
    try:
        typed = _brought() or typed
        checked = bulk.check(bulk.read(typed))
    except DomainError as refusal:
        return _form_page(typed, refusal.text), 422
    is_wrong = any(one.complaints for one in checked)
    return _preview_page(typed, checked, Form(bulk.open_many)), 422 if is_wrong else 200


@blueprint.post("/centres/many")
@requires("tenants.centre.create")
def begin() -> ResponseReturnValue:
    """Begin the task; what was looked over is checked once more."""
    typed = request.form.get("list", "")
    try:
        lines = bulk.read(typed)
    except DomainError as refusal:
        return _form_page(typed, refusal.text), 422
    form = Form(bulk.open_many, request.form, lines=lines)
    try:
        task = form.perform_or_raise(by=current_actor())
    except InvalidInput as refusal:
        form.reject(refusal)
        return _preview_page(typed, bulk.check(lines), form), 422
    return redirect(url_for("operation.show_task", task_id=task.id), 303)


@blueprint.post("/tasks/<int:task_id>/codes")
@requires("tenants.centre.create")
def take_codes(task_id: int) -> ResponseReturnValue:
    """The one-time codes, on the screen to be printed or as a file; this once."""
    form = Form(bulk.take_codes, request.form, task_id=task_id)
    row = form.perform_or_raise(by=current_actor())
    handed = row.handed if row else ()
    if handed and request.form.get("as") == "csv":
        return _codes_sheet(handed)
    return render_template("tenants/opened_codes.html", handed=handed, task_id=task_id)


def _codes_sheet(handed: Sequence[Sequence[str]]) -> Response:
    by = current_actor()
    content = sheet(
        [gettext(text) for text in _CODE_HEADS],
        [(*cells, gettext(_ROLES.get(role, role)), code) for *cells, role, code in handed],
        name=gettext("One-time codes of the new centres"),
        purpose=gettext("To hand each code to the person it is for"),
        by=by,
    )
    name = file_name("codes", by)
    headers = {"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"}
    return Response(content, mimetype="text/csv", headers=headers)


def _brought() -> str:
    """The text of an uploaded file, "" when there is none."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return ""
    content = upload.stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise NotReadable
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotReadable


def _form_page(typed: str, complaint: str = "") -> str:
    return render_template(
        "tenants/many_centres.html",
        typed=typed,
        complaint=complaint,
        columns=[gettext(text) for text in bulk.HEADS.values()],
        needed=[bulk.words_of(name) for name in bulk.NEEDED],
        optional=[bulk.words_of(name) for name in bulk.COLUMNS[len(bulk.NEEDED) :]],
        most=bulk.MOST,
    )


def _preview_page(typed: str, checked: list[bulk.Checked], form: Form) -> str:
    heads: list[Any] = [(name, gettext(text)) for name, text in bulk.HEADS.items()]
    wrong = sum(bool(one.complaints) for one in checked)
    return render_template(
        "tenants/many_preview.html", typed=typed, checked=checked, heads=heads, wrong=wrong, form=form
    )
