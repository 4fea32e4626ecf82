"""Part of a prescription is handed out, what is short stays owed and is fetched, or refunded, later."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from app.db.statements import count_statements
from app.use_cases import command
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.charging.services import RefundLineInput
from modules.dispensing import queries, services
from modules.dispensing.errors import NothingHandedOut, OwedTooMuch, SamePharmacist, WrongStep
from modules.dispensing.models import TaskStatus
from modules.dispensing.rules.owing import now_and_later
from modules.dispensing.services import OwedLineInput, ReturnLineInput

D = Decimal
DRUG, OTHER, THIRD = "D0160", "D0161", "D0162"


@pytest.fixture
def ready(prescribe: Any, make_stock: Any, pay: Any, prepare: Any) -> Any:
    """Forty of one drug out of two batches and ten of another, prepared; and its receipt."""

    def make() -> tuple[Any, int]:
        make_stock(DRUG, 30, batch_no="SOON", days=100)
        make_stock(DRUG, 100, batch_no="LATE", days=400)
        make_stock(OTHER, 100)
        signed = prescribe((DRUG, 40), (OTHER, 10))
        receipt = pay(signed)
        prepare(signed)
        return signed, receipt

    return make


def _owed(signed: Any, line: int, quantity: Any) -> list[OwedLineInput]:
    return [OwedLineInput(item_id=signed.lines[line].item_id, quantity=D(quantity))]


def _refundable(ours: Any, receipt: int) -> list[Decimal]:
    with tenant_unit(ours["tenant_id"]):
        return [charge.refundable_quantity for _, charge in charging_queries.settled_lines(receipt)]


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("owed", "given"),
    [("0", ["30", "10"]), ("10", ["30", "0"]), ("15", ["25", "0"]), ("40", ["0", "0"]), ("41", None)],
)
def test_the_last_batches_of_a_line_are_owed(owed: str, given: list[str] | None) -> None:
    found = now_and_later([D(30), D(10)], D(owed))
    assert found == (None if given is None else [D(one) for one in given])


def test_what_is_short_stays_held_and_is_handed_out_later(
    ready: Any, stock_of: Any, ours: Any, pharmacist: Actor, other_pharmacist: Actor, books_hold: Any
) -> None:
    signed, receipt = ready()
    given = {"prescription_id": signed.prescription_id, "by": other_pharmacist}
    task = services.dispense_prescription(owed=_owed(signed, 0, 15), **given)
    assert task.status == TaskStatus.PARTLY_DISPENSED
    assert stock_of(DRUG) == {"SOON": (D(5), D(5)), "LATE": (D(100), D(10))}
    assert _refundable(ours, receipt) == [D(15), D(0)]
    with tenant_unit(ours["tenant_id"]):
        assert [row.id for row in queries.list_tasks(task.location_id, [TaskStatus.PARTLY_DISPENSED])] == [
            task.id
        ]
    assert books_hold()
    with pytest.raises(SamePharmacist):
        services.hand_out_rest(prescription_id=signed.prescription_id, by=pharmacist)
    with clock.at(clock.now() + timedelta(days=3)):
        services.hand_out_rest(owed=_owed(signed, 0, 5), **given)
        assert _refundable(ours, receipt) == [D(5), D(0)]
        rest = services.hand_out_rest(**given)
        assert rest.status == TaskStatus.DISPENSED
        with pytest.raises(WrongStep):
            services.hand_out_rest(**given)
        assert stock_of(DRUG) == {"LATE": (D(90), D(0))} | {"SOON": (D(0), D(0))}
        assert books_hold()


def test_what_is_owed_may_be_refunded_instead(
    ready: Any, stock_of: Any, ours: Any, cashier: Actor, other_pharmacist: Actor, books_hold: Any
) -> None:
    signed, receipt = ready()
    services.dispense_prescription(
        prescription_id=signed.prescription_id, owed=_owed(signed, 0, 15), by=other_pharmacist
    )
    with tenant_unit(ours["tenant_id"]):
        charge = charging_queries.settled_lines(receipt)[0][1]
    charging.refund_lines(
        settlement_id=receipt,
        lines=[RefundLineInput(charge_id=charge.id, quantity=D(15))],
        reason="缺药",
        by=cashier,
    )
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_task(signed.prescription_id).status == TaskStatus.DISPENSED
    assert stock_of(DRUG) == {"SOON": (D(5), D(0)), "LATE": (D(100), D(0))}
    assert books_hold()


def test_a_drug_may_come_back_while_another_is_owed(
    ready: Any, ours: Any, pharmacist: Actor, other_pharmacist: Actor, books_hold: Any
) -> None:
    signed, _ = ready()
    given = {"prescription_id": signed.prescription_id}
    services.dispense_prescription(owed=_owed(signed, 0, 15), by=other_pharmacist, **given)
    services.return_drugs(
        lines=[ReturnLineInput(item_id=signed.lines[0].item_id, quantity=D(25))],
        reason="皮疹",
        is_intact=True,
        by=pharmacist,
        **given,
    )
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_task(signed.prescription_id).status == TaskStatus.PARTLY_DISPENSED
    services.hand_out_rest(by=other_pharmacist, **given)
    with tenant_unit(ours["tenant_id"]):
        charge = charging_queries.charges_of_prescription(signed.prescription_id)[0]
    assert (charge.executed_quantity, charge.returned_quantity) == (D(15), D(25))
    assert books_hold()


def test_all_of_it_or_more_than_all_cannot_be_owed(ready: Any, other_pharmacist: Actor) -> None:
    signed, _ = ready()
    given = {"prescription_id": signed.prescription_id, "by": other_pharmacist}
    with pytest.raises(OwedTooMuch):
        services.dispense_prescription(owed=_owed(signed, 0, 41), **given)
    with pytest.raises(NothingHandedOut):
        services.dispense_prescription(owed=_owed(signed, 0, 40) + _owed(signed, 1, 10), **given)


def test_handing_three_lines_out_in_part_and_the_rest_take_at_most_20_statements(
    prescribe: Any, make_stock: Any, pay: Any, prepare: Any, other_pharmacist: Actor
) -> None:
    for code in (DRUG, OTHER, THIRD):
        make_stock(code, 200)
    for warm in (True, False):
        signed = prescribe((DRUG, 10), (OTHER, 10), (THIRD, 10))
        pay(signed)
        prepare(signed)
        given = {"prescription_id": signed.prescription_id, "by": other_pharmacist}
        with count_statements() as first, command(f"part-{warm}"):
            services.dispense_prescription(owed=_owed(signed, 0, 4), **given)
        with count_statements() as second, command(f"rest-{warm}"):
            services.hand_out_rest(**given)
    assert first.count <= 20, first.statements
    assert second.count <= 20, second.statements


def test_the_window_hands_out_in_part_and_lists_what_is_owed(ready: Any, sign_in: Any, ours: Any) -> None:
    signed, _ = ready()
    desk, url = sign_in("other_pharmacist"), f"/dispensing/window/{signed.prescription_id}"
    typed = {
        "owed-0-item_id": str(signed.lines[0].item_id),
        "owed-0-quantity": "15",
        "owed-1-item_id": str(signed.lines[1].item_id),
        "owed-1-quantity": "",
    }
    refused = desk.post(f"{url}/dispense", data={**typed, "owed-0-quantity": "41"})
    assert refused.status_code == 422
    assert 'id="owe"' in refused.text
    assert desk.post(f"{url}/dispense", data=typed).status_code == 303
    assert signed.number in desk.get("/dispensing/window?list=owed").text
    page = desk.get(url).text
    assert f'action="{url}/rest"' in page
    assert desk.post(f"{url}/rest").status_code == 303
    assert signed.number not in desk.get("/dispensing/window?list=owed").text
