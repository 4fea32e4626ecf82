"""Cash of prepaid accounts is in the drawer of who took it or gave it back."""

from decimal import Decimal

from app import clock, numbering
from app.actor import Actor
from app.db import db
from modules.charging.models import Deposit
from modules.charging.services.shifts import present_shift


def book_deposit(*, entry_id: int, patient_id: int, amount: Decimal, by: Actor) -> Deposit:
    """Book cash of a prepaid account into the cashier's shift; joins the account's transaction.

    Positive when it was laid in, negative when it was handed back; an entry is booked once.
    """
    shift = present_shift(by.account_id, by.name)
    deposit = Deposit(
        number=numbering.next_number("deposit", on=clock.today(), prefix="Y"),
        shift_id=shift.id,
        entry_id=entry_id,
        patient_id=patient_id,
        amount=amount,
        on=clock.today(),
        at=clock.now(),
        cashier_name=by.name,
    )
    db.session.add(deposit)
    db.session.flush()
    return deposit
