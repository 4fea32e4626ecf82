"""Opening a file: numbers are checked, twins are noticed, and the search box finds what people type."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from app import relay
from app.actor import Actor
from app.db import control_unit, db
from app.db.statements import count_statements
from app.errors import InvalidInput
from modules.patients import errors, queries, services
from modules.patients.models import IndexEntry, Patient, SexCode

MakePatient = Callable[..., Patient]


def test_sex_and_birth_date_follow_from_the_identity_number(make_patient: MakePatient) -> None:
    patient = make_patient()
    assert (patient.sex, patient.born_on) == (SexCode.FEMALE, date(1985, 6, 15))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"document_number": "990000195801011230"}, "document_number"),
        ({"document_number": "990000202002301355"}, "document_number"),
        ({"born_on": date(1985, 6, 16)}, "born_on"),
        ({"sex": "1"}, "sex"),
        ({"phone": "123"}, "phone"),
        ({"name": "王"}, "name"),
        ({"document_number": "", "born_on": date(2027, 1, 1)}, "born_on"),
    ],
)
def test_wrong_input_is_explained_on_its_field(
    make_patient: MakePatient, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make_patient(**given)
    assert field in refusal.value.complaints


def test_the_same_document_never_opens_a_second_file(make_patient: MakePatient) -> None:
    make_patient()
    with pytest.raises(errors.AlreadyOnFile):
        make_patient()
    with pytest.raises(errors.SameDocumentOtherName):
        make_patient(name="王测式")


def test_the_window_that_came_second_is_told_which_file_was_opened(
    make_patient: MakePatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_patient()
    monkeypatch.setattr(
        "modules.patients.services.files._refuse_twins", lambda *_: None
    )  # it looked before the first stored
    with pytest.raises(errors.AlreadyOnFile) as refusal:
        make_patient()
    assert refusal.value.details["record_no"] == first.record_no


def test_a_likely_twin_needs_the_windows_word(make_patient: MakePatient) -> None:
    make_patient()
    twin = {"document_number": "", "born_on": date(1985, 6, 15), "sex": "2"}
    with pytest.raises(errors.PerhapsOnFile):
        make_patient(**twin)
    assert make_patient(**twin, is_another_person=True).id


def test_a_child_without_a_guardian_is_refused(make_patient: MakePatient) -> None:
    with pytest.raises(errors.GuardianNeeded):
        make_patient(document_number="990000202003101355")
    assert make_patient(document_number="990000202003101355", guardian_name="王大测").id


@pytest.mark.parametrize(
    "typed", ["王测试", "王", "wcs", "wangceshi", "wangce", "990000198506152462", "0001", "19900000001"]
)
def test_the_search_box_finds_a_resident_by_what_people_type(
    make_patient: MakePatient, reading: None, typed: str
) -> None:
    patient = make_patient()
    with count_statements() as counted:
        found = queries.search_patients(typed)
    assert [row.id for row in found] == [patient.id]
    assert counted.count == 1


@pytest.mark.parametrize("typed", ["[", "%", "_", "'", "王%", "测试", "张"])
def test_the_search_box_takes_signs_literally(make_patient: MakePatient, reading: None, typed: str) -> None:
    make_patient()
    assert queries.search_patients(typed) == []


def test_another_centre_does_not_see_the_resident(make_patient: MakePatient, theirs: dict[str, Any]) -> None:
    from app.db import tenant_unit

    patient = make_patient()
    with tenant_unit(theirs["tenant_id"]):
        assert queries.search_patients("王测试") == []
        assert db.session.get(Patient, patient.id) is None


def test_a_merge_needs_a_second_person_and_can_be_undone(
    make_patient: MakePatient, registrar: Actor, administrator: Actor, reading: None
) -> None:
    survivor = make_patient()
    other = make_patient(name="李测试", document_number="990000195801011239")
    merge = services.propose_merge(
        survivor_id=survivor.id, merged_id=other.id, reason="同一人", by=administrator
    )
    with pytest.raises(errors.SecondPersonNeeded):
        services.decide_merge(merge_id=merge.id, is_approved=True, by=administrator)
    second = replace(administrator, account_id=administrator.account_id + 1)
    services.decide_merge(merge_id=merge.id, is_approved=True, by=second)
    assert queries.search_patients("李测试") == []
    assert queries.same_person_ids(survivor.id) == sorted([survivor.id, other.id])
    services.undo_merge(merge_id=merge.id, reason="不是同一人", by=second)
    assert [row.id for row in queries.search_patients("李测试")] == [other.id]


def test_an_allergy_counts_in_every_file_that_its_own_was_merged_into(
    make_patient: MakePatient, administrator: Actor, doctor: Actor, reading: None
) -> None:
    files = [
        make_patient(),
        make_patient(name="李测试", document_number="990000195801011239", phone=""),
        make_patient(name="赵测试", document_number="", born_on=date(1970, 1, 1), phone=""),
    ]
    services.record_allergy(patient_id=files[0].id, substance="青霉素", keys=["penicillin"], by=doctor)
    second = replace(administrator, account_id=administrator.account_id + 1)
    merges = []
    for merged, survivor in pairwise(files):
        merge = services.propose_merge(
            survivor_id=survivor.id, merged_id=merged.id, reason="同一人", by=administrator
        )
        merges.append(services.decide_merge(merge_id=merge.id, is_approved=True, by=second))
    assert [row.substance for row in queries.list_allergies(files[2].id)] == ["青霉素"]
    assert queries.banner(queries.get_patient(files[2].id)).allergy_status == "listed"
    assert queries.same_person_ids(files[2].id) == sorted(file.id for file in files)
    services.undo_merge(merge_id=merges[1].id, reason="不是同一人", by=second)
    assert queries.list_allergies(files[2].id) == []
    assert len(queries.list_allergies(files[1].id)) == 1


def test_the_region_knows_one_person_with_files_in_two_centres(
    make_patient: MakePatient, theirs: dict[str, Any]
) -> None:
    from support import world

    make_patient()
    services.create_patient(
        name="王测试", document_number="990000198506152462", by=world.actor(theirs, "registrar")
    )
    relay.run_until_empty()
    with control_unit():
        numbers = list(db.session.scalars(select(IndexEntry.person_no)))
    assert len(numbers) == 2
    assert len(set(numbers)) == 1


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("青霉素", "penicillin"),
        ("青霉素类过敏", "penicillin"),
        ("阿莫西林", "amoxicillin"),
        ("头孢", "cephalosporin"),
    ],
)
def test_a_written_drug_allergy_is_checked_wherever_it_was_written(
    make_patient: MakePatient, registrar: Actor, said: str, key: str
) -> None:
    allergy = services.record_allergy(patient_id=make_patient().id, substance=said, by=registrar)
    assert key in allergy.keys


def test_an_allergy_nobody_can_check_says_so(make_patient: MakePatient, registrar: Actor) -> None:
    assert services.record_allergy(
        patient_id=make_patient().id, substance="某偏方", by=registrar
    ).is_only_shown
