"""Templates and phrases that save a doctor's typing (模板, 个人短语)."""

from typing import Annotated, Any

from pydantic import Field
from pydantic_core import to_jsonable_python

from app import audit, pinyin
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.use_cases import use_case
from modules.clinic.errors import NotADoctor
from modules.clinic.models import Phrase, RecordTemplate, TemplateScope
from modules.clinic.rules.record import PART_LABELS, DiagnosisLine, RecordText, plain
from modules.clinic.services.records import coded_diagnoses

Name = Annotated[str, Field(min_length=1, max_length=50)]
Part = Annotated[str, Field(pattern=f"^({'|'.join(PART_LABELS)})$")]


@use_case("clinic.template.save")
def save_template(
    *,
    name: Name,
    record: RecordText,
    diagnoses: Annotated[list[DiagnosisLine], Field(max_length=12)] | None = None,
    by: Actor,
) -> RecordTemplate:
    """Keep a record as the doctor's own template. What belongs to one patient only is left out.

    Raises:
        NotADoctor: the account belongs to no practitioner.
        InvalidInput: a diagnosis is not in the dictionary.
    """
    if by.practitioner_id is None:
        raise NotADoctor(permission="clinic.template.save")
    parts = plain(record) | {"is_pregnant": None, "is_lactating": None}
    template = RecordTemplate(
        scope=TemplateScope.PERSONAL,
        practitioner_id=by.practitioner_id,
        name=name,
        initials=pinyin.initials(name)[:50],
        record=to_jsonable_python(parts),
        diagnoses=[line | {"onset_on": None} for line in coded_diagnoses(diagnoses or [])],
    )
    db.session.add(template)
    db.session.flush()
    audit.record("template.saved", template, by=by)
    return template


@use_case("clinic.template.share")
def share_template(*, template_id: int, by: Actor) -> RecordTemplate:
    """Give a template to the whole centre.

    Raises:
        NotFound: no such template here.
    """
    template = _lock(RecordTemplate, template_id)
    template.scope = TemplateScope.CENTRE
    audit.record("template.shared", template, by=by)
    found: RecordTemplate = template
    return found


@use_case("clinic.template.save")
def retire_template(*, template_id: int, by: Actor) -> RecordTemplate:
    """Take one's own template out of use; one of the whole centre only with the right to share.

    Raises:
        NotFound: no such template that the actor may retire.
    """
    template: RecordTemplate = _lock(RecordTemplate, template_id)
    is_own = template.scope is TemplateScope.PERSONAL and template.practitioner_id == by.practitioner_id
    if not is_own and not (template.scope is TemplateScope.CENTRE and by.may("clinic.template.share")):
        raise NotFound(field="template_id")
    template.is_active = False
    audit.record("template.retired", template, by=by)
    return template


@use_case("clinic.template.share")
def retire_shared_template(*, template_id: int, by: Actor) -> RecordTemplate:
    """Take a template of the whole centre out of use.

    A doctor's own stays with its doctor.

    Raises:
        NotFound: no such template of the whole centre.
    """
    template: RecordTemplate = _lock(RecordTemplate, template_id)
    if template.scope is not TemplateScope.CENTRE:
        raise NotFound(field="template_id")
    template.is_active = False
    audit.record("template.retired", template, by=by)
    return template


@use_case("clinic.template.save")
def save_phrase(
    *,
    part: Part,
    text: Annotated[str, Field(min_length=2, max_length=500)],
    phrase_id: int | None = None,
    by: Actor,
) -> Phrase:
    """Keep a turn of phrase for one part of the record, or change one's own.

    Raises:
        NotADoctor: the account belongs to no practitioner.
        NotFound: no such phrase of this doctor.
    """
    if by.practitioner_id is None:
        raise NotADoctor(permission="clinic.template.save")
    phrase = Phrase(practitioner_id=by.practitioner_id) if phrase_id is None else _own_phrase(phrase_id, by)
    phrase.part, phrase.text, phrase.initials = part, text, pinyin.initials(text)[:60]
    db.session.add(phrase)
    db.session.flush()
    audit.record("phrase.saved", phrase, by=by)
    return phrase


@use_case("clinic.template.save")
def retire_phrase(*, phrase_id: int, by: Actor) -> Phrase:
    """Take one's own phrase out of use.

    Raises:
        NotFound: no such phrase of this doctor.
    """
    phrase = _own_phrase(phrase_id, by)
    phrase.is_active = False
    audit.record("phrase.retired", phrase, by=by)
    return phrase


def _own_phrase(phrase_id: int, by: Actor) -> Phrase:
    phrase: Phrase = _lock(Phrase, phrase_id)
    if phrase.practitioner_id != by.practitioner_id:
        raise NotFound(field="phrase_id")
    return phrase


def _lock(model: Any, row_id: int) -> Any:
    row = lock_row(model, row_id)
    if row is None or not row.is_active:
        raise NotFound
    return row
