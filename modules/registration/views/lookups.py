"""What typeaheads ask about departments and practitioners."""

from collections.abc import Mapping
from typing import Any

from app.actor import Actor
from tenants import queries as tenants
from tenants.models import DepartmentKind


def find_departments(q: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Departments by code, name or initials; ``kind`` narrows them."""
    kind = context.get("kind", "")
    listed = tenants.list_departments(DepartmentKind(kind) if kind in set(DepartmentKind) else None)
    return [
        _row(row.id, row.code, row.name, [])
        for row in listed
        if _matches(q, row.code, row.name, row.initials)
    ]


def find_practitioners(q: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Staff by number, name or initials; ``department_id`` narrows them."""
    departments = {row.id: row.name for row in tenants.list_departments()}
    department_id = context.get("department_id", "")
    return [
        _row(row.id, row.staff_no, row.name, [departments.get(row.department_id, ""), row.title.label])
        for row in tenants.list_practitioners()
        if _matches(q, row.staff_no, row.name, row.initials) and department_id in ("", str(row.department_id))
    ]


def _matches(q: str, code: str, name: str, initials: str) -> bool:
    typed = q.strip().lower()
    return typed in name.lower() or initials.startswith(typed) or code.lower().startswith(typed)


def _row(row_id: int, code: str, text: str, columns: list[str]) -> dict[str, Any]:
    return {
        "id": str(row_id),
        "code": code,
        "text": text,
        "columns": columns,
        "blocked": "",
        "mark": "",
        "extra": {},
    }
