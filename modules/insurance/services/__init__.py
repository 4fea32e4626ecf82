"""Everything that writes insurance; `conduct` speaks with the insurer between two use cases."""

from modules.insurance.services.catalogue import (
    load_demo_mappings,
    map_item,
    mark_uploaded,
    set_rule,
    store_catalogue_page,
)
from modules.insurance.services.comparing import DIFFERS, OURS_ONLY, THEIRS_ONLY, Compared, compare_day
from modules.insurance.services.conduct import (
    ask,
    cancel,
    cancel_mapping,
    download_catalogue,
    presettle,
    pursue,
    read_person,
    settle,
    settle_deferred,
    upload_mappings,
)
from modules.insurance.services.connection import connect, note_sign_in
from modules.insurance.services.facts import DiagnosisFact, FeeLine, VisitFacts
from modules.insurance.services.steps import begin_settling, defer_settlement, drop_settlement
from modules.insurance.services.telling import Heard, tell_record

__all__ = [
    "DIFFERS",
    "OURS_ONLY",
    "THEIRS_ONLY",
    "Compared",
    "DiagnosisFact",
    "FeeLine",
    "Heard",
    "VisitFacts",
    "ask",
    "begin_settling",
    "cancel",
    "cancel_mapping",
    "compare_day",
    "connect",
    "defer_settlement",
    "download_catalogue",
    "drop_settlement",
    "load_demo_mappings",
    "map_item",
    "mark_uploaded",
    "note_sign_in",
    "presettle",
    "pursue",
    "read_person",
    "set_rule",
    "settle",
    "settle_deferred",
    "store_catalogue_page",
    "tell_record",
    "upload_mappings",
]
