"""Taking note of an alarm."""

from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import lock_row
from app.errors import Conflict, NotFound, PermissionDenied
from app.i18n import N_
from app.use_cases import use_case
from app.watch.models import Alarm


class AlreadyNoted(Conflict):
    """Somebody was faster."""

    code = "alarms.already_noted"
    message = N_("%(name)s has already taken note of this alarm.")


class OwnAlarm(PermissionDenied):
    """Nobody settles an alarm about themselves."""

    code = "alarms.own"
    message = N_(
        "This alarm is about you. A colleague, or the district's security administrator, takes note of it."
    )


@use_case("accounts.alarm.note", database="control")
def note_alarm(
    *, alarm_id: int, reason: Annotated[str, Field(min_length=2, max_length=500)], by: Actor
) -> Alarm:
    """Take note of an alarm: who looked, and what came of it. A centre notes its own, the district every one.

    Raises:
        NotFound: no such alarm here.
        AlreadyNoted: somebody has noted it.
        OwnAlarm: it is about the actor's own acts.
    """
    alarm = lock_row(Alarm, alarm_id)
    if alarm is None or (by.tenant_id is not None and alarm.tenant_id != by.tenant_id):
        raise NotFound(field="alarm_id")
    if alarm.noted_at is not None:
        raise AlreadyNoted(name=alarm.noted_name)
    if alarm.account_id == by.account_id:
        raise OwnAlarm
    alarm.noted_at, alarm.noted_by, alarm.noted_name = clock.now(), by.account_id, by.name
    alarm.noted_reason = reason
    audit.record("alarm.noted", alarm, by=by, rule=alarm.rule.value, of_centre=alarm.tenant_id)
    return alarm
