"""Everything that changes residents' files, one function for each use case."""

from modules.patients.services.allergies import none_known, record_allergy, withdraw_allergy
from modules.patients.services.cards import change_card_status, issue_card
from modules.patients.services.files import (
    CHANGEABLE,
    change_patient,
    create_patient,
    find_resembling,
    form_choices,
    note_visit,
)
from modules.patients.services.imports import bring_list, decode_list, import_row
from modules.patients.services.index import follow_patient, renew_entries, renew_entries_of
from modules.patients.services.merges import decide_merge, propose_merge, undo_merge
from modules.patients.services.requests import (
    ANSWER_DAYS,
    ask_copy,
    ask_correction,
    decide_request,
    hand_out_copy,
)
from modules.patients.services.watching import watch_patient

__all__ = [
    "ANSWER_DAYS",
    "CHANGEABLE",
    "ask_copy",
    "ask_correction",
    "bring_list",
    "change_card_status",
    "change_patient",
    "create_patient",
    "decide_merge",
    "decide_request",
    "decode_list",
    "find_resembling",
    "follow_patient",
    "form_choices",
    "hand_out_copy",
    "import_row",
    "issue_card",
    "none_known",
    "note_visit",
    "propose_merge",
    "record_allergy",
    "renew_entries",
    "renew_entries_of",
    "undo_merge",
    "watch_patient",
    "withdraw_allergy",
]
