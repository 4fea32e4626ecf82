"""Two files of one person (合并) and taking a wrong merge apart (拆分). A second person decides."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock
from app.actor import Actor
from app.db import db, lock_row
from app.db.locks import lock_rows
from app.errors import NotFound
from app.events import emit
from app.use_cases import use_case
from modules.patients.errors import MergeNotPossible, SamePersonTwice, SecondPersonNeeded
from modules.patients.events import PatientsMerged, PatientsUnmerged
from modules.patients.models import Merge, MergeStatus, Patient

Reason = Annotated[str, Field(min_length=2, max_length=200)]


@use_case("patients.merge.propose")
def propose_merge(*, survivor_id: int, merged_id: int, reason: Reason, by: Actor) -> Merge:
    """Say that two files are one person; nothing changes until a second person agrees.

    Raises:
        SamePersonTwice: both are the same file.
        NotFound: one of them is not here.
        MergeNotPossible: one of them is merged already, or a proposal is open.
    """
    if survivor_id == merged_id:
        raise SamePersonTwice(field="merged_id")
    _both_alone(survivor_id, merged_id)
    merge = Merge(
        survivor_id=survivor_id,
        merged_id=merged_id,
        status=MergeStatus.PROPOSED,
        reason=reason,
        proposed_by=by.account_id,
        proposed_at=clock.now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(merge)
            db.session.flush()
    except IntegrityError:
        raise MergeNotPossible(field="merged_id") from None
    audit.record("merge.proposed", merge, by=by, reason=reason)
    return merge


@use_case("patients.merge.decide")
def decide_merge(*, merge_id: int, is_approved: bool, reason: Reason = "ok", by: Actor) -> Merge:
    """Approve or reject a proposed merge. Rows keep their patient_id and resolve through the survivor.

    Raises:
        NotFound: no such proposal here.
        SecondPersonNeeded: the one who proposed it may not decide.
        MergeNotPossible: it was decided before, or a file was merged meanwhile.
    """
    merge = _open_merge(merge_id, MergeStatus.PROPOSED, by)
    merge.decided_by, merge.decided_at, merge.decision_reason = by.account_id, clock.now(), reason
    if not is_approved:
        merge.status = MergeStatus.REJECTED
        audit.record("merge.rejected", merge, by=by, reason=reason)
        return merge
    survivor, merged = _both_alone(merge.survivor_id, merge.merged_id)
    merge.status, merged.merged_into_id = MergeStatus.DONE, merge.survivor_id
    survivor.is_watched = survivor.is_watched or merged.is_watched  # nobody leaves the watch by a merge
    audit.record("merge.approved", merge, by=by, reason=reason)
    emit(PatientsMerged(survivor_id=merge.survivor_id, merged_id=merge.merged_id))
    return merge


@use_case("patients.merge.decide")
def undo_merge(*, merge_id: int, reason: Reason, by: Actor) -> Merge:
    """Take a merge apart: both files stand alone again, with all that was theirs.

    Raises:
        NotFound: no such merge here.
        SecondPersonNeeded: the one who proposed it may not undo it.
        MergeNotPossible: it is not in force, or the old file's document is in use elsewhere.
    """
    merge = _open_merge(merge_id, MergeStatus.DONE, by)
    merged = lock_row(Patient, merge.merged_id)
    if merged is None:
        raise NotFound(field="merge_id")
    try:
        with db.session.begin_nested():
            merged.merged_into_id = None
            db.session.flush()
    except IntegrityError:
        raise MergeNotPossible from None
    merge.status, merge.decision_reason = MergeStatus.UNDONE, reason
    merge.decided_by, merge.decided_at = by.account_id, clock.now()
    audit.record("merge.undone", merge, by=by, reason=reason)
    emit(PatientsUnmerged(survivor_id=merge.survivor_id, merged_id=merge.merged_id))
    return merge


def _open_merge(merge_id: int, expected: MergeStatus, by: Actor) -> Merge:
    merge = lock_row(Merge, merge_id)
    if merge is None:
        raise NotFound(field="merge_id")
    if merge.status is not expected:
        raise MergeNotPossible
    if merge.proposed_by == by.account_id:
        raise SecondPersonNeeded
    return merge


def _both_alone(survivor_id: int, merged_id: int) -> tuple[Patient, Patient]:
    found = {row.id: row for row in lock_rows(Patient, [survivor_id, merged_id])}
    if len(found) != 2:
        raise NotFound(field="merged_id")
    survivor, merged = found[survivor_id], found[merged_id]
    if survivor.merged_into_id is not None or merged.merged_into_id is not None:
        raise MergeNotPossible(field="merged_id")
    return survivor, merged
