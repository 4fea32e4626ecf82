"""The OpenAPI 3.1 document, made from the same schemas that check the arguments."""

import json
from typing import Any

from flask import current_app
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from app.cases import Arguments

_REFUSALS = {
    "400": "The request, or the JSON in it, cannot be read.",
    "401": "No token or signature, or one that has ended.",
    "403": "The account lacks the permission, or the centre has not switched the module on.",
    "404": "There is no such record in this centre.",
    "409": "Taken, changed or full; or the Idempotency-Key was used for something else.",
    "415": "The body's type is not application/json.",
    "422": "An argument is wrong, or a rule says no.",
    "429": "Too much at once, of the account or of its centre; Retry-After says when to try again.",
    "503": "A database or an outside party does not answer; Retry-After says when to try again.",
}
_READ_REFUSALS = ("400", "401", "403", "404", "422", "429", "503")
_PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457). Programs match on `code`, never on `title`.",
    "required": ["type", "title", "status", "code", "details", "trace"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "details": {"type": "object"},
        "trace": {"type": "string"},
    },
}
_RESULT = {
    "type": "object",
    "description": "The row that the use case made or changed.",
    "required": ["id", "kind"],
    "properties": {
        "id": {"type": ["string", "null"], "description": "Key of the row, always a string."},
        "kind": {"type": "string", "description": "Name of its table."},
        "number": {"type": "string"},
        "record_no": {"type": "string"},
        "code": {"type": "string"},
        "queue_no": {"type": ["integer", "null"]},
        "status": {"type": "string"},
        "version": {"type": "integer"},
    },
}


class _Schemas(GenerateJsonSchema):
    """Integers may be sent as strings, because keys have more digits than a script's number can hold."""

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        made = super().int_schema(schema)
        low, high = made.get("minimum", -(2**63) + 1), made.get("maximum", 2**63 - 1)
        return {
            **made,
            "type": ["integer", "string"],
            "pattern": "^-?[0-9]{1,18}$",
            "minimum": low,
            "maximum": high,
        }


def document() -> dict[str, Any]:
    """The document of the running application."""
    known: dict[str, Any] | None = current_app.extensions.get("his_openapi")
    if known is None:
        known = current_app.extensions["his_openapi"] = _make()
    return known


def _make() -> dict[str, Any]:
    schemas: dict[str, Any] = {"Problem": _PROBLEM, "Result": _RESULT}
    paths: dict[str, Any] = {}
    for operation in current_app.extensions["his_operations"]:
        path = "/api/v1/" + operation.path.replace("<", "{").replace(">", "}")
        made = _post(operation, schemas) if operation.case else _get(operation, schemas)
        paths.setdefault(path, {})[operation.method.lower()] = made
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Community Cloud HIS",
            "version": "1",
            "description": "Every use case of the system, for programs. Keys of rows are strings.",
        },
        "security": [{"token": []}, {"signature": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Signature",
                    "description": "RFC 9421, with Signature-Input and a nonce; docs/programs.md.",
                },
            },
        },
    }


def _post(operation: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    reference = _hoist(operation.case.schema, schemas)
    return {
        **_common(operation),
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Made by the sender; the same key a second time returns the first result.",
                "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 64,
                    "pattern": "^[A-Za-z0-9_.:-]+$",
                },
            }
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": reference}}}},
        "responses": {"200": _answer({"$ref": "#/components/schemas/Result"}), **_refusals(tuple(_REFUSALS))},
    }


def _get(operation: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    read = operation.read
    prefix = read.schema.__name__
    asked = _renamed(read.schema.model_json_schema(schema_generator=_Schemas), prefix, schemas)
    result = _renamed(
        read.result.json_schema(mode="serialization", ref_template="#/$defs/{model}"),
        prefix + "Result",
        schemas,
    )
    needed = set(asked.get("required", []))
    in_path = set(read.path_parameters)
    parameters = [
        {
            "name": name,
            "in": "path" if name in in_path else "query",
            "required": name in in_path or name in needed,
            "schema": schema,
        }
        for name, schema in asked.get("properties", {}).items()
    ]
    return {
        **_common(operation),
        "parameters": parameters,
        "responses": {"200": _answer(result), **_refusals(_READ_REFUSALS)},
    }


def _common(operation: Any) -> dict[str, Any]:
    description = f"Permission: `{operation.permission}`."
    if operation.refusals:
        description += f"\n\nRefusals:\n\n{operation.refusals}"
    return {
        "operationId": f"{operation.method.lower()}-{operation.path}".replace("/", "-")
        .replace("<", "")
        .replace(">", ""),
        "summary": operation.summary,
        "description": description,
        "tags": [operation.room],
    }


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _refusals(codes: tuple[str, ...]) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {code: {"description": _REFUSALS[code], "content": problem} for code in codes}


def _hoist(schema: type[Arguments], schemas: dict[str, Any]) -> str:
    """Put a schema and its parts among the components; returns the reference to it."""
    name = schema.__name__
    schemas[name] = _renamed(schema.model_json_schema(schema_generator=_Schemas), name, schemas)
    return f"#/components/schemas/{name}"


def _renamed(made: dict[str, Any], prefix: str, schemas: dict[str, Any]) -> dict[str, Any]:
    """Two modules may have a line of the same name, so each part is named after the schema it belongs to."""
    text = json.dumps(made).replace('"#/$defs/', f'"#/components/schemas/{prefix}')
    found: dict[str, Any] = json.loads(text)
    for name, part in found.pop("$defs", {}).items():
        schemas[prefix + name] = part
    return found


def for_people() -> list[tuple[str, list[dict[str, Any]]]]:
    """Operations by room, each with its fields, for the page."""
    made = document()
    groups: dict[str, list[dict[str, Any]]] = {}
    for operation in current_app.extensions["his_operations"]:
        if operation.case:
            asked = made["components"]["schemas"][operation.case.schema.__name__]
        else:
            asked = operation.read.schema.model_json_schema()
        needed = asked.get("required", [])
        fields = [
            {"name": name, "kind": _kind(schema), "needed": name in needed}
            for name, schema in asked.get("properties", {}).items()
        ]
        groups.setdefault(operation.room, []).append({"operation": operation, "fields": fields})
    return list(groups.items())


def _kind(schema: dict[str, Any]) -> str:
    """A field's type in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_kind(part) for part in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        kind = "integer" if "integer" in kind else kind[0]
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)
