"""The reader of T-SQL: it notices what SQL Server would refuse, and takes what SQL Server takes."""

import pytest
from sqlalchemy import case, func, select
from support.tsql import faults, in_tsql

from app.db import lock_row
from app.jobs.models import Job

pytestmark = pytest.mark.one_engine


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("SELECT a FROM t WHERE b IS 1", "IS with a value"),
        ("SELECT a > 1 AS big FROM t", "a condition"),
        ("SELECT EXISTS (SELECT 1 FROM t)", "a condition"),
        ("SELECT SUM(a) FILTER (WHERE b = 1) FROM t", "FILTER"),
        ("SELECT a FROM t WHERE (a, b) IN ((1, 2))", "several columns"),
        ("SELECT a FROM t LIMIT 5", "LIMIT"),
        ("SELECT CASE WHEN t.flag THEN 1 ELSE 0 END FROM t", "stands for a condition"),
        ("SELECT a FROM t WHERE b = 1 AND NOT flag", "stands for a condition"),
        ("SELECT a FROM t OFFSET 5 ROWS", "OFFSET"),
        ("SELECT DISTINCT t.a FROM t ORDER BY t.b", "DISTINCT"),
        ("SELECT t.a, t.b, COUNT(*) FROM t GROUP BY t.a", "t.b is shown"),
        ("SELECT a FROM", "does not parse"),
        ("SELECT a FROM t WHERE (a = 1", "does not parse"),
    ],
)
def test_what_sql_server_refuses_is_noticed(said: str, fault: str) -> None:
    assert any(fault in found for found in faults(said)), faults(said)


@pytest.mark.parametrize(
    "said",
    [
        "SELECT TOP 5 a FROM t WITH (UPDLOCK, ROWLOCK, HOLDLOCK) WHERE b = 1 AND c IS NOT NULL ORDER BY a",
        "SELECT a FROM t ORDER BY a OFFSET 5 ROWS FETCH NEXT 5 ROWS ONLY",
        "SELECT t.a, CASE WHEN t.b > 1 THEN 1 ELSE 0 END AS big FROM t",
        "SELECT t.a, SUM(t.b) AS s FROM t GROUP BY t.a ORDER BY s",
        "INSERT INTO t (a) OUTPUT inserted.a VALUES (@a)",
    ],
)
def test_what_sql_server_takes_passes(said: str) -> None:
    assert faults(said) == []


def test_a_query_of_the_product_is_said_in_its_dialect() -> None:
    asked = func.sum(case((Job.done > 1, 1), else_=0))
    said = in_tsql(select(Job.id, asked).where(Job.is_cancel_asked).group_by(Job.id).limit(3))
    assert "TOP" in said
    assert "is_cancel_asked = 1" in said
    assert faults(said) == []


def test_rule_19_a_lock_carries_its_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    """FOR UPDATE says nothing on SQL Server: without the hint nothing would be held."""
    kept = []

    class Session:
        def scalars(self, statement: object) -> "Session":
            kept.append(statement)
            return self

        def one_or_none(self) -> None:
            return None

    monkeypatch.setattr("app.db.locks.db", type("Db", (), {"session": Session()}))
    lock_row(Job, 1)
    said = in_tsql(kept[0])
    assert "WITH (UPDLOCK, ROWLOCK, HOLDLOCK)" in said
    assert faults(said) == []
