"""Whatever a program sends, within the schema or outside: no fault of ours, and only documented answers."""

import os
from typing import Any

import pytest
from flask import Flask

pytestmark = [pytest.mark.slow, pytest.mark.one_engine]
EXAMPLES = int(os.environ.get("HIS_API_EXAMPLES", "20"))


@pytest.mark.control("APP-01")
def test_no_operation_breaks(app: Flask, ours: dict[str, Any], token_for_everything: Any) -> None:
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings

    token = token_for_everything(ours)
    headers = {"Authorization": f"Bearer {token}"}
    app.config["WTF_CSRF_ENABLED"] = True
    app.config["PROPAGATE_DEFECTS"] = False
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, headers=headers)
    faults: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith(
            ("change-password", "reset-password", "revoke-token", "change-roles", "change-grant")
        ):
            continue  # would end the very token that asks; they have tests of their own

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        )
        def ask(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=_checks())

        try:
            ask()
        except Exception as fault:  # collected, so that one run shows every operation that breaks
            faults.append(f"{operation.label}: {fault}"[:1500])
    assert faults == []


def _checks() -> list[Any]:
    from schemathesis import checks

    names = (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    )
    return checks.CHECKS.get_by_names(list(names))
