"""The drug catalogue and the dictionaries at the desk."""

from typing import Any

import pytest
from sqlalchemy import select
from support import world

from app.actor import Actor, system_actor
from app.db import control_unit, db
from modules.catalogue import services
from modules.catalogue.models import Drug
from tenants.services import DistrictsPermission, change_grant


@pytest.fixture
def drug(ours: dict[str, Any]) -> Drug:
    """Some drug of the demonstration formulary."""
    with control_unit():
        return db.session.scalars(
            select(Drug).where(Drug.single_max.is_not(None)).order_by(Drug.code).limit(1)
        ).one()


@pytest.fixture
def keeper(ours: dict[str, Any]) -> None:
    """The district has named our centre's administrator as the keeper of the catalogue."""
    change_grant(
        role="administrator",
        permission="catalogue.drug.change",
        is_granted=True,
        by=system_actor(ours["tenant_id"]),
    )


def _typed(drug: Drug, **given: str) -> dict[str, str]:
    return {"version": str(drug.version), "is_active": "1", "is_splittable": "1", **given}


@pytest.mark.parametrize("way", ["name", "initials", "code"])
def test_a_drug_is_found_by_name_initials_and_code(sign_in: Any, drug: Drug, way: str) -> None:
    assert drug.code in sign_in("doctor").get("/catalogue/drugs", query_string={"q": getattr(drug, way)}).text


def test_no_single_centre_changes_the_limits_that_hold_in_every_centre(
    sign_in: Any, drug: Drug, security_administrator: Actor
) -> None:
    client = sign_in("administrator")
    assert client.post(f"/catalogue/drugs/{drug.id}", data=_typed(drug, single_max="9")).status_code == 403
    with pytest.raises(DistrictsPermission):
        change_grant(
            role="administrator",
            permission="catalogue.drug.change",
            is_granted=True,
            by=security_administrator,
        )
    assert sign_in("security_administrator").get("/centre/grants?module=catalogue").status_code == 200


@pytest.mark.usefixtures("keeper")
def test_limits_are_changed_and_the_trail_keeps_what_stood_before(sign_in: Any, drug: Drug) -> None:
    client = sign_in("administrator")
    assert client.post(f"/catalogue/drugs/{drug.id}", data=_typed(drug, single_max="0.25")).status_code == 303
    assert 'value="0.25"' in client.get(f"/catalogue/drugs/{drug.id}").text
    assert "修改药品限量" in sign_in("auditor").get("/trail/?where=district").text


@pytest.mark.usefixtures("keeper")
def test_two_who_change_one_drug_do_not_overwrite_each_other(
    sign_in: Any, drug: Drug, ours: dict[str, Any]
) -> None:
    keeper = world.actor(ours, "administrator")
    services.change_drug_limits(drug_id=drug.id, version=drug.version, single_max="1", by=keeper)
    answer = sign_in("administrator").post(f"/catalogue/drugs/{drug.id}", data=_typed(drug, single_max="9"))
    assert answer.status_code == 422


@pytest.mark.usefixtures("keeper")
@pytest.mark.parametrize("wrong", ["-1", "abc", "0.00001", "1e99"])
def test_an_impossible_limit_is_refused_and_kept_on_the_page(sign_in: Any, drug: Drug, wrong: str) -> None:
    answer = sign_in("administrator").post(f"/catalogue/drugs/{drug.id}", data=_typed(drug, single_max=wrong))
    assert answer.status_code == 422
    assert f'value="{wrong}"' in answer.text


def test_a_doctor_reads_limits_but_does_not_change_them(sign_in: Any, drug: Drug) -> None:
    client = sign_in("doctor")
    assert client.get(f"/catalogue/drugs/{drug.id}").status_code == 200
    assert client.post(f"/catalogue/drugs/{drug.id}", data=_typed(drug)).status_code == 403


def test_any_dictionary_answers_a_typeahead(sign_in: Any) -> None:
    rows = sign_in("doctor").get("/lookup/dictionary?name=diagnosis&q=gxy").json["rows"]
    assert any("高血压" in row["text"] for row in rows)
    assert sign_in("doctor").get("/lookup/dictionary?name=no-such&q=g").json["rows"] == []
