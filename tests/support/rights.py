"""A desk that may everything, and the way to every page of a centre; no rule would ever give one role all rights."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.db import Mode, control_unit, db
from app.registry import Scope
from tenants.models import Centre, RoleGrant

OF_THE_PATH = {
    "session_id": "registration_session",
    "template_id": "registration_template",
    "print_id": "charging_receipt_print",
    "plan_id": "storeroom_plan",
    "item_id": "",
    "drug_id": "",
    "row_id": "kernel_audit",
}


def grant_everything(app: Flask, centre: dict[str, Any]) -> None:
    """All rights of a centre for its doctors, past the rules that would never let one role have them."""
    declared = app.extensions["his_registry"].permissions
    codes = {code for code, found in declared.items() if found.scope is not Scope.DISTRICT}
    with control_unit(Mode.WRITE):
        tenant_id = centre["tenant_id"]
        rows = select(RoleGrant.permission).where(
            RoleGrant.tenant_id == tenant_id, RoleGrant.role == "doctor"
        )
        for code in sorted(codes - set(db.session.scalars(rows))):
            db.session.add(RoleGrant(tenant_id=tenant_id, role="doctor", permission=code, is_granted=True))
        db.session.get_one(Centre, tenant_id).version += 1
        db.session.commit()
    app.extensions["his_directory"].forget()


def rules_of(app: Flask, method: str) -> Iterator[Any]:
    """The pages of people, by a method; not those of programs, nor what everybody may see."""
    for rule in app.url_map.iter_rules():
        needed = getattr(app.view_functions[rule.endpoint], "required_permission", "public")
        is_page = needed != "public" and not rule.rule.startswith("/api/v1/")
        if is_page and method in (rule.methods or set()):
            yield rule


def path_of(rule: Any, keys: dict[str, list[int]], centre: dict[str, Any]) -> str:
    """The path of a page with keys of rows that the centre has; of two tables of a name, the page's own room's."""
    room = rule.endpoint.split(".")[0]
    tables = sorted(keys, key=lambda table: not table.startswith(f"{room}_"))

    def key(found: re.Match[str]) -> str:
        name = found[1]
        noun = name.removesuffix("_id")
        table = OF_THE_PATH.get(name) or next(
            (one for one in tables if one.split("_", 1)[1] == noun and keys[one]), ""
        )
        return str(keys[table][0]) if table and keys[table] else "1"

    return re.sub(r"<string:\w+>", "drug", re.sub(r"<int:(\w+)>", key, rule.rule))
