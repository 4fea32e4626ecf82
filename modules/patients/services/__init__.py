"""Everything that changes residents' files, one function for each use case."""

from modules.patients.services.allergies import none_known, record_allergy, withdraw_allergy
from modules.patients.services.cards import change_card_status, issue_card
from modules.patients.services.files import change_patient, create_patient, note_visit
from modules.patients.services.index import follow_patient
from modules.patients.services.merges import decide_merge, propose_merge, undo_merge

__all__ = [
    "change_card_status",
    "change_patient",
    "create_patient",
    "decide_merge",
    "follow_patient",
    "issue_card",
    "none_known",
    "note_visit",
    "propose_merge",
    "record_allergy",
    "undo_merge",
    "withdraw_allergy",
]
