"""Everything that changes schedules, appointments, visits and the queue, one function for each use case."""

from modules.registration.services.appointments import (
    book_appointment,
    cancel_appointment,
    transfer_appointment,
)
from modules.registration.services.queue import (
    begin_consultation,
    call_next,
    call_visit,
    change_priority,
    check_in,
    finish_visit,
    leave_queue,
    pass_over,
    recall,
    return_to_queue,
)
from modules.registration.services.schedule import (
    add_session,
    end_sessions,
    generate_sessions,
    publish_session,
    retire_template,
    save_template,
    stop_session,
    substitute_practitioner,
)
from modules.registration.services.visits import cancel_visit, register_add_on, register_visit, transfer_visit

__all__ = [
    "add_session",
    "begin_consultation",
    "book_appointment",
    "call_next",
    "call_visit",
    "cancel_appointment",
    "cancel_visit",
    "change_priority",
    "check_in",
    "end_sessions",
    "finish_visit",
    "generate_sessions",
    "leave_queue",
    "pass_over",
    "publish_session",
    "recall",
    "register_add_on",
    "register_visit",
    "retire_template",
    "return_to_queue",
    "save_template",
    "stop_session",
    "substitute_practitioner",
    "transfer_appointment",
    "transfer_visit",
]
