"""One operation for each use case, ``POST /api/v1/<room>/<use-case>``, and one for each declared read."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from pydantic_core import to_jsonable_python

from app import use_cases
from app.api import openapi
from app.api.reads import Read, read_of
from app.cases import UseCase
from app.errors import InvalidInput
from app.i18n import N_, gettext
from app.registry import Registry
from app.web.access import check, current_actor, signed_in

PREFIX = "/api/v1"
_PLAIN = ("number", "record_no", "code", "queue_no", "status", "version", "revision")
_OBJECT_NEEDED = N_("Please send a JSON object.")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the document and the page show it."""

    method: str
    path: str
    permission: str
    summary: str
    refusals: str
    case: UseCase | None = None
    read: Read | None = None

    @property
    def room(self) -> str:
        """The room it belongs to."""
        return self.path.split("/", 1)[0]


def install(app: Flask, registry: Registry) -> None:
    """Make the operations of everything installed, and the pages that explain them."""
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    found: list[Operation] = []
    for case in sorted(use_cases.registry.values(), key=lambda case: case.name):
        if case.is_step or case.permission not in registry.permissions:
            continue  # a part of another, or of a room that this installation does not have
        operation = _operation_of_case(case)
        found.append(operation)
        blueprint.add_url_rule(
            f"/{operation.path}", case.name.replace(".", "-"), _performing(case), methods=["POST"]
        )
    for module in registry.modules.values():
        for function in module.reads:
            declared = read_of(function)
            found.append(_operation_of_read(declared))
            rule = "/" + declared.path.replace("<", "<string:")
            blueprint.add_url_rule(
                rule, f"read-{function.__module__}-{function.__name__}".replace(".", "-"), _reading(declared)
            )
    app.extensions["his_operations"] = found
    blueprint.add_url_rule("/openapi.json", "show_document", show_document)
    blueprint.add_url_rule("/", "show_operations", show_operations)
    app.register_blueprint(blueprint)


def _operation_of_case(case: UseCase) -> Operation:
    room, name = case.name.split(".", 1)
    summary, refusals = _said(case.function)
    path = f"{room}/{name}".replace("_", "-")
    return Operation("POST", path, case.permission, summary, refusals, case=case)


def _operation_of_read(declared: Read) -> Operation:
    summary, refusals = _said(declared.function)
    return Operation("GET", declared.path, declared.permission, summary, refusals, read=declared)


def _said(function: Callable[..., Any]) -> tuple[str, str]:
    """First sentence of the docstring, and its list of refusals."""
    text = inspect.getdoc(function) or ""
    refusals = text.partition("Raises:")[2].strip()
    return " ".join(text.partition("\n\n")[0].split()), refusals


def _performing(case: UseCase) -> Callable[[], ResponseReturnValue]:
    def perform() -> ResponseReturnValue:
        by = current_actor()
        result = use_cases.perform(
            case.name,
            _body(),
            by=by,
            command_id=request.headers.get("Idempotency-Key", ""),
            is_typed=True,
        )
        return jsonify(answer_of(result))

    perform.required_permission = case.permission  # type: ignore[attr-defined]  # the use case itself checks it
    return perform


def _reading(declared: Read) -> Callable[..., ResponseReturnValue]:
    def answer(**path: str) -> ResponseReturnValue:
        check(declared.permission)
        given: dict[str, Any] = {**request.args.to_dict(), **path}
        values = use_cases.checked(declared.schema, given)
        found = declared.function(**values, by=current_actor())
        return Response(declared.result.dump_json(found), mimetype="application/json")

    answer.required_permission = declared.permission  # type: ignore[attr-defined]  # checked in its first line
    return answer


def _body() -> dict[str, Any]:
    try:
        body = request.get_json()
    except RecursionError:
        body = None
    if not isinstance(body, dict):
        raise InvalidInput({"body": [gettext(_OBJECT_NEEDED)]})
    return body


def answer_of(row: Any) -> dict[str, Any]:
    """What a program learns of the row a use case returned: its key as a string, its kind, its number."""
    if row is None:
        return {"id": None, "kind": ""}
    plain = {name: to_jsonable_python(getattr(row, name)) for name in _PLAIN if hasattr(row, name)}
    return {"id": str(row.id), "kind": row.__tablename__, **plain}


@signed_in
def show_document() -> ResponseReturnValue:
    """The OpenAPI document of this installation."""
    return jsonify(openapi.document())


@signed_in
def show_operations() -> ResponseReturnValue:
    """The operations, readable for people, with the outpatient journey as an example."""
    return render_template("api/operations.html", groups=openapi.for_people())
