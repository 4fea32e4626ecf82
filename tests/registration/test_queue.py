"""The waiting room: who is called, by whom, and what happens to those who are not there."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.actor import Actor, system_actor
from app.db import tenant_unit
from app.db.statements import count_statements
from modules.registration import errors, queries, services
from modules.registration.models import VisitStatus
from tenants.services import change_settings

Make = Callable[..., Any]


def test_the_next_is_called_by_priority_then_window_then_number(
    make_session: Make, make_visit: Make, doctor: Actor
) -> None:
    session = make_session()
    plain, soldier, urgent = (
        make_visit(session),
        make_visit(session, is_military=True),
        make_visit(session, is_emergency=True),
    )
    called = [services.call_next(by=doctor).id for _ in range(3)]
    assert called == [urgent.id, soldier.id, plain.id]


def test_calling_takes_few_statements(make_session: Make, make_visit: Make, doctor: Actor) -> None:
    session = make_session()
    for _ in range(5):
        make_visit(session)
    with count_statements() as counted:
        services.call_next(by=doctor)
    assert counted.count <= 8, counted.statements


def test_who_did_not_come_is_called_again_after_three_others(
    make_session: Make, make_visit: Make, doctor: Actor
) -> None:
    session = make_session(capacity=20)
    visits = [make_visit(session) for _ in range(5)]
    order = [services.call_next(by=doctor).id for _ in range(6)]
    assert order[0] == visits[0].id
    assert order.index(visits[0].id, 1) == 4


def test_an_empty_queue_says_so(make_session: Make, doctor: Actor) -> None:
    with pytest.raises(errors.NoSessionToday):
        services.call_next(by=doctor)
    make_session()
    with pytest.raises(errors.NobodyWaiting):
        services.call_next(by=doctor)


def test_two_doctors_never_call_the_same_patient(
    app: Flask, make_session: Make, make_visit: Make, doctor: Actor, colleague: Actor
) -> None:
    session = make_session(practitioner_id=None, capacity=30)
    for _ in range(10):
        make_visit(session)
    called: list[int] = []

    def call(by: Actor) -> None:
        with app.app_context():
            for _ in range(5):
                visit = services.call_next(by=by)
                services.begin_consultation(visit_id=visit.id, by=by)
                called.append(visit.id)

    desks = [threading.Thread(target=call, args=(by,)) for by in (doctor, colleague)]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    assert len(called) == len(set(called)) == 10


def test_with_reporting_in_nobody_is_called_before_it(
    make_session: Make, make_visit: Make, doctor: Actor, triage_nurse: Actor, ours: dict[str, Any]
) -> None:
    change_settings(settings={"registration.check_in_needed": True}, by=system_actor(ours["tenant_id"]))
    visit = make_visit(make_session())
    assert visit.status is VisitStatus.REGISTERED
    with pytest.raises(errors.NobodyWaiting):
        services.call_next(by=doctor)
    services.check_in(visit_id=visit.id, by=triage_nurse)
    services.check_in(visit_id=visit.id, by=triage_nurse)
    assert services.call_next(by=doctor).id == visit.id


def test_back_with_a_report_after_three_others(
    make_session: Make, make_visit: Make, doctor: Actor, triage_nurse: Actor
) -> None:
    session = make_session(capacity=20)
    first = make_visit(session)
    services.call_next(by=doctor)
    services.begin_consultation(visit_id=first.id, by=doctor)
    services.leave_queue(visit_id=first.id, by=triage_nurse)
    others = [make_visit(session) for _ in range(4)]
    services.return_to_queue(visit_id=first.id, by=triage_nurse)
    order = [services.call_next(by=doctor) for _ in range(3)]
    for visit in order:
        services.begin_consultation(visit_id=visit.id, by=doctor)
    assert [visit.id for visit in order] == [others[0].id, others[1].id, first.id]


def test_recall_and_pass_over_need_a_called_patient(
    make_session: Make, make_visit: Make, doctor: Actor
) -> None:
    visit = make_visit(make_session())
    for step in (services.recall, services.pass_over):
        with pytest.raises(errors.VisitNotWaiting):
            step(visit_id=visit.id, by=doctor)
    services.call_next(by=doctor)
    assert services.recall(visit_id=visit.id, by=doctor).call_count == 2
    assert services.pass_over(visit_id=visit.id, by=doctor).status is VisitStatus.PASSED_OVER


def test_a_consultation_belongs_to_one_doctor(
    make_session: Make, make_visit: Make, doctor: Actor, colleague: Actor
) -> None:
    visit = make_visit(make_session(practitioner_id=None))
    services.begin_consultation(visit_id=visit.id, by=doctor)
    assert services.begin_consultation(visit_id=visit.id, by=doctor).practitioner_id == doctor.practitioner_id
    with pytest.raises(errors.SeenByAnother):
        services.begin_consultation(visit_id=visit.id, by=colleague)
    finished = services.finish_visit(visit_id=visit.id, by=doctor)
    assert finished.status is VisitStatus.FINISHED
    assert services.finish_visit(visit_id=visit.id, by=doctor).finished_at == finished.finished_at


def test_nobody_finishes_a_visit_that_did_not_begin(
    make_session: Make, make_visit: Make, doctor: Actor
) -> None:
    with pytest.raises(errors.VisitNotWaiting):
        services.finish_visit(visit_id=make_visit(make_session()).id, by=doctor)


def test_the_queue_page_reads_in_two_statements(make_session: Make, make_visit: Make, doctor: Actor) -> None:
    session = make_session()
    visits = [make_visit(session) for _ in range(4)]
    with tenant_unit(session.tenant_id), count_statements() as counted:
        queue = queries.list_queue(practitioner_id=doctor.practitioner_id, department_id=doctor.department_id)
    assert [visit.id for visit in queue.waiting] == [visit.id for visit in visits]
    assert counted.count == 2


def test_priority_may_be_given_later(
    make_session: Make, make_visit: Make, triage_nurse: Actor, doctor: Actor
) -> None:
    session = make_session()
    make_visit(session)
    late = make_visit(session)
    services.change_priority(visit_id=late.id, priority=1, reason="military", by=triage_nurse)
    assert services.call_next(by=doctor).id == late.id
