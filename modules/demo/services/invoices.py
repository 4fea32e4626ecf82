"""The demonstration's electronic invoices, and a book of paper for every cashier of the demo centres."""

from app.accounts import queries as accounts
from app.actor import Actor, system_actor
from app.db import control_unit, tenant_unit
from app.tenancy import Tenant, directory
from modules.demo.rules.district import CENTRES
from modules.demo.services.district import play
from modules.invoices import queries

KEY = "demonstration key of the invoice platform"  # the simulator's own, known to everybody
SHEETS = 100


def connect_platforms(url: str) -> int:
    """Connect every demo centre to the played platform at this address; returns how many."""
    codes = {plan.code for plan in CENTRES}
    centres = [one for one in directory().all_active() if one.code in codes and "invoices" in one.modules]
    for number, centre in enumerate(centres):
        _connect(centre, url, number)
    return len(centres)


def _connect(centre: Tenant, url: str, number: int) -> None:
    with tenant_unit(centre.id):
        before = queries.find_connection()
        if before is not None and before.base_url == url:
            return
    by = system_actor(centre.id)
    play(
        "invoices.connect",
        unit_code=f"99{centre.id % 100000:05d}",
        institution_kind="社区卫生服务中心",
        base_url=url,
        key=KEY,
        by=by,
    )
    if before is None:
        _hand_out_books(number, by)


def _hand_out_books(centre_number: int, by: Actor) -> None:
    with control_unit():
        cashiers = [
            member.account.id
            for member in accounts.list_members(by=by)
            if "cashier" in member.membership.roles
        ]
    for number, account_id in enumerate(cashiers):
        first = (centre_number * 100 + number) * SHEETS + 1
        book = play(
            "invoices.register_book",
            code="99010126",
            prefix="A",
            first_no=first,
            last_no=first + SHEETS - 1,
            digits=8,
            by=by,
        )
        play("invoices.hand_out_book", book_id=book.id, account_id=account_id, by=by)
