"""What residents ask for: a copy of their file, a correction; who asked, by when, and what was answered."""

from typing import Annotated, Any

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import db, lock_row
from app.errors import InvalidInput, NotFound
from app.i18n import gettext
from app.tenancy import setting_of
from app.use_cases import Secret, case_of, use_case, validated
from modules.patients.errors import (
    AlreadyAnswered,
    OnlyThroughGuardian,
    SecondPersonNeeded,
)
from modules.patients.models import (
    CorrectedField,
    Patient,
    RequestedBy,
    RequestKind,
    RequestStatus,
    ResidentRequest,
)
from modules.patients.rules.age import age_on, is_adult, needs_guardian
from modules.patients.rules.deadlines import working_days_after
from modules.patients.services.files import CHANGEABLE, change_patient

ANSWER_DAYS = "patients.answer_days"
Text = Annotated[str, Field(min_length=2, max_length=200)]
Name = Annotated[str, Field(max_length=50)]
Document = Annotated[str, Field(min_length=4, max_length=40), Secret()]


@use_case("patients.request.take")
def ask_copy(
    *,
    patient_id: int,
    requested_by: RequestedBy,
    requester_name: Name = "",
    requester_document: Document,
    purpose: Text,
    by: Actor,
) -> ResidentRequest:
    """Take the request for a copy of the file (给本人的副本), after looking at the requester's document.

    Raises:
        NotFound: no such file here.
        OnlyThroughGuardian: a child below 14 years asks without the guardian.
        InvalidInput: the resident's document is another one than on the file, or the guardian has no name.
    """
    request = _request(patient_id, requested_by, requester_name, requester_document, purpose, by)
    request.kind = RequestKind.COPY
    return _taken(request, by)


@use_case("patients.request.take")
def ask_correction(
    *,
    patient_id: int,
    requested_by: RequestedBy,
    requester_name: Name = "",
    requester_document: Document,
    purpose: Text,
    field: CorrectedField,
    wish: Annotated[str, Field(min_length=1, max_length=200), Secret()],
    evidence: Text,
    by: Actor,
) -> ResidentRequest:
    """Take the request to correct a field, with what proves it; another person decides.

    Raises:
        NotFound, OnlyThroughGuardian, InvalidInput: as when a copy is asked for.
    """
    request = _request(patient_id, requested_by, requester_name, requester_document, purpose, by)
    request.kind, request.field, request.evidence = RequestKind.CORRECTION, field, evidence
    request.wish = wish
    return _taken(request, by)


@use_case("patients.request.take")
def hand_out_copy(*, request_id: int, by: Actor) -> ResidentRequest:
    """Say that the copy is handed out now; the paper can be printed from then on.

    Raises:
        NotFound: no such request for a copy here.
        AlreadyAnswered: it was answered before.
    """
    request = _open(request_id, RequestKind.COPY)
    _answer(request, RequestStatus.ANSWERED, gettext("Copy handed out"), by)
    audit.record("request.copy_handed_out", request, by=by)
    return request


@use_case("patients.request.decide")
def decide_request(*, request_id: int, is_approved: bool, reason: Text, by: Actor) -> ResidentRequest:
    """Make the correction, through the correction of the file as a desk makes it, or refuse it with a reason.

    A copy may only be refused here; the desk hands it out.

    Raises:
        NotFound: no such request here.
        AlreadyAnswered: it was answered before.
        SecondPersonNeeded: who took the request may not decide it.
        InvalidInput: what is wished for cannot stand in the file.
    """
    request = _open(request_id, None)
    if request.asked_by == by.account_id:
        raise SecondPersonNeeded
    if is_approved and request.kind is RequestKind.COPY:
        raise NotFound(field="request_id")
    if is_approved:
        _correct(request, by)
    _answer(request, RequestStatus.ANSWERED if is_approved else RequestStatus.REFUSED, reason, by)
    audit.record("request.approved" if is_approved else "request.refused", request, by=by, reason=reason)
    return request


def _request(
    patient_id: int, requested_by: RequestedBy, name: str, document: str, purpose: str, by: Actor
) -> ResidentRequest:
    patient = db.session.get(Patient, patient_id)
    if patient is None:
        raise NotFound(field="patient_id")
    _refuse_requester(patient, requested_by, name, document)
    request = ResidentRequest(
        patient_id=patient.id,
        status=RequestStatus.OPEN,
        requested_by=requested_by,
        requester_name=patient.name if requested_by is RequestedBy.SELF else name,
        purpose=purpose,
        asked_at=clock.now(),
        asked_by=by.account_id,
        asked_name=by.name,
        due_on=working_days_after(clock.today(), int(setting_of(by.tenant_id, ANSWER_DAYS))),
    )
    request.requester_document = document.upper()
    return request


def _refuse_requester(patient: Patient, requested_by: RequestedBy, name: str, document: str) -> None:
    age = age_on(patient.born_on, clock.today())
    if requested_by is RequestedBy.GUARDIAN:
        if len(name) < 2:
            raise InvalidInput({"requester_name": [gettext("Please give the guardian's name.")]})
        if is_adult(age) and name != patient.guardian_name:
            raise InvalidInput(
                {"requester_name": [gettext("The file of this adult names no such guardian.")]}
            )
        return
    if age is not None and needs_guardian(age):
        raise OnlyThroughGuardian(field="requested_by")
    known = "" if patient.is_proxy_document else (patient.document_number or "")
    if known and known.upper() != document.upper():
        raise InvalidInput({"requester_document": [gettext("This is not the document on the file.")]})


def _taken(request: ResidentRequest, by: Actor) -> ResidentRequest:
    db.session.add(request)
    db.session.flush()
    facts = {"kind": request.kind.value, "requested_by": request.requested_by.value, "due_on": request.due_on}
    audit.record("request.taken", request, by=by, **facts)
    return request


def _open(request_id: int, kind: RequestKind | None) -> ResidentRequest:
    request = lock_row(ResidentRequest, request_id)
    if request is None or (kind is not None and request.kind is not kind):
        raise NotFound(field="request_id")
    if not request.is_open:
        raise AlreadyAnswered
    return request


def _answer(request: ResidentRequest, status: RequestStatus, answer: str, by: Actor) -> None:
    request.status, request.answer = status, answer
    request.answered_at, request.answered_by, request.answered_name = clock.now(), by.account_id, by.name


def _correct(request: ResidentRequest, by: Actor) -> None:
    patient = db.session.get_one(Patient, request.patient_id)
    field = request.field
    if field is None:
        raise NotFound(field="request_id")
    values: dict[str, Any] = {name: getattr(patient, name) for name in CHANGEABLE}
    values = {name: value for name, value in values.items() if value is not None}
    values |= {"patient_id": patient.id, field.value: request.wish}
    change_patient(**validated(case_of(change_patient), values), by=by)
