"""Every route and operation, with ids of the other centre: not found, never shown, never changed."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.models import Membership
from app.db import control_unit, db, tenant_unit
from app.db.base import TenantScoped

pytestmark = pytest.mark.slow
ROLES = ("administrator", "doctor", "auditor", "pharmacist", "cashier", "registrar")
SHARED = {"catalogue.show_drug", "catalogue.change_drug"}  # the district's own rows, no centre's


def _ids_of(centre: dict[str, Any]) -> list[int]:
    """One id of every tenant table of the centre, and of its accounts and sign-ins."""
    found = []
    with tenant_unit(centre["tenant_id"]):
        for mapper in db.Model.registry.mappers:
            model = mapper.class_
            if issubclass(model, TenantScoped) and hasattr(model, "id"):
                found += list(db.session.scalars(select(model.id).order_by(model.id).limit(1)))
    with control_unit():
        rows = select(Membership.account_id).where(Membership.tenant_id == centre["tenant_id"]).limit(2)
        found += list(db.session.scalars(rows))
    return found


def _fingerprint(centre: dict[str, Any]) -> dict[str, int | None]:
    with tenant_unit(centre["tenant_id"]):
        return {
            mapper.class_.__tablename__: db.session.scalar(select(func.count()).select_from(mapper.class_))
            or 0
            for mapper in db.Model.registry.mappers
            if issubclass(mapper.class_, TenantScoped)
        }


def _path(rule: str, row_id: int) -> str:
    return re.sub(r"<\w+:\w+>", "x", re.sub(r"<int:\w+>", str(row_id), rule))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.control("ACC-03")
def test_no_route_knows_a_row_of_another_centre(
    app: Flask, sign_in: Any, ours: dict[str, Any], role: str
) -> None:
    app.config["PROPAGATE_DEFECTS"] = False
    client: FlaskClient = sign_in(role, "c2")
    before, foreign = _fingerprint(ours), _ids_of(ours)
    wrong = []
    for rule in app.url_map.iter_rules():
        if "<int:" not in rule.rule or rule.endpoint in {"static", "theme.show_theme"} | SHARED:
            continue
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            nobodys = client.open(_path(rule.rule, 1), method=method).status_code
            answers = {client.open(_path(rule.rule, row_id), method=method).status_code for row_id in foreign}
            # 422: the form is refused before any row is looked for, whoever owns it
            # 303: a button whose refusal is said on the next page
            allowed = {403, 404, 422} | ({303} if method == "POST" else set())
            if answers != {nobodys} or nobodys not in allowed:
                wrong.append(f"{method} {rule.rule}: {sorted(answers)}, {nobodys} for an id nobody has")
    assert sorted(set(wrong)) == []
    assert _fingerprint(ours) == before


@pytest.mark.control("ACC-03")
def test_no_operation_takes_an_id_of_another_centre(
    app: Flask, ours: dict[str, Any], theirs: dict[str, Any], token_for_everything: Any
) -> None:
    app.config["PROPAGATE_DEFECTS"] = False
    client, bearer = app.test_client(), {"Authorization": f"Bearer {token_for_everything(theirs)}"}
    before, foreign = _fingerprint(ours), _ids_of(ours)
    wrong = []
    for operation in app.extensions["his_operations"]:
        if operation.case is None or operation.path in {"catalogue/change-drug-limits"}:
            continue
        fields = operation.case.schema.model_fields
        ids = [name for name in fields if name.endswith("_id")]
        for row_id in foreign if ids else ():
            body: dict[str, Any] = {name: str(row_id) for name in ids}
            answer = client.post(f"/api/v1/{operation.path}", json=body, headers=bearer)
            if answer.status_code not in {403, 404, 409, 422}:
                wrong.append(f"{operation.path}: {answer.status_code} {answer.json['code']}")
    assert sorted(set(wrong)) == []
    assert _fingerprint(ours) == before
