"""Keys with which programs sign their requests: nothing that would open a door stands in the database (ADR 0017)."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app import audit, clock
from app.accounts.errors import KeyNotReadable, NotAProgram
from app.accounts.models import Account, Membership, ProgramKey, SpentNonce
from app.accounts.services.places import membership_here, place_of
from app.accounts.services.signing_in import SEEN_EVERY, SignedIn, actor_of
from app.actor import Actor
from app.crypto.keyring import keyring
from app.crypto.signed_requests import MAX_AGE, Asked, NotProven, Proof, check
from app.db import Mode, control_unit, db, update_rows
from app.errors import NotFound
from app.use_cases import use_case


@use_case("accounts.token.manage", database="control")
def register_key(
    *,
    account_id: int,
    label: Annotated[str, Field(min_length=1, max_length=80)],
    public_key: Annotated[str, Field(min_length=1, max_length=1000)],
    by: Actor,
) -> ProgramKey:
    """Take the public key of a program of this place; the one before it goes on until it is ended.

    Raises:
        NotFound: the account does not belong to this place, or is closed here.
        NotAProgram: it is a person's; persons sign in.
        KeyNotReadable: this is no public key of the installation's suite in PEM.
    """
    membership = membership_here(account_id, by)
    if not membership.is_enabled:
        raise NotFound(field="account_id")
    if not db.session.get_one(Account, account_id).is_program:
        raise NotAProgram(field="account_id")
    text = public_key.strip() + "\n"
    if not keyring().suite.is_public_key(text.encode()):
        raise KeyNotReadable(field="public_key")
    row = ProgramKey(membership_id=membership.id, label=label, public_key=text, created_at=clock.now())
    db.session.add(row)
    db.session.flush()
    audit.record("program_key.registered", row, by=by)
    return row


@use_case("accounts.token.manage", database="control")
def end_key(*, key_id: int, by: Actor) -> ProgramKey:
    """What is signed with this key is refused from now on.

    Raises:
        NotFound: no such key here.
    """
    row = db.session.scalar(
        select(ProgramKey)
        .join(Membership, Membership.id == ProgramKey.membership_id)
        .where(ProgramKey.id == key_id, Membership.tenant_id == place_of(by))
    )
    if row is None:
        raise NotFound
    if row.ended_at is None:
        row.ended_at = clock.now()
    audit.record("program_key.ended", row, by=by)
    return row


def find_signer(asked: Asked, *, address: str) -> SignedIn | None:
    """Whose program signed this request, with today's rights; None when it is not proven or was answered before.

    The number used once is spent in a transaction of its own before anything is done: a request that failed is
    signed anew by its sender.
    """
    try:
        proof = check(asked, _public_key, keyring().suite)
    except NotProven:
        return None
    moment = clock.now()
    with control_unit(Mode.WRITE):
        found = db.session.execute(
            select(ProgramKey, Membership, Account)
            .join(Membership, Membership.id == ProgramKey.membership_id)
            .join(Account, Account.id == Membership.account_id)
            .where(ProgramKey.id == int(proof.key_id), ProgramKey.ended_at.is_(None))
            .where(Account.is_enabled, Membership.is_enabled)
        ).first()
        if found is None or not _spend(found[0], proof, moment):
            return None
        actor = actor_of(found[2], found[1], address=address, origin="api")
        return SignedIn(0, found[1].id, actor, found[2].display_name, must_change_password=False, places=1)


def _public_key(key_id: str) -> bytes | None:
    if not key_id.isascii() or not key_id.isdigit() or len(key_id) > 18:
        return None
    with control_unit(Mode.WRITE):  # the primary: a key that was ended a moment ago is ended
        wanted = select(ProgramKey.public_key).where(
            ProgramKey.id == int(key_id), ProgramKey.ended_at.is_(None)
        )
        text = db.session.scalar(wanted)
        return text.encode() if text else None


def _spend(key: ProgramKey, proof: Proof, moment: datetime) -> bool:
    """Write down the number used once; False when it was there."""
    db.session.add(SpentNonce(key_id=key.id, nonce=proof.nonce, spent_at=moment))
    if key.seen_at is None or moment - key.seen_at > SEEN_EVERY:
        db.session.execute(update(ProgramKey).where(ProgramKey.id == key.id).values(seen_at=moment))
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return False
    return True


def forget_spent() -> int:
    """Numbers whose signatures are too old to be played again are cleared away; returns how many."""
    with control_unit(Mode.WRITE):
        long_ago = clock.now() - 4 * MAX_AGE
        gone = update_rows(delete(SpentNonce).where(SpentNonce.spent_at < long_ago))
        db.session.commit()
    return gone
