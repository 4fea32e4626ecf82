"""Everything the consulting room changes, one function for each use case."""

from modules.clinic.services.encounters import begin_encounter, finish_encounter
from modules.clinic.services.records import complete_visit, save_record, sign_record
from modules.clinic.services.templates import (
    retire_phrase,
    retire_shared_template,
    retire_template,
    save_phrase,
    save_template,
    share_template,
)
from modules.clinic.services.vital_signs import record_vital_signs

__all__ = [
    "begin_encounter",
    "complete_visit",
    "finish_encounter",
    "record_vital_signs",
    "retire_phrase",
    "retire_shared_template",
    "retire_template",
    "save_phrase",
    "save_record",
    "save_template",
    "share_template",
    "sign_record",
]
