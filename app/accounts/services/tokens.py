"""API tokens: each belongs to a program's account, or to the one who asks for it (ADR 0010)."""

from sqlalchemy import select

from app import audit, clock
from app.accounts.errors import NotAProgram
from app.accounts.models import Account, Membership, SignIn
from app.accounts.services.places import membership_here, place_of
from app.accounts.services.signing_in import begin_program
from app.actor import Actor
from app.db import Mode, control_unit, db
from app.errors import NotFound, PermissionDenied
from app.use_cases import use_case


@use_case("accounts.token.manage", database="control")
def revoke_token(*, sign_in_id: int, by: Actor) -> SignIn:
    """End an API token of this centre at once.

    Raises:
        NotFound: no such token here.
    """
    row = db.session.scalar(
        select(SignIn)
        .join(Membership, Membership.id == SignIn.membership_id)
        .where(SignIn.id == sign_in_id, SignIn.is_program, Membership.tenant_id == place_of(by))
    )
    if row is None:
        raise NotFound
    row.ended_at = clock.now()
    audit.record("token.revoked", row, by=by)
    return row


def issue_token(*, account_id: int, label: str, by: Actor) -> str:
    """Make an API token; its text is shown once and never stored.

    Raises:
        NotFound: the account does not belong to this place, or is closed here.
        NotAProgram: it is another person's: nobody lends out somebody's rights.
        PermissionDenied: the actor may not.
    """
    if not by.may("accounts.token.manage"):
        raise PermissionDenied(permission="accounts.token.manage")
    with control_unit(Mode.WRITE):
        membership = membership_here(account_id, by)
        account = db.session.get_one(Account, account_id)
        if not membership.is_enabled:
            raise NotFound(field="account_id")
        if not account.is_program and account_id != by.account_id:
            raise NotAProgram(field="account_id")
        token = begin_program(account_id, membership.id, by.address, label.strip()[:80])
        db.session.commit()
    audit.note("token.issued", by=by, account=account_id, label=label[:80])
    return token
