"""What residents' files add to the product."""

from flask import url_for

from app import clock
from app.actor import Actor
from app.i18n import N_
from app.registry import (
    EVERYONE,
    FIRST_ROWS,
    Duty,
    Heap,
    Lookup,
    MenuEntry,
    Module,
    Permission,
    Setting,
    SettingKind,
    Waiting,
    WaitingRow,
)
from modules.patients import api, jobs, queries, services, subscribers, views
from modules.patients.events import PatientChanged, PatientCreated, PatientsMerged, PatientsUnmerged
from modules.patients.rules.masking import REVEAL
from modules.patients.rules.resident_form import RESIDENT_FORM
from modules.patients.views.lookups import find_in_palette, find_patients
from modules.patients.views.readers import READERS_VIEW

JOBS = jobs  # imported so that every process knows them
READERS = tuple(role for role in EVERYONE if role != "security_administrator")
DESKS = ("registrar", "triage_nurse", "doctor", "cashier", "administrator")


def merges_heap(by: Actor) -> Heap:
    """Proposals that wait for this account's decision, the oldest first."""
    count, merges = queries.merges_to_decide(by.account_id, size=FIRST_ROWS)
    files = queries.patients_by_id(merge.survivor_id for merge in merges) if merges else {}
    url = url_for("patients.show_merges")
    rows = [
        WaitingRow(merge.proposed_at, files[merge.survivor_id].name, merge.status.label, url, "w")
        for merge in merges
    ]
    return Heap(count, rows)


def requests_heap(by: Actor) -> Heap:
    """Requests of residents that wait for an answer, the most urgent first."""
    count, requests = queries.open_requests(size=FIRST_ROWS)
    rows = [
        WaitingRow(
            row.due_on,
            row.requester_name,
            row.kind.label,
            url_for("patients.show_request", request_id=row.id),
            "d" if row.due_on < clock.today() else "w",
        )
        for row in requests
    ]
    return Heap(count, rows)


module = Module(
    name="patients",
    label=N_("Residents"),
    requires=("catalogue",),
    is_optional=False,
    blueprints=(views.blueprint,),
    reads=(api.search_patients, api.show_patient),
    acts={
        "patient.created": N_("File opened"),
        "patient.changed": N_("File corrected"),
        "request.taken": N_("Request of a resident taken"),
        "request.read": N_("Request of a resident read"),
        "request.copy_handed_out": N_("Copy of a file handed out"),
        "request.copy_printed": N_("Copy of a file printed"),
        "request.approved": N_("Correction made at a resident's request"),
        "request.refused": N_("Request of a resident refused"),
        "patient.watched": N_("File put under watch, or no longer"),
        "patient.read": N_("File read"),
        "readers.read": N_("Looked up who saw a resident"),
        "readers.printed": N_("List of who saw a resident printed"),
        "identity.revealed": N_("Identity looked at in full"),
        "card.issued": N_("Card issued"),
        "card.status_changed": N_("State of a card changed"),
        "allergy.recorded": N_("Allergy recorded"),
        "allergy.withdrawn": N_("Allergy withdrawn"),
        "allergy.none_known": N_("No known allergy noted"),
        "merge.proposed": N_("Merge proposed"),
        "merge.approved": N_("Merge approved"),
        "merge.rejected": N_("Merge rejected"),
        "merge.undone": N_("Merge undone"),
        "index.followed": N_("Index of residents brought up to date"),
        "list.brought": N_("List of residents brought"),
        "index.renewed": N_("Region-wide index computed anew"),
        "list.row_worked_off": N_("Row of a list worked off"),
    },
    permissions=(
        Permission("patients.patient.view", N_("Find and read residents' files"), READERS),
        Permission(
            REVEAL,
            N_("See document number, phones and address in full"),
            ("registrar", "triage_nurse", "doctor"),
            duty=Duty.RECORD,
        ),
        Permission(READERS_VIEW, N_("See who looked at a resident's records"), ("auditor",), duty=Duty.AUDIT),
        Permission("patients.patient.create", N_("Open a resident's file"), DESKS),
        Permission("patients.patient.change", N_("Correct a resident's file"), DESKS),
        Permission(
            "patients.allergy.record", N_("Record allergies"), ("triage_nurse", "doctor", "registrar")
        ),
        Permission("patients.card.issue", N_("Issue and block cards"), ("registrar", "cashier")),
        Permission("patients.merge.propose", N_("Propose to merge two files"), DESKS),
        Permission("patients.merge.decide", N_("Decide on merges"), ("administrator", "doctor")),
        Permission(
            "patients.request.take",
            N_("Take residents' requests and hand out copies"),
            ("registrar", "doctor"),
            duty=Duty.RECORD,
        ),
        Permission(
            "patients.request.view",
            N_("See residents' requests"),
            ("registrar", "doctor", "administrator"),
        ),
        Permission(
            "patients.request.decide",
            N_("Decide on residents' requests"),
            ("registrar", "doctor", "administrator"),
        ),
        Permission("patients.patient.watch", N_("Put files under watch"), ("administrator",)),
        Permission("patients.index.follow", N_("Keep the region-wide index")),
        Permission("patients.patient.import", N_("Import residents from a file"), ("administrator",)),
    ),
    forms=(RESIDENT_FORM,),
    menu=(
        MenuEntry(
            N_("Residents"),
            "patients.list_patients",
            icon="users",
            permission="patients.patient.view",
            order=60,
        ),
        MenuEntry(
            N_("Merges"),
            "patients.show_merges",
            icon="arrows-join",
            permission="patients.merge.decide",
            group="administration",
            order=60,
        ),
        MenuEntry(
            N_("Residents' requests"),
            "patients.show_requests",
            icon="clipboard",
            permission="patients.request.view",
            order=61,
        ),
        MenuEntry(
            N_("Import residents"),
            "patients.show_imports",
            icon="file-import",
            permission="patients.patient.import",
            group="administration",
            order=61,
        ),
    ),
    lookups=(
        Lookup("patients", "patients.patient.view", find_patients),
        Lookup("palette-patients", "patients.patient.view", find_in_palette),
    ),
    waiting=(
        Waiting(
            N_("Merges to decide"),
            "patients.merge.decide",
            "patients.show_merges",
            merges_heap,
            icon="arrows-join",
            nothing=N_("Nobody has proposed to join two files."),
            order=70,
        ),
        Waiting(
            N_("Residents' requests to answer"),
            "patients.request.decide",
            "patients.show_requests",
            requests_heap,
            icon="clipboard",
            nothing=N_("No resident waits for an answer."),
            order=72,
        ),
    ),
    settings=(
        Setting(
            services.ANSWER_DAYS,
            N_("Working days to answer a resident's request"),
            SettingKind.NUMBER,
            15,
            least=1,
            most=60,
        ),
    ),
    people=queries.people,
    renews=(services.renew_entries_of,),
    later=(
        (PatientCreated, subscribers.follow_in_index),
        (PatientChanged, subscribers.follow_in_index),
        (PatientsMerged, subscribers.follow_merge),
        (PatientsUnmerged, subscribers.follow_unmerge),
    ),
)
