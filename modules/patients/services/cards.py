"""Cards patients show at the window (就诊介质)."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.use_cases import use_case
from modules.patients.errors import CardTaken
from modules.patients.models import Card, CardKind, CardStatus, Patient
from modules.patients.rules.identity import normalise_identifier


@use_case("patients.card.issue")
def issue_card(
    *,
    patient_id: int,
    number: Annotated[str, Field(min_length=4, max_length=40, pattern=r"^[0-9A-Za-z-]+$")],
    kind: CardKind = CardKind.CLINIC,
    by: Actor,
) -> Card:
    """Give a patient a card, or note the number of one they have.

    Raises:
        NotFound: no such file here.
        CardTaken: the number belongs to another file.
    """
    if db.session.get(Patient, patient_id) is None:
        raise NotFound(field="patient_id")
    normal = normalise_identifier(number)
    card = Card(
        patient_id=patient_id,
        kind=kind,
        number=normal,
        status=CardStatus.NORMAL,
        issued_at=clock.now(),
    )
    card.renew_indexes()
    try:
        with db.session.begin_nested():
            db.session.add(card)
            db.session.flush()
    except IntegrityError:
        raise CardTaken(field="number") from None
    audit.record("card.issued", card, by=by)
    return card


@use_case("patients.card.issue")
def change_card_status(
    *,
    card_id: int,
    status: CardStatus,
    reason: Annotated[str, Field(min_length=2, max_length=100)],
    by: Actor,
) -> Card:
    """Report a card lost, freeze, cancel or free it again.

    Raises:
        NotFound: no such card here, or it was cancelled for good.
    """
    card = lock_row(Card, card_id)
    if card is None or card.status is CardStatus.CANCELLED:
        raise NotFound(field="card_id")
    card.status = status
    audit.record("card.status_changed", card, by=by, reason=reason)
    return card
