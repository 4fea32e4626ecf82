"""Statement files: fetched with patience, brought by hand, refused when they are not whole, kept once."""

import base64
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from support.reconciling import Till, at, moment

from app.actor import Actor, system_actor
from app.db import Mode, db, tenant_unit
from app.db.append_only import RecordMayNotChange
from modules.payments.models import Merchant
from modules.reconciliation import services
from modules.reconciliation.errors import NotCompared, StatementNotTaken
from modules.reconciliation.models import StatementFile
from modules.reconciliation.rules.states import DayState, Fault, Form, Origin

D = Decimal


def files(ours: dict[str, Any]) -> list[StatementFile]:
    """Every file of the 19th that was kept."""
    of_day = select(StatementFile).where(StatementFile.on == at("19 12:00:00").date())
    with tenant_unit(ours["tenant_id"]):
        return list(db.session.scalars(of_day.order_by(StatementFile.id)))


def sent(content: bytes) -> str:
    """A file as a page sends it."""
    return base64.b64encode(content).decode()


def test_a_file_cut_in_half_is_kept_with_its_fault_and_asked_for_again(
    g9: Till, ours: dict[str, Any]
) -> None:
    g9.channel.misbehave("cut_statement")
    day = g9.compare("19")
    assert (day.state, day.note, day.compared_at) == (DayState.WAITING, Fault.CUT_OFF.value, None)
    with moment("20 09:39:59"):
        assert g9.compare("19").state is DayState.WAITING  # ten minutes have not passed
    with moment("20 09:40:00"):
        day = g9.compare("19")
    assert (day.state, day.note) == (DayState.DIFFERENT, "")
    assert [file.fault for file in files(ours)] == [Fault.CUT_OFF, None]


@pytest.mark.parametrize("misdeed", ["dead", "lost", "wrong_signature"])
def test_what_does_not_arrive_proven_is_asked_for_again(g9: Till, misdeed: str, ours: dict[str, Any]) -> None:
    g9.channel.misbehave(misdeed)
    day = g9.compare("19")
    assert (day.state, day.tries) == (DayState.WAITING, 1)
    assert day.note in {"TimeoutError", "NotSigned"}
    assert files(ours) == []
    with moment("20 09:40:00"):
        assert g9.compare("19").compared_at is not None


def test_a_line_that_stands_twice_counts_once_and_is_noted(g9: Till, ours: dict[str, Any]) -> None:
    g9.channel.misbehave("duplicate_line")
    day = g9.compare("19")
    assert day.formula.net == D("90.40")
    assert [file.repeated_count for file in files(ours)] == [1]


def test_the_same_file_is_kept_once_however_often_it_comes(
    g9: Till, accountant: Actor, ours: dict[str, Any]
) -> None:
    day = g9.compare("19")
    (file,) = files(ours)
    services.conduct.fetch_day(day.id, by=accountant)
    services.conduct.bring_statement(day.id, sent(file.content), Form.CSV, by=accountant)
    assert [one.id for one in files(ours)] == [file.id]
    assert file.origin is Origin.FETCHED
    assert g9.day("19").formula == day.formula


@pytest.mark.parametrize("form", list(Form))
def test_the_form_is_a_property_of_the_merchant(
    g9: Till, administrator: Actor, merchant: Merchant, form: Form
) -> None:
    services.set_terms(
        merchant_id=merchant.id, form=form, fee_percent=D("0.6"), returns_fee=False, by=administrator
    )
    day = g9.compare("19")
    assert day.formula.net == D("90.40")
    assert (day.fee_amount, day.expected_fee) == (D("0.54"), D("0.66"))  # agreed without what comes back


def test_what_is_brought_by_hand_and_is_not_whole_is_refused_with_its_reason(
    g9: Till, accountant: Actor, ours: dict[str, Any]
) -> None:
    day = g9.compare("19")
    (file,) = files(ours)
    wrong = {
        file.content[: len(file.content) // 2]: Fault.CUT_OFF,
        file.content.replace(b"110.40", b"110.41"): Fault.WRONG_TOTALS,
        "今天的对账单".encode("gbk"): Fault.UNREADABLE,
        b"": Fault.UNREADABLE,
    }
    for content, fault in wrong.items():
        with pytest.raises(StatementNotTaken) as refused:
            services.conduct.bring_statement(day.id, sent(content), Form.CSV, by=accountant)
        assert fault.label in refused.value.text
    assert len(files(ours)) == 1


def test_nothing_is_compared_without_a_statement(g9: Till, accountant: Actor) -> None:
    g9.channel.misbehave("dead")
    day = g9.compare("19")
    with pytest.raises(NotCompared):
        services.compare_day(day_id=day.id, by=accountant)
    with pytest.raises(NotCompared):
        services.confirm_day(day_id=day.id, by=accountant)


def test_a_kept_file_never_changes(g9: Till, ours: dict[str, Any]) -> None:
    g9.compare("19")
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        db.session.scalars(select(StatementFile)).all()[0].content = b""
        with pytest.raises(RecordMayNotChange):
            db.session.flush()


def test_days_that_were_missed_are_made_up_for_once(g9: Till, ours: dict[str, Any]) -> None:
    g9.compare("19")
    by = system_actor(ours["tenant_id"])
    with moment("24 09:30:00"):
        for _ in range(2):
            services.begin_days(by=by)
        services.conduct.pursue(ours["tenant_id"])
        assert [g9.day(on).state for on in ("20", "21", "22", "23")] == [DayState.EVEN] * 4


def test_a_day_without_money_is_even(till: Till) -> None:
    day = till.compare("19")
    assert (day.state, day.matched_count, day.formula.net) == (DayState.EVEN, 0, D(0))
